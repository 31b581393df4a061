"""A table of models as a map: a row a method and depth, a column a noise law, a number a cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icl_core.plots.drawing import LABELS_ONLY, Drawing, Looks
from icl_core.plots.figure import Figure, Row
from icl_core.plots.style import numbered_cells

ROW = 15
"""Pixels of a row."""
GROUP_GAP = "gap"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One cell: `color` from -1 (orange) over 0 (the page) to 1 (blue), what stands in it, what
    pointing at it says, and its row of the data table."""

    color: float
    text: str
    hover: str
    row: Row


def results_map(
    marks: Mapping[tuple[str, str], Mark],
    *,
    groups: Sequence[Sequence[str]],
    columns: Sequence[str],
    title: str,
    alt: str,
    picked: tuple[str, str] | None = None,
) -> Figure:
    """`marks` by (row, column); groups of rows stand apart, missing cells stay empty."""
    rows = [row for index, group in enumerate(groups) for row in (*_gap(index), *group)]
    drawing = Drawing(name="results", title=title, alt=alt, x="σ up to, or one of")

    def field(name: str, missing: Any = "") -> list[list[Any]]:
        found = [[marks.get((row, column)) for column in columns] for row in rows]
        return [[getattr(mark, name) if mark else missing for mark in line] for line in found]

    cells: Looks = {"text": field("text"), "texttemplate": "%{text}", "name": title, "gap": 1}
    cells |= {"customdata": field("hover"), "hover": "%{customdata}", "hoverongaps": False}
    cells["meta"] = {"rows": [mark.row for mark in marks.values()]}
    drawing.heatmap("results", list(columns), rows, field("color", None), **cells)
    if picked is not None and picked in marks:
        _outline(drawing, rows.index(picked[0]), list(columns).index(picked[1]))
    shown = [row for row in rows if not row.startswith(GROUP_GAP)]
    bare: Looks = LABELS_ONLY | {"type": "category"}
    drawing.axis("x", **bare, tickangle=0, range=[-0.5, len(columns) - 0.5])
    drawing.axis("y", **bare, tickvals=shown, ticktext=shown, range=[len(rows) - 0.5, -0.5])
    drawing.set(coloraxis=numbered_cells(1), height=ROW * len(rows) + 92, showlegend=False)
    drawing.set(margin={"l": 56, "r": 8, "t": 44, "b": 44})
    return drawing.figure()


def _gap(index: int) -> list[str]:
    return [f"{GROUP_GAP}{index}"] if index else []


def _outline(drawing: Drawing, row: int, column: int) -> None:
    place = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    drawing.shape(type="rect", xref="x", yref="y", line={"width": 2}, **place)
