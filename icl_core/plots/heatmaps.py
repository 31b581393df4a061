"""Figures of weights: heatmaps of Q and P, with their training and their omegas above."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.plots.curves import Curve
from icl_core.plots.drawing import Drawing, Looks, numbered
from icl_core.plots.figure import Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.omegas import omega_panel
from icl_core.plots.style import translucent
from icl_core.plots.ticks import limit_of, log_range, log_ticks, tick_label

CELL = 205
"""Pixels of a row of heatmaps."""
ROW = 178
"""The same where Q stands beside P, layer below layer: as wide as a phone allows."""
ABOVE = 152
"""Pixels of the panels above the heatmaps: the loss, the omegas."""
TITLE_ROOM = 26
"""Pixels that a panel's title takes."""
BAR_ROOM = 60
"""Pixels that colour bars below the heatmaps take."""
COLORBAR: dict[str, Any] = {
    "thickness": 10,
    "outlinewidth": 0,
    "yanchor": "middle",
    "ticks": "outside",
    "ticklen": 3,
    "nticks": 5,
    "tickfont": {"size": 12},
}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One heatmap: `uid` lasts, `scale` groups the panels that share colour limits."""

    uid: str
    title: str
    matrix: np.ndarray
    scale: str
    read: np.ndarray | None = None
    """Where predictions depend on the entries; the rest is drawn under grey."""
    places: int = 0
    """How many of a token's last entries tell its place; without any its last one is y."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """The loss of a training run, to show above its weights: x = updates + 1."""

    steps: np.ndarray
    loss: np.ndarray
    floor: float
    method: str
    now: int
    axis: str = "adjusted loss"
    level: Curve | None = None
    """To compare with; there is no floor then."""
    share: float = 0.0
    """Of the figure's width, to the left of the matrices; 0: above them."""


def heatmaps(
    rows: Sequence[Sequence[Panel]],
    *,
    title: str,
    name: str = "weights",
    limits: Mapping[str, float] | None = None,
    run: Run | None = None,
    omegas: np.ndarray | None = None,
    omega_limit: float = 1.0,
    cell: int = CELL,
) -> Figure:
    """Rows of square matrices, diverging around 0; panels of one `scale` share limits.

    `limits` overrides the largest absolute value of a scale (to hold it still over a movie); `run`
    adds the loss above, with a dot at the snapshot shown, `omegas` [layers, 4] the four numbers of
    every layer beside it, on an axis to `omega_limit`; `cell` is the height of a row in pixels.
    """
    columns = max(len(row) for row in rows)
    share = run.share if run is not None else 0.0
    above = ABOVE * ((run is not None and not share) or omegas is not None)
    whole = cell * len(rows) + above
    gap = TITLE_ROOM / whole
    drawing = Drawing(
        name=name,
        title=title,
        alt=f"{len(rows)} rows of {columns} heatmaps of the matrices Q and P, diverging around 0.",
    )
    reach = limits_of(rows) | dict(limits or {})
    scales = list(limits_of(rows))
    tops = [(len(rows) - r) * cell / whole for r in range(len(rows) + 1)]
    for r, row in enumerate(rows):
        down = [tops[r + 1], tops[r] - gap]
        for c, panel in enumerate(row):
            across = [share + (1 - share) * at / columns for at in (c, c + 0.88)]
            scale = scales.index(panel.scale) + 1
            number = r * columns + c + 1
            _heatmap(drawing, panel, number, numbered("coloraxis", scale), columns)
            last = r + 1 == len(rows) or c >= len(rows[r + 1])
            _place(drawing, panel, number, across, down, first=c == 0, last=last)
    below = all(p.scale == scales[c % len(scales)] for row in rows for c, p in enumerate(row))
    below = below and len(scales) > 1
    for index, scale in enumerate(scales):
        limit = reach[scale]
        place = (
            _bar_below(index, columns, whole) | _bar_ticks(limit)
            if below
            else _bar_beside(rows, scale, index, tops, gap)
        )
        drawing.layout[numbered("coloraxis", index + 1)] = {
            "cmin": -limit,
            "cmax": limit,
            "colorbar": COLORBAR | place,
        }
    number, down = len(rows) * columns + 1, [1 - (ABOVE - 62) / whole, 1.0]
    if run is not None:
        if share:
            _add_run(drawing, run, number, [0.0, 0.74 * share], [0.0, 1 - gap])
        else:
            _add_run(drawing, run, number, [0.0, 1.0 if omegas is None else 0.44], down)
        number += 1
    if omegas is not None:
        across = [0.0 if run is None else 0.6, 1.0]
        omega_panel(drawing, omegas, omega_limit, number, across, down)
    bottom = BAR_ROOM if below else 24
    margin = {"l": 56 if run or above else 24, "r": 8, "t": 56, "b": bottom}
    drawing.set(height=round(whole + 56 + bottom), showlegend=False, margin=margin)
    return drawing.figure()


