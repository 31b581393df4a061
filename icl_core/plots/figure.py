"""What is known about a finished figure: its words, its name, and all that is drawn as a table."""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any

import numpy as np
import plotly.graph_objects as go

Figure = go.Figure
Row = dict[str, Any]
DECORATION = "decoration"
"""`meta` of a trace that holds no data of its own."""

_MARKS = re.compile(r"</?(?:a|b|em|i|s|span|strong|sub|sup|u)(?:\s+[\w-]+=[^<>]*)?>")


def plain_text(words: str) -> str:
    """Words without the marks that plotly reads in them; an index is written W_K, W_K^T."""
    words = words.replace("<br>", " ").replace("<sub>", "_").replace("<sup>", "^")
    return unescape(_MARKS.sub("", words))


def alt_text(figure: Figure) -> str:
    """What the figure shows, in words."""
    return str(_meta(figure).get("alt", ""))


def figure_name(figure: Figure) -> str:
    """A stable name, fit for a file name."""
    return str(_meta(figure).get("name", "figure"))


def figure_title(figure: Figure) -> str:
    """The title as plain text."""
    layout: Any = figure.layout
    return plain_text(str(layout.title.text or ""))


def _meta(figure: Figure) -> dict[str, Any]:
    layout: Any = figure.layout
    return layout.meta or {}


def tidy_rows(figure: Figure) -> list[Row]:
    """All that is plotted, one row a point: panel (where there are several), series, x and y.

    x and y bear the axes' titles where all panels that have one agree. A matrix entry has row,
    column and value instead. A trace whose numbers only place it says its rows itself, in `meta`.
    All words are plain.
    """
    data: Any = figure.data
    traces = [trace for trace in data if trace.meta != DECORATION]
    names = _axis_name(figure, "xaxis", "x"), _axis_name(figure, "yaxis", "y")
    several = {panel_of(trace) for trace in traces} != {""}
    rows: list[Row] = []
    for trace in traces:
        head: Row = {"panel": panel_of(trace)} if several else {}
        if isinstance(trace.meta, dict) and trace.meta.get("rows"):
            rows += trace.meta["rows"]
        elif trace.type == "heatmap":
            rows += [head | entry for entry in _entries(trace)]
        else:
            head |= {"series": trace.name or trace.uid}
            points = zip(_plain(trace.x), _plain(trace.y), strict=True)
            rows += [head | dict(zip(names, point, strict=True)) for point in points]
    return [{plain_text(name): _plain_cell(value) for name, value in row.items()} for row in rows]


def _plain_cell(value: Any) -> Any:
    return plain_text(value) if isinstance(value, str) else value


def panel_of(trace: Any) -> str:
    """Name of the panel that a trace stands in, "" for a figure of one panel."""
    return str(trace.meta.get("panel", "")) if isinstance(trace.meta, dict) else ""


def _axis_name(figure: Figure, kind: str, fallback: str) -> str:
    axes = [axis for name, axis in figure.layout.to_plotly_json().items() if name.startswith(kind)]
    titles = {text for axis in axes if (text := axis.get("title", {}).get("text"))}
    title = titles.pop() if len(titles) == 1 else None
    return str(title or fallback)


def _entries(trace: Any) -> Iterator[Row]:
    z = np.asarray(trace.z, float)
    for i, row in enumerate(_plain(trace.y)):
        for j, column in enumerate(_plain(trace.x)):
            yield {"row": row, "column": column, "value": float(z[i, j])}


def _plain(values: Sequence[Any]) -> list[Any]:
    return np.asarray(values).tolist()
