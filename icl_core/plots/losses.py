"""Figures of the adjusted loss (half MSE): over depth, over noise, over layers, over training."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from icl_core.plots.figure import (
    DECORATION,
    LOSS,
    Curve,
    add_curve,
    add_floor,
    add_level,
    log_range,
    new_figure,
    set_log_y,
    shade_x,
)
from icl_core.plots.style import marker_of


def loss_by_depth(
    curves: Sequence[Curve],
    levels: Mapping[str, float],
    floor: float | None,
    *,
    title: str,
    depth: int | None = None,
) -> go.Figure:
    """Final loss against the number of layers of the model (paper 2, figure 1).

    One curve a parametrization, one point a trained model; levels are the baselines; nothing can
    lie below `floor`. `depth` marks the chosen number of layers.
    """
    depths = np.unique(np.concatenate([curve.x for curve in curves]))
    ends = (float(depths.min()) - 0.25, float(depths.max()) + 0.25)
    shown = [curve.y for curve in curves] + [list(levels.values())]
    low, high = log_range([*shown, [floor] if floor else []])
    figure = new_figure(
        name="loss_by_depth",
        title=title,
        x="layers L",
        y=LOSS,
        alt=f"Line chart, logarithmic: the loss of trained models of {depths.min():.0f} to "
        f"{depths.max():.0f} layers, beside ridge baselines and the Bayes floor.",
    )
    if floor:
        low = min(low, floor * 0.7)
        add_floor(figure, floor, low, ends, "Bayes floor")
    for method, value in levels.items():
        add_level(figure, method, value, ends)
    for curve in curves:
        add_curve(figure, curve, markers=True)
    if depth is not None:
        mark_x(figure, depth)
    figure.update_xaxes(range=ends, dtick=1, showgrid=False)
    set_log_y(figure, low, high)
    return figure


def noise_profile(
    curves: Sequence[Curve],
    *,
    title: str,
    trained: tuple[float, float] | None = None,
    trained_at: Sequence[float] = (),
    sigma: float | None = None,
) -> go.Figure:
    """Loss at each fixed noise level (paper 2, figures 2 and 3).

    `trained` shades the range of noise met in training, `trained_at` marks single levels.
    """
    figure = new_figure(
        name="noise_profile",
        title=title,
        x="noise level σ of the prompt",
        y=LOSS,
        alt="Line chart, logarithmic: the loss at each noise level, with the range of levels met "
        "in training marked.",
    )
    if trained is not None:
        shade_x(figure, *trained, "met in training")
    for level in trained_at:
        figure.add_vline(x=level, line_width=6, opacity=0.25, layer="below")
    for curve in curves:
        add_curve(figure, curve)
    if sigma is not None:
        mark_x(figure, sigma)
    ends = (min(c.x.min() for c in curves), max(c.x.max() for c in curves))
    figure.update_xaxes(range=ends, showgrid=False)
    figure.update_layout(hovermode="x unified")
    set_log_y(figure, *log_range([curve.y[1:] for curve in curves]))
    return figure


def loss_by_layer(
    curves: Sequence[Curve], levels: Mapping[str, float], *, title: str
) -> go.Figure:
    """Loss of the prediction read after each layer 0..L of one model (paper 2, figure 5)."""
    last = max(curve.x.max() for curve in curves)
    ends = (-0.15, float(last) + 0.15)
    figure = new_figure(
        name="loss_by_layer",
        title=title,
        x="prediction read after layer",
        y=LOSS,
        alt="Line chart, logarithmic: the loss of the prediction read after every layer of each "
        "model, beside the Bayes optimum.",
    )
    for method, value in levels.items():
        add_level(figure, method, value, ends)
    for curve in curves:
        add_curve(figure, curve, markers=True)
    figure.update_xaxes(range=ends, dtick=1, showgrid=False)
    shown = [curve.y for curve in curves] + [list(levels.values())]
    set_log_y(figure, *log_range(shown))
    return figure


def training_curve(
    steps: np.ndarray,
    loss: np.ndarray,
    *,
    method: str,
    floor: float,
    levels: Mapping[str, float] | None = None,
    total_steps: int | None = None,
    now: int | None = None,
) -> go.Figure:
    """Validation loss over the updates of a run, above what it cannot fall below.

    `now` is the snapshot looked at. The axis is that of updates + 1, logarithmic.
    """
    x = np.asarray(steps, float) + 1
    end = max(float(x.max()), (total_steps or 0) + 1, 10.0)
    figure = new_figure(
        name="training",
        title="Loss on validation prompts",
        x="updates + 1",
        y=LOSS,
        alt=f"Line chart, both axes logarithmic: the loss over {int(x.max()) - 1} updates, ending "
        f"at {loss[-1]:.4g}, above the Bayes floor of {floor:.4g}.",
    )
    levels = dict(levels or {})
    low, high = log_range([loss, list(levels.values()), [floor] if floor > 0 else []])
    ends = (1.0, end)
    if floor > 0:
        low = min(low, floor * 0.7)
        add_floor(figure, floor, low, ends, "Bayes floor")
    for name, value in levels.items():
        add_level(figure, name, value, ends)
    add_curve(figure, Curve(method=method, x=x, y=np.asarray(loss)), markers=len(x) < 3)
    if now is not None:
        figure.add_trace(
            go.Scatter(
                x=[x[now]],
                y=[loss[now]],
                mode="markers",
                marker=marker_of(method, 13),
                showlegend=False,
                hovertemplate=f"update {int(x[now]) - 1}: %{{y:.4g}}<extra></extra>",
                meta=DECORATION,
            )
        )
    top = float(np.log10(end))
    figure.update_xaxes(type="log", range=[0, top * 1.01], dtick=1, showgrid=False)
    set_log_y(figure, low, high)
    return figure


def mark_x(figure: go.Figure, x: float) -> None:
    """A thin vertical line at the value that a control holds."""
    figure.add_vline(x=x, line_width=1.5, line_dash="dot")