def _bar_below(index: int, columns: int, whole: float) -> dict[str, Any]:
    """Lying below the column of its scale."""
    return {
        "orientation": "h",
        "len": 0.8 / columns,
        "x": index / columns,
        "xanchor": "left",
        "y": -20 / whole,
        "yanchor": "top",
    }


def _bar_ticks(limit: float) -> dict[str, Any]:
    """0 and the same round number on both sides, which short bars have room for."""
    end = log_ticks(limit / 9.9, limit)[-1]
    name = tick_label(end)
    return {"tickvals": [-end, 0, end], "ticktext": [f"−{name}", "0", name]}


def _bar_beside(
    rows: Sequence[Sequence[Panel]], scale: str, index: int, tops: Sequence[float], gap: float
) -> dict[str, Any]:
    """Beside the rows of its scale; where those hold other scales too, bars share the height."""
    own = [r for r, row in enumerate(rows) if any(panel.scale == scale for panel in row)]
    scales = {panel.scale for r in own for panel in rows[r]}
    top, bottom = tops[own[0]] - gap, tops[own[-1] + 1]
    if len(scales) == 1:
        return {"len": (top - bottom) * 0.95, "y": (top + bottom) / 2}
    each = (top - bottom + gap) / len(scales)
    title = {"text": scale, "side": "top", "font": {"size": 13}}
    return {"len": each, "y": top + gap / 2 - each * (index + 0.5), "nticks": 5, "title": title}


def limits_of(rows: Sequence[Sequence[Panel]], margin: float = 1.0) -> dict[str, float]:
    """Largest absolute value over the panels of each scale, times `margin`."""
    panels = [panel for row in rows for panel in row]
    return {
        scale: margin * limit_of(panel.matrix for panel in panels if panel.scale == scale)
        for scale in dict.fromkeys(panel.scale for panel in panels)
    }


def token_names(size: int, places: int = 0) -> list[str]:
    """x1 ... xd, y; or x1 ... xd, p1 ... of a token that knows its place."""
    last = [f"p{i}" for i in range(1, places + 1)] if places else ["y"]
    return [f"x{i}" for i in range(1, size + 1 - len(last))] + last


def _heatmap(drawing: Drawing, panel: Panel, number: int, coloraxis: str, columns: int) -> None:
    names, title = token_names(panel.matrix.shape[-1], panel.places), panel.title
    looks: Looks = {"name": title, "coloraxis": coloraxis, "meta": {"panel": title}}
    looks |= {"hover": f"{title}<br>row %{{y}}, column %{{x}}<br>%{{z:.4g}}"}
    gap = 1 if columns < 5 else 0
    drawing.heatmap(panel.uid, names, names, panel.matrix, number, gap=gap, **looks)


