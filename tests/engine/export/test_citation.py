"""BibTeX and CITATION.cff say the same."""

import re
from pathlib import Path

from icl_core.export.citation import to_bibtex

ROOT = Path(__file__).parents[3]


def entries() -> dict[str, dict[str, str]]:
    """Fields of every BibTeX entry, without braces and line breaks, by their kind and title."""
    found = {}
    for kind, body in re.findall(r"^@(\w+)\{\w+,\n(.*?)^\}$", to_bibtex().decode(), re.M | re.S):
        fields = dict(re.findall(r"^  (\w+) = \{(.*?)\},$", body, re.M | re.S))
        plain = {name: " ".join(value.split()).strip("{}") for name, value in fields.items()}
        found[plain["title"]] = plain | {"kind": kind}
    return found


def test_software_and_papers_are_those_of_the_citation_file():
    cff = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    head, _, references = cff.partition("references:")
    software, *papers = entries().values()
    for field in ("title", "version", "license"):
        assert re.search(rf"^{field}: (.+)$", head, re.M)[1] == software[field]
    assert re.search(r"- name: (.+)", head)[1] == software["author"]

    blocks = references.split("- type: conference-paper")[1:]
    assert len(blocks) == len(papers) == 2
    for block, paper in zip(blocks, papers, strict=True):
        for field, key in (("title", "title"), ("year", "year"), ("collection-title", "booktitle")):
            assert re.search(rf"^    {field}: (.+)$", block, re.M)[1] == paper[key]
        people = re.findall(r"family-names: (.+?), given-names: (.+?)\}", block)
        written = paper["author"].replace(r"{\~a}", "ã").split(" and ")
        assert [", ".join(person) for person in people] == written
        assert re.search(r"arXiv:([\d.]+)", block)[1] == paper["eprint"]


def test_braces_close():
    text = to_bibtex().decode()
    assert text.count("{") == text.count("}")
    assert text.isascii()
