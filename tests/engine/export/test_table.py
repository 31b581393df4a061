"""The CSV is what is plotted."""

import csv
import io

import numpy as np
import plotly.graph_objects as go
import pytest

from icl_core.export.table import to_csv
from icl_core.lessons import noise_and_depth
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.noise_and_depth.views import depth_figure
from icl_core.plots.figure import figure_title, plain_text, tidy_rows


def test_csv_holds_every_plotted_point_exactly():
    config = NoiseAndDepth()
    figure = depth_figure(config, noise_and_depth.measure(config))
    read = list(csv.DictReader(io.StringIO(to_csv(figure).decode("utf-8-sig"))))
    rows = tidy_rows(figure)
    assert len(read) == len(rows)
    for text, row in zip(read, rows, strict=True):
        assert text["series"] == row["series"]
        for name in ("layers L", "adjusted loss (half MSE)"):
            np.testing.assert_equal(float(text[name]), float(row[name]))


def read_back(figure: go.Figure) -> list[list[str]]:
    return list(csv.reader(io.StringIO(to_csv(figure).decode("utf-8-sig"))))


def test_a_spreadsheet_knows_its_encoding():
    """Without the mark one reads UTF-8 as Windows-1252: σ becomes Ïƒ."""
    figure = go.Figure(go.Scatter(x=[1], y=[2], name="σ ≤ 5"))
    assert to_csv(figure).startswith(b"\xef\xbb\xbfseries,")
    assert read_back(figure) == [["series", "x", "y"], ["σ ≤ 5", "1", "2"]]


def test_words_are_plain_everywhere():
    figure = go.Figure(go.Bar(x=["ω<sub>xy</sub>", "a<b"], y=[1, 2], name="<b>R&amp;D</b><br>new"))
    figure.update_layout(xaxis_title="W<sub>K</sub><sup>T</sup>W<sub>Q</sub>")
    figure.update_layout(title="<i>Loss</i> of <span style='color:red'>it</span>")
    names = ["series", "W_K^TW_Q", "y"]
    assert read_back(figure) == [names, ["R&D new", "ω_xy", "1"], ["R&D new", "a<b", "2"]]
    assert figure_title(figure) == "Loss of it"


@pytest.mark.parametrize("page", ["construction", "weights", "algorithm"])
def test_no_table_of_a_lesson_holds_marks(page):
    lesson = LESSONS[page]
    config = lesson.config()
    results = lesson.measure(config)
    for build in lesson.views.values():
        for row in tidy_rows(build(config, results).figure):
            words = [*row, *(value for value in row.values() if isinstance(value, str))]
            assert words == [plain_text(word) for word in words]
            assert not any("</" in word for word in words)
