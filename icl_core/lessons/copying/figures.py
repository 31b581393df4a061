"""Figures of copying: a training beside its attention, and what swapped tokens do to answers."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from icl_core.lessons.copying.config import TOKENS
from icl_core.plots.curves import Curve
from icl_core.plots.drawing import Drawing
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.lines import PLAIN
from icl_core.plots.methods import METHODS
from icl_core.plots.style import LAYOUT
from icl_core.plots.ticks import log_range

LEFT, RIGHT = (0.0, 0.53), (0.63, 1.0)
ABOVE, BELOW = (0.5, 0.97), (0.0, 0.36)
HEIGHT = 380
TRAINED = METHODS["full"]
TOWARD: Mapping[str, tuple[str, str, str]] = {
    "own": ("its own input", METHODS["diag"].color, "longdash"),
    "next": ("the next token's", METHODS["full"].color, "solid"),
    "other": ("others', on average", METHODS["bayes_rr"].color, "dot"),
}
"""What a token's output may depend on: words, colour, dash."""


def training_figure(
    x: np.ndarray,
    loss: np.ndarray,
    toward: Mapping[str, np.ndarray],
    shares: np.ndarray,
    *,
    now: int | None,
    levels: Sequence[Curve],
    title: str,
) -> Figure:
    """Loss and sensitivities [snapshots] over updates + 1, with dots at snapshot `now`, beside the
    map of attention [tokens + 1, tokens], whose last row is a query's."""
    drawing = Drawing(
        name="copying_training",
        title=title,
        alt="Three panels. Left, over training with updates on a logarithmic axis: the loss, which "
        "waits on plateaus before it falls to that of one step of gradient descent, and below how "
        "much a token's first-layer output depends on the token itself, on the next and on others. "
        "Right: how much each token attends to each token in layer 1.",
    )
    drawing.curves(levels)
    drawing.scatter(
        "loss",
        x,
        loss,
        1,
        name="loss of the model",
        mode="lines",
        line={"color": TRAINED.color, "width": 2.5},
        hovertemplate="loss %{y:.4g}<extra></extra>",
        meta={"panel": "loss"},
    )
    for name, (words, color, dash) in TOWARD.items():
        drawing.scatter(
            name,
            x,
            toward[name],
            2,
            name=words,
            mode="lines",
            line={"color": color, "width": 2.25, "dash": dash},
            hovertemplate=f"{words}: %{{y:.3g}}<extra></extra>",
            meta={"panel": "sensitivity of a token's first-layer output"},
        )
    if now is not None:
        for uid, number, colors, (right, up) in _dots(x, loss, toward, now):
            drawing.scatter(
                uid,
                right,
                up,
                number,
                mode="markers",
                marker={"color": colors, "size": 11},
                cliponaxis=False,
                showlegend=False,
                hoverinfo="skip",
                meta=DECORATION,
            )
    _draw_map(drawing, shares)
    drawing.panel(1, LEFT, ABOVE)
    drawing.panel(2, LEFT, BELOW)
    across: dict[str, Any] = {"type": "log", "range": [0, math.log10(float(x[-1])) + 0.02]}
    for number in (1, 2):
        drawing.axis("x", number, dtick=1, showgrid=False, showticklabels=number == 2, **across)
    drawing.axis("x", 2, title="updates + 1")
    low, high = log_range([loss, *(curve.y for curve in levels)], pad=0.06)
    drawing.log_y(low, high, 1)
    drawing.axis("y", 2, range=[-0.15, 1.1 * max(float(known.max()) for known in toward.values())])
    drawing.headline("loss (half MSE)", 0, 1, 1, yshift=2)
    drawing.headline("sensitivity to", 0, 1, 2, yshift=2)
    drawing.set(height=HEIGHT, legend=LAYOUT["legend"] | {"y": -0.2})
    return drawing.figure()


def _dots(
    x: np.ndarray, loss: np.ndarray, toward: Mapping[str, np.ndarray], now: int
) -> list[tuple[str, int, Any, tuple[list[float], list[float]]]]:
    colors = [color for _, color, _ in TOWARD.values()]
    heights = [float(toward[name][now]) for name in TOWARD]
    at = float(x[now])
    return [
        ("now", 1, TRAINED.color, ([at], [float(loss[now])])),
        ("now:toward", 2, colors, ([at] * len(colors), heights)),
    ]


