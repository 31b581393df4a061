"""What is exported comes back, opens offline and refuses what is not ours."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.export import MAX_CONFIG_BYTES, config_json, parse_config, to_csv, to_html
from icl_core.lessons import noise_and_depth
from icl_core.lessons.catalog import LESSONS, PRESETS
from icl_core.lessons.losses import measure
from icl_core.plots.figure import tidy_rows


@pytest.fixture(scope="module")
def figure():
    config = noise_and_depth.NoiseAndDepth()
    return noise_and_depth.depth_figure(config, measure("uniform5_d10_n20"))


def test_csv_holds_every_plotted_point_exactly(figure):
    read = list(csv.DictReader(io.StringIO(to_csv(figure).decode())))
    rows = tidy_rows(figure)
    assert len(read) == len(rows)
    for text, row in zip(read, rows, strict=True):
        assert text["series"] == row["series"]
        for name in ("layers L", "adjusted loss (half MSE)"):
            np.testing.assert_equal(float(text[name]), float(row[name]))


def test_html_is_whole_white_and_offline(figure):
    page = to_html(figure).decode()
    assert page.startswith("<!doctype html>")
    assert "Loss by depth" in page
    assert len(page) > 3_000_000
    assert 'src="http' not in page
    assert "https://chart-studio" not in page.split("</script>")[-1]
    assert '"paper_bgcolor":"#ffffff"' in page


@pytest.mark.parametrize("page", LESSONS)
def test_choices_come_back(page):
    for config in PRESETS[page].values():
        assert parse_config(config_json(page, config), LESSONS) == (page, config)


def changed(**entries: object) -> bytes:
    whole = json.loads(config_json("weights", LESSONS["weights"]()))
    return json.dumps(whole | entries).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{" * 50_000,
        b"NaN",
        changed(version=2),
        changed(version="1"),
        changed(page="nowhere"),
        changed(page=["weights"]),
        changed(config=None),
        changed(config={"layers": 10**9}),
        changed(config={"task": "x" * 10_000}),
        changed(config={"unknown": 1}),
        b" " * (MAX_CONFIG_BYTES + 1),
    ],
)
def test_a_hostile_file_of_choices_is_one_sentence(data):
    with pytest.raises(InputError) as caught:
        parse_config(data, LESSONS)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data):
    with pytest.raises(InputError):
        parse_config(data, LESSONS)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_of_a_field_raises_anything_else(value):
    for page, lesson in LESSONS.items():
        for field in lesson().to_dict():
            try:
                lesson.from_dict(lesson().to_dict() | {field: value})
            except InputError:
                continue
            parse_config(config_json(page, lesson()), LESSONS)
