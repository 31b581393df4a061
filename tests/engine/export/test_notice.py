"""A sentence as a PDF."""

import re

from icl_core.export.notice import notice_pdf


def test_every_object_stands_where_the_table_says():
    data = notice_pdf("It (the figure) could not be drawn: try \\ again, σ and é. " * 5)
    assert data.startswith(b"%PDF-")
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF", data)[1])
    assert data[start : start + 4] == b"xref"
    places = [int(place) for place in re.findall(rb"^(\d{10}) 00000 n", data[start:], re.M)]
    for number, place in enumerate(places, 1):
        assert data[place:].startswith(b"%d 0 obj" % number)
    length, stream = re.search(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", data, re.S).groups()
    assert len(stream) == int(length)
    assert rb"\(the figure\)" in stream
    assert rb"try \\ again" in stream
    assert len(re.findall(rb"Tj T\*", stream)) > 3