def dot_values(
    x: np.ndarray, loss: np.ndarray, toward: Mapping[str, np.ndarray], now: int
) -> dict[tuple[str, str], Any]:
    """Where the dots of `training_figure` stand at a snapshot."""
    return {
        (uid, field): values
        for uid, _, _, place in _dots(x, loss, toward, now)
        for field, values in zip("xy", place, strict=True)
    }


def _draw_map(drawing: Drawing, shares: np.ndarray) -> None:
    names = list(TOKENS.values())
    drawing.heatmap(
        "attention",
        names,
        [*names, "query"],
        shares,
        3,
        gap=1,
        name="attention of layer 1",
        hovertemplate="%{y} attends to %{x}: %{z:.3f}<extra></extra>",
        meta={"panel": "attention of layer 1"},
    )
    drawing.set(coloraxis={"cmin": -1, "cmax": 1, "showscale": False})
    drawing.panel(3, RIGHT, (0.0, ABOVE[1]))
    few = [name for name in names if name in ("x1", "x4", "x7", "x10")]
    looks: dict[str, Any] = {"type": "category", "ticks": "", "showline": False, "showgrid": False}
    looks |= {"constrain": "domain", "tickfont": {"size": 12}}
    drawing.axis("x", 3, tickvals=few, side="bottom", constraintoward="left", **looks)
    drawing.axis("x", 3, title="token attended to")
    drawing.axis("y", 3, tickvals=[*few, "query"], autorange="reversed", scaleanchor="x3", **looks)
    drawing.axis("y", 3, constraintoward="top")
    drawing.headline("row sees column", 0, 1, 3, yshift=2)


def swap_figure(
    descent: np.ndarray, before: np.ndarray, after: np.ndarray, *, title: str, limit: float
) -> Figure:
    """Answers of a model [queries] before and after a swap, against one step of gradient descent
    before it; axes reach `limit`."""
    drawing = Drawing(
        name="copying_swap",
        title=title,
        alt=f"Points: the answers to {len(descent)} queries against those of one step of gradient "
        "descent, before the swap as open circles and after it filled, joined by lines.",
        x="one step of gradient descent, before the swap",
        y="answer of the model",
    )
    ends = np.array([-limit, limit])
    drawing.curve(Curve(method="gd", x=ends, y=ends, label="as one step of GD", width=1.5))
    drawing.scatter(
        "moved",
        [at for x in descent.tolist() for at in (x, x, None)],
        [at for ends in zip(before.tolist(), after.tolist(), strict=True) for at in (*ends, None)],
        mode="lines",
        connectgaps=False,
        line={"color": METHODS["bayes_rr"].color, "width": 1.25},
        showlegend=False,
        hoverinfo="skip",
        meta=DECORATION,
    )
    for uid, values, symbol in (("before", before, "circle-open"), ("after", after, "circle")):
        drawing.scatter(
            uid,
            descent,
            values,
            name=f"{uid} the swap",
            mode="markers",
            marker={"color": TRAINED.color, "symbol": symbol, "size": 9, "line": {"width": 2}},
            hovertemplate=f"{uid}: %{{y:.3g}}, GD %{{x:.3g}}<extra></extra>",
        )
    for letter in "xy":
        drawing.axis(letter, range=[-limit, limit])
    return drawing.figure()


def partners_figure(
    curves: Sequence[Curve], *, title: str, levels: Sequence[Curve], chosen: int
) -> Figure:
    """Loss after a swap with every token of the context, by that token."""
    drawing = Drawing(
        name="copying_partners",
        title=title,
        alt="Points by token: the loss after one token has been swapped with it, of the model and "
        "of Proposition 3, beside one step of gradient descent on the whole prompt.",
        x="the other token",
        y=PLAIN,
    )
    drawing.curves([*levels, *curves])
    drawing.mark_x(float(chosen))
    drawing.axis(
        "x",
        range=[-0.6, len(TOKENS) - 0.4],
        tickvals=list(TOKENS)[::3],
        ticktext=list(TOKENS.values())[::3],
        showgrid=False,
    )
    shown = [curve.y for curve in (*curves, *levels)]
    drawing.axis("y", range=[0.0, 1.08 * max(float(np.max(y)) for y in shown)])
    return drawing.figure()
