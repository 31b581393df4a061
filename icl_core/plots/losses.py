"""Figures of the adjusted loss (half MSE): over depth, over noise, over layers, over training."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from icl_core.plots.curves import Curve, level
from icl_core.plots.drawing import LOSS, Drawing, Met
from icl_core.plots.figure import Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.ticks import log_range

TOP = 30.0
"""Losses above this leave the figure at its top: predicting nothing costs half of d."""


def loss_by_depth(
    curves: Sequence[Curve],
    levels: Mapping[str, float],
    floor: float | None,
    *,
    title: str,
    depth: int | None = None,
    published: Mapping[str, Mapping[int, float]] | None = None,
) -> Figure:
    """Final loss against the number of layers of the model (paper 2, figure 1).

    One curve a parametrization, one point a trained model; levels are the baselines; nothing can
    lie below `floor`. `depth` marks the chosen number of layers, `published` adds the paper's
    values by method and depth.
    """
    # Without a curve, as of FULL alone in another dimension, the levels are all there is to see.
    depths = np.unique(np.concatenate([curve.x for curve in curves] or [[1.0, depth or 4.0]]))
    ends = (float(depths.min()) - 0.25, float(depths.max()) + 0.25)
    drawing = Drawing(
        name="loss_by_depth",
        title=title,
        x="layers L",
        y=LOSS,
        alt=f"Line chart, logarithmic: the loss of trained models of {depths.min():.0f} to "
        f"{depths.max():.0f} layers, beside ridge baselines and the Bayes floor.",
    )
    shown = [curve.y for curve in curves]
    shown += [[value] for method, value in levels.items() if method != "bayes_rr"]
    low, high = log_range([*shown, [floor] if floor else []], top=TOP)
    if floor:
        low = min(low, floor * 0.7)
        drawing.floor(floor, low, ends)
    drawing.curves(level(method, value, ends) for method, value in levels.items())
    drawing.curves(curves)
    for method, values in (published or {}).items():
        legend = {"showlegend": bool(values)}
        draw_published(drawing, f"published:{method}", method, values, 15, **legend)
    if depth is not None:
        drawing.mark_x(depth)
    drawing.axis("x", range=ends, dtick=1, showgrid=False)
    drawing.log_y(low, high)
    return drawing.figure()


def draw_published(
    drawing: Drawing, uid: str, method: str, values: Mapping[int, float], size: int, **looks: Any
) -> None:
    """The paper's values of a method by x, as open marks."""
    style = METHODS[method]
    name, symbol = f"{style.label}, published", f"{style.marker}-open"
    looks |= {"name": name, "hover": f"{name}: %{{y:.4g}}"}
    drawing.marks(uid, list(values), list(values.values()), style, size, symbol, **looks)


def noise_profile(
    curves: Sequence[Curve],
    *,
    title: str,
    met: Met = (None, ()),
    sigma: float | None = None,
    y_range: tuple[float, float] | None = None,
) -> Figure:
    """Loss at each fixed noise level (paper 2, figures 2 and 3).

    `met` is the noise met in training.
    """
    drawing = Drawing(
        name="noise_profile",
        title=title,
        x="noise level σ of the prompt",
        y=LOSS,
        alt="Line chart, logarithmic: the loss at each noise level, with the levels met in "
        "training marked.",
    )
    if sigma is not None:
        drawing.mark_x(sigma)
    ends = (float(min(c.x.min() for c in curves)), float(max(c.x.max() for c in curves)))
    drawing.shade_met(met, ends, "met in training")
    drawing.curves(curves)
    drawing.axis("x", range=ends, showgrid=False)
    drawing.set(hovermode="x unified")
    drawing.log_y(*(y_range or log_range([curve.y for curve in curves], top=TOP)))
    return drawing.figure()


def loss_by_layer(
    curves: Sequence[Curve],
    *,
    title: str,
    y: str = LOSS,
    y_range: tuple[float, float] | None = None,
) -> Figure:
    """Loss of the prediction read after each layer 0..L of one model (paper 2, figure 5)."""
    last = max(curve.x.max() for curve in curves)
    drawing = Drawing(
        name="loss_by_layer",
        title=title,
        x="prediction read after layer",
        y=y,
        alt="Line chart, logarithmic: the loss of the prediction read after every layer of each "
        "model, beside ridge baselines and the Bayes optimum.",
    )
    drawing.curves(curves)
    drawing.axis("x", range=(-0.15, float(last) + 0.15), dtick=1, showgrid=False)
    drawing.log_y(*(y_range or log_range([curve.y for curve in curves], top=TOP)))
    return drawing.figure()


def training_curve(
    steps: np.ndarray,
    loss: np.ndarray,
    *,
    method: str,
    floor: float,
    levels: Mapping[str, float] | None = None,
    total_steps: int | None = None,
    now: int | None = None,
    beside: Curve | None = None,
    y: str = LOSS,
) -> Figure:
    """Validation loss over the updates of a run, above what it cannot fall below.

    `now` is the snapshot looked at, `beside` another run. The axis is that of updates + 1,
    logarithmic.
    """
    x = np.asarray(steps, float) + 1
    others = [] if beside is None else [beside]
    end = max(float(x.max()), (total_steps or 0) + 1, 10.0, *(curve.x.max() for curve in others))
    drawing = Drawing(
        name="training",
        title="Loss on validation prompts",
        x="updates + 1",
        y=y,
        alt=f"Line chart, both axes logarithmic: the loss over {int(x.max()) - 1} updates, ending "
        f"at {loss[-1]:.4g}, above the Bayes floor of {floor:.4g}.",
    )
    levels = dict(levels or {})
    shown = [loss, list(levels.values()), *(curve.y for curve in others)]
    low, high = log_range([*shown, [floor] if floor > 0 else []], top=TOP)
    ends = (1.0, end)
    if floor > 0:
        low = min(low, floor * 0.7)
        drawing.floor(floor, low, ends)
    drawing.curves(level(name, value, ends) for name, value in levels.items())
    drawing.curves(others)
    drawing.curve(Curve(method=method, x=x, y=np.asarray(loss), markers=len(x) < 3))
    if now is not None:
        drawing.now(float(x[now]), float(loss[now]), method, showlegend=False)
    drawing.axis("x", type="log", range=[0, math.log10(end) * 1.01], dtick=1, showgrid=False)
    drawing.log_y(low, high)
    return drawing.figure()
