"""Figures of weights: heatmaps of Q and P, and the four numbers omega of every layer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.plots.drawing import Drawing, numbered
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.style import METHODS
from icl_core.plots.ticks import log_range

OMEGAS = ("ω<sub>xx</sub>", "ω<sub>xy</sub>", "ω<sub>yx</sub>", "ω<sub>yy</sub>")
OMEGA_NAMES = ("ω_xx", "ω_xy", "ω_yx", "ω_yy")
OMEGA_LOOKS = (
    ("#0072b2", "circle", "solid"),
    ("#d55e00", "square", "dash"),
    ("#009e73", "diamond", "dashdot"),
    ("#c46a9d", "triangle-up", "dot"),
)
CELL = 205
"""Pixels of a row of heatmaps."""
RUN_SHARE = 0.95
"""Height of the loss above the heatmaps, in rows."""
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


@dataclass(frozen=True, kw_only=True)
class Run:
    """The loss of a training run, to show above its weights: x = updates + 1."""

    steps: np.ndarray
    loss: np.ndarray
    floor: float
    method: str
    now: int


def heatmaps(
    rows: Sequence[Sequence[Panel]],
    *,
    title: str,
    name: str = "weights",
    limits: Mapping[str, float] | None = None,
    run: Run | None = None,
    cell: int = CELL,
) -> Figure:
    """Rows of square matrices, diverging around 0; panels of one `scale` share limits.

    `limits` overrides the largest absolute value of a scale (to hold it still over a movie); `run`
    adds the loss above, with a dot at the snapshot shown; `cell` is the height of a row in pixels.
    """
    columns = max(len(row) for row in rows)
    lines = len(rows) + (RUN_SHARE if run else 0)
    gap = 0.2 / lines
    drawing = Drawing(
        name=name,
        title=title,
        alt=f"{len(rows)} rows of {columns} heatmaps of the matrices Q and P, diverging around 0.",
    )
    scales = list(dict.fromkeys(panel.scale for row in rows for panel in row))
    for r, row in enumerate(rows):
        down = [(len(rows) - r - 1) / lines, (len(rows) - r) / lines - gap]
        for c, panel in enumerate(row):
            across = [c / columns, (c + 1) / columns - 0.12 / columns]
            scale = scales.index(panel.scale) + 1
            number = r * columns + c + 1
            _heatmap(drawing, panel, number, numbered("coloraxis", scale), columns)
            _place(drawing, panel, number, across, down, first=c == 0)
    for index, scale in enumerate(scales):
        limit = (limits or {}).get(scale) or largest(rows, scale)
        bar = COLORBAR | _bar_place(rows, scale, index, lines, gap)
        drawing.layout[numbered("coloraxis", index + 1)] = {
            "cmin": -limit,
            "cmax": limit,
            "colorbar": bar,
        }
    if run:
        _add_run(drawing, run, len(rows) * columns + 1, [len(rows) / lines + 1.2 * gap, 1.0])
    drawing.set(
        height=round(cell * lines + 80),
        showlegend=False,
        margin={"l": 56 if run else 24, "r": 8, "t": 56, "b": 24},
    )
    return drawing.figure()


def _bar_place(
    rows: Sequence[Sequence[Panel]], scale: str, index: int, lines: float, gap: float
) -> dict[str, Any]:
    """Beside the rows of its scale; where those hold other scales too, bars share the height."""
    own = [r for r, row in enumerate(rows) if any(panel.scale == scale for panel in row)]
    scales = {panel.scale for r in own for panel in rows[r]}
    top, bottom = (len(rows) - own[0]) / lines - gap, (len(rows) - own[-1] - 1) / lines
    if len(scales) == 1:
        return {"len": (top - bottom) * 0.95, "y": (top + bottom) / 2}
    each = (top - bottom + gap) / len(scales)
    title = {"text": scale, "side": "top", "font": {"size": 13}}
    return {"len": each, "y": top + gap / 2 - each * (index + 0.5), "nticks": 5, "title": title}


def largest(rows: Sequence[Sequence[Panel]], scale: str) -> float:
    """Largest absolute value over the panels of a scale."""
    values = [np.abs(panel.matrix).max() for row in rows for panel in row if panel.scale == scale]
    return float(max(values)) or 1.0


def token_names(size: int) -> list[str]:
    """x1 ... xd, y."""
    return [f"x{i}" for i in range(1, size)] + ["y"]


def _heatmap(drawing: Drawing, panel: Panel, number: int, coloraxis: str, columns: int) -> None:
    names = token_names(panel.matrix.shape[-1])
    drawing.traces.append(
        {
            "type": "heatmap",
            "uid": panel.uid,
            "name": panel.title,
            "x": names,
            "y": names,
            "z": panel.matrix,
            "xaxis": numbered("x", number),
            "yaxis": numbered("y", number),
            "coloraxis": coloraxis,
            "xgap": 1 if columns < 5 else 0,
            "ygap": 1 if columns < 5 else 0,
            "hovertemplate": f"{panel.title}<br>row %{{y}}, column %{{x}}<br>%{{z:.4g}}"
            "<extra></extra>",
            "meta": {"panel": panel.title},
        }
    )


def _place(
    drawing: Drawing,
    panel: Panel,
    number: int,
    across: list[float],
    down: list[float],
    *,
    first: bool,
) -> None:
    """A panel's axes (y downwards, as matrices are printed), title and lines between x and y."""
    dim = panel.matrix.shape[-1] - 1
    x, y = numbered("x", number), numbered("y", number)
    looks: dict[str, Any] = {
        "type": "category",
        "tickvals": ["x1", "y"],
        "ticktext": ["x", "y"],
        "tickfont": {"size": 12},
        "ticks": "",
        "showline": False,
        "showgrid": False,
    }
    drawing.axis(
        "x", number, domain=across, anchor=y, constrain="domain", constraintoward="left", **looks
    )
    drawing.axis(
        "y",
        number,
        domain=down,
        anchor=x,
        autorange="reversed",
        showticklabels=first,
        scaleanchor=x,
        constrain="domain",
        constraintoward="top",
        **looks,
    )
    drawing.note(
        panel.title,
        x=across[0],
        y=down[1],
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
    )
    if dim > 1:
        at = dim - 0.5
        line = {"color": METHODS["bayes_rr"].color, "width": 0.75}
        whole = {"x0": -0.5, "x1": dim + 0.5, "y0": -0.5, "y1": dim + 0.5, "type": "line"}
        common = whole | {"xref": x, "yref": y, "line": line}
        across_y, across_x = {"x0": at, "x1": at}, {"y0": at, "y1": at}
        drawing.layout["shapes"] = [
            *drawing.layout["shapes"],
            common | across_y,
            common | across_x,
        ]