def _place(
    drawing: Drawing,
    panel: Panel,
    number: int,
    across: list[float],
    down: list[float],
    *,
    first: bool,
    last: bool,
) -> None:
    """A panel's axes (y downwards, as matrices are printed), title and lines between x and y."""
    if panel.read is not None:
        _grey(drawing, panel.read, numbered("x", number), numbered("y", number))
    token_axes(drawing, number, across, down, panel.places)
    drawing.axis("x", number, constraintoward="left", showticklabels=last, tickfont={"size": 12})
    drawing.axis("y", number, constraintoward="top", showticklabels=first, tickfont={"size": 12})
    drawing.headline(panel.title, across[0], down[1])
    token_lines(drawing, panel.matrix.shape[-1], number, panel.places)


def token_axes(
    drawing: Drawing,
    number: int,
    across: Sequence[float],
    down: Sequence[float],
    places: int = 0,
) -> None:
    """Square cells of a matrix from tokens to tokens, y downwards as matrices are printed."""
    looks: dict[str, Any] = {
        "type": "category",
        "tickvals": ["x1", "p1" if places else "y"],
        "ticktext": ["x", "place" if places else "y"],
        "ticks": "",
        "showline": False,
        "showgrid": False,
        "constrain": "domain",
    }
    drawing.panel(number, across, down)
    drawing.axis("x", number, **looks)
    anchor = numbered("x", number)
    drawing.axis("y", number, autorange="reversed", scaleanchor=anchor, **looks)


def token_lines(drawing: Drawing, size: int, number: int, places: int = 0) -> None:
    """Lines between x and y of the tokens, or between x and their places."""
    if size > 2:
        ends, at = {"0": -0.5, "1": size - 0.5}, size - (places or 1) - 0.5
        line = {"color": METHODS["bayes_rr"].color, "width": 0.75}
        common = {"type": "line", "line": line}
        common |= {"xref": numbered("x", number), "yref": numbered("y", number)}
        for letter, other in ("xy", "yx"):
            along = {f"{other}{end}": place for end, place in ends.items()}
            drawing.shape(**common, **{f"{letter}0": at, f"{letter}1": at}, **along)


def _grey(drawing: Drawing, read: np.ndarray, x: str, y: str) -> None:
    """Covers what is never read: whole rows, or whole columns."""
    rows, columns = (np.flatnonzero(~read.any(axis)) - 0.5 for axis in (1, 0))
    cover = {"type": "rect", "xref": x, "yref": y, "line": {"width": 0}}
    fill = {"fillcolor": translucent(METHODS["bayes_rr"].color, 0.38)}
    everywhere = (-0.5, len(read) - 0.5)
    for along, ends in (("y", rows), ("x", columns)):
        if ends.size:
            across = "x" if along == "y" else "y"
            edges = {f"{along}0": ends[0], f"{along}1": ends[-1] + 1}
            edges |= {f"{across}0": everywhere[0], f"{across}1": everywhere[1]}
            drawing.shape(**cover | fill | edges)


def _add_run(
    drawing: Drawing, run: Run, number: int, across: list[float], down: list[float]
) -> None:
    x = np.asarray(run.steps, float) + 1
    ends = (1.0, float(max(x.max(), 10)))
    known = [] if run.level is None else run.level.y
    low, high = log_range([run.loss, [run.floor] if run.floor > 0 else known], top=100.0)
    if run.floor > 0:
        low = min(low, run.floor * 0.7)
        drawing.floor(run.floor, low, ends, number)
    if run.level is not None:
        drawing.curve(run.level, number)
    words: Looks = {"name": "loss", "meta": {"panel": "loss"}}
    words |= {"number": number, "hover": "update %{x:.0f}: loss %{y:.4g}"}
    drawing.line("loss", x, run.loss, METHODS[run.method].color, 2.25, **words)
    drawing.now(x[run.now], run.loss[run.now], run.method, number, cliponaxis=False)
    drawing.panel(number, across, down)
    along = {"type": "log", "range": [0, math.log10(ends[1]) * 1.01], "dtick": 1}
    drawing.axis("x", number, title="updates + 1", showgrid=False, **along)
    drawing.axis("y", number, title=run.axis)
    drawing.log_y(low, high, number)
