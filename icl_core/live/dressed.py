"""A view as a reader wants it drawn: see `Look`."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from icl_core.errors import InputError
from icl_core.live.figure import readable
from icl_core.live.grid import safe_uid
from icl_core.live.look import PLAIN, Look
from icl_core.live.view import View
from icl_core.plots import Figure
from icl_core.plots.style import HEIGHT, SMALLEST_TYPE

INCH, DOTS, POINTS = 25.4, 96.0, 72.0
"""mm, pixels of a figure, and points in an inch."""
LENGTHS = ("standoff", "ticklen", "xshift", "yshift", "ax", "ay", "thickness")
"""Of a layout, in pixels: they grow with the type."""
FOOT: dict[str, Any] = {
    "orientation": "h",
    "x": 0,
    "xanchor": "left",
    "y": 0,
    "yref": "container",
    "yanchor": "bottom",
}
"""A legend at the foot, for which plotly makes room below the names of the axes."""


def entry_of(trace: Any) -> str:
    """By what a look hides a trace: a band belongs to the legend group of its curve."""
    return str(trace.legendgroup or trace.uid or trace.name or "")


def entries(figure: Figure) -> list[str]:
    """All that a look can hide, each once."""
    data: Any = figure.data
    return list(dict.fromkeys(entry_of(trace) for trace in data))


def fitted(look: Look, figure: Figure) -> Look:
    """`look` with hidden lines by the names that the figure has for them: it knows a line by its
    name in the legend too, and as a browser calls it.

    Raises:
        InputError: The figure has no such line or axis.
    """
    data: Any = figure.data
    known = {trace.name: entry_of(trace) for trace in data if trace.name}
    known |= {safe_uid(entry): entry for entry in entries(figure)}
    known |= {entry: entry for entry in entries(figure)}
    axes = [name for name in figure.layout.to_plotly_json() if name[1:5] == "axis"]
    for name in look.hidden:
        if name not in known:
            shown = ", ".join(entries(figure)[:12])
            raise InputError(f"The figure has no line {name!r:.60}: expected {shown:.200}.")
    for axis, low, high in look.zoom:
        if _long(axis) not in axes:
            shown = ", ".join(name.replace("axis", "") for name in axes)
            raise InputError(f"The figure has no axis {axis}: expected {shown:.200}.")
        if _is_log(figure, axis) and not (low > 0 and high > 0):
            raise InputError(f"The axis {axis} is logarithmic: a zoom on it has ends above 0.")
    return look.replace(hidden=tuple(dict.fromkeys(known[name] for name in look.hidden)))


def _is_log(figure: Figure, axis: str) -> bool:
    layout: Any = figure.layout
    return layout[_long(axis)].type == "log"


def fitting(look: Look, figure: Figure) -> Look:
    """`look` without what the figure does not have: choices take lines away."""
    kept: Look = look.replace(hidden=(), zoom=())
    for name in look.hidden:
        kept = _if_fits(kept, kept.replace(hidden=(*kept.hidden, name)), figure)
    for zoom in look.zoom:
        kept = _if_fits(kept, kept.replace(zoom=(*kept.zoom, zoom)), figure)
    return kept


def _if_fits(without: Look, look: Look, figure: Figure) -> Look:
    try:
        return fitted(look, figure)
    except InputError:
        return without


def ranges(look: Look, figure: Figure) -> dict[str, list[float]]:
    """The zoom as plotly has it: exponents on logarithmic axes, by "xaxis", "yaxis2", ..."""
    found = {}
    for axis, *ends in look.zoom:
        logarithmic = _is_log(figure, axis)
        found[_long(axis)] = [math.log10(end) if logarithmic else end for end in ends]
    return found


def dressed(view: View, look: Look, *, alive: bool = False) -> View:
    """`view` with a look that fits its figure.

    For a file, hidden lines are left out and axes zoomed; `alive`, lines can be shown again, and
    the zoom, which a reader can undo, is told apart (`ranges`).
    """
    if look == PLAIN:
        return view
    look = fitted(look, view.figure)
    plain = go.Figure(view.figure).to_plotly_json()
    traces, layout = [readable(trace) for trace in plain["data"]], dict(plain["layout"])
    hidden = [entry_of(trace) in look.hidden for trace in view.figure.data]  # type: ignore[attr-defined]
    if alive:
        off = {"visible": "legendonly"}
        traces = [
            trace | off if gone else trace for trace, gone in zip(traces, hidden, strict=True)
        ]
    else:
        traces = [trace for trace, gone in zip(traces, hidden, strict=True) if not gone]
        for axis, ends in ranges(look, view.figure).items():
            layout[axis] = layout[axis] | {"range": ends, "autorange": False}
    if look.type is not None or look.width is not None or look.lines is not None:
        traces, layout = _sized(traces, layout, look)
    if alive:
        # As wide as there is room.
        layout.pop("width", None)
    return replace(view, title=view.title, figure=go.Figure(data=traces, layout=layout))


def _sized(
    traces: list[dict[str, Any]], layout: dict[str, Any], look: Look
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """With the type, the lines and the size that are asked for."""
    smallest = SMALLEST_TYPE if look.type is None else look.type * DOTS / POINTS
    larger = smallest / SMALLEST_TYPE
    thicker = larger if look.lines is None else look.lines
    by = {"length": larger, "line": thicker, "smallest": smallest}
    traces, layout = [_grown(trace, by) for trace in traces], _grown(layout, by)
    if larger != 1:
        layout["font"] = layout.get("font", {}) | {"size": smallest}
    legend = layout.get("legend", {})
    if legend.get("orientation") == "h":
        layout["legend"] = legend | FOOT
    if look.width is not None:
        layout |= {"width": look.width * DOTS / INCH}
        own = layout.get("height", HEIGHT) * larger
        layout["height"] = own if look.height is None else look.height * DOTS / INCH
        layout["title"] = None
        layout["margin"] = layout.get("margin", {}) | {"t": 16 * larger}
    return traces, layout


def _grown(value: Any, by: Mapping[str, float], name: str = "", within: str = "") -> Any:
    """What plotly was given, with all type, lengths and lines in it grown `by` so much."""
    if isinstance(value, Mapping):
        return {key: _grown(entry, by, key, name) for key, entry in readable(value).items()}
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        return [_grown(entry, by, name, within) for entry in value]
    if name == "size" and within.endswith("font"):
        return np.maximum(np.multiply(value, by["length"]), by["smallest"]).tolist()
    if name in LENGTHS or within in ("margin", "pad"):
        return np.multiply(value, by["length"]).tolist()
    if (name, within) in (("width", "line"), ("size", "marker")):
        return np.multiply(value, by["line"]).tolist()
    return value


def _long(axis: str) -> str:
    """Plotly's name of an axis in a layout: "xaxis2" for "x2"."""
    return f"{axis[0]}axis{axis[1:]}"