def _add_run(drawing: Drawing, run: Run, number: int, down: list[float]) -> None:
    x = np.asarray(run.steps, float) + 1
    ends = (1.0, float(max(x.max(), 10)))
    low, high = log_range([run.loss, [run.floor] if run.floor > 0 else []], top=100.0)
    place = {"xaxis": numbered("x", number), "yaxis": numbered("y", number)}
    if run.floor > 0:
        low = min(low, run.floor * 0.7)
        drawing.floor(run.floor, low, ends, number)
    color = METHODS[run.method].color
    drawing.scatter(
        "loss",
        x,
        run.loss,
        name="loss",
        mode="lines",
        line={"color": color, "width": 2.25},
        hovertemplate="update %{x:.0f}: loss %{y:.4g}<extra></extra>",
        meta={"panel": "loss"},
        **place,
    )
    drawing.scatter(
        "now",
        [x[run.now]],
        [run.loss[run.now]],
        mode="markers",
        marker={"color": color, "size": 12},
        cliponaxis=False,
        hoverinfo="skip",
        meta=DECORATION,
        **place,
    )
    drawing.axis(
        "x",
        number,
        title="updates + 1",
        type="log",
        range=[0, math.log10(ends[1]) * 1.01],
        dtick=1,
        showgrid=False,
        domain=[0, 1],
        anchor=place["yaxis"],
    )
    drawing.axis("y", number, title="adjusted loss", domain=down, anchor=place["xaxis"])
    drawing.log_y(low, high, number)


def omega_chart(values: np.ndarray, *, title: str) -> Figure:
    """omega_xx, omega_xy, omega_yx, omega_yy [layers, 4] over the layers, as stems from 0."""
    layers = np.arange(1, len(values) + 1)
    drawing = Drawing(
        name="omegas",
        title=title,
        x="layer",
        y="ω (normalised)",
        alt="Stem chart: the four numbers ω of every layer: what x and y receive from x and y.",
    )
    for index, (color, symbol, dash) in enumerate(OMEGA_LOOKS):
        x = layers + (index - 1.5) * 0.13
        stems = [end for value in values[:, index] for end in (0.0, float(value), None)]
        drawing.scatter(
            f"stem{index}",
            np.repeat(x, 3),
            stems,
            mode="lines",
            line={"color": color, "width": 2, "dash": dash},
            hoverinfo="skip",
            legendgroup=OMEGA_NAMES[index],
            showlegend=False,
            meta=DECORATION,
        )
        drawing.scatter(
            OMEGA_NAMES[index],
            x,
            values[:, index],
            name=OMEGAS[index],
            legendgroup=OMEGA_NAMES[index],
            mode="markers",
            marker={"color": color, "symbol": symbol, "size": 10},
            customdata=layers,
            hovertemplate=f"{OMEGAS[index]}, layer %{{customdata}}: %{{y:.4g}}<extra></extra>",
        )
    drawing.axis("x", tickvals=layers, range=[0.5, len(layers) + 0.5], showgrid=False)
    drawing.axis("y", zeroline=True, zerolinewidth=1)
    return drawing.figure()
