"""The run, the trained model's losses and its weights."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.experiments.mixed_noise.published import published_loss
from icl_core.lessons.shared.coordinates import normalised
from icl_core.lessons.shared.matrices import panels
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.measure import Frame, Outcome
from icl_core.live import Grid, Player, Quantity, View
from icl_core.models.linear import Parametrization
from icl_core.plots import heatmaps as weight_plots
from icl_core.plots import losses as plots
from icl_core.plots.drawing import Curve, level
from icl_core.plots.figure import Figure
from icl_core.plots.ticks import log_range


def run_figure(config: Train, frames: Sequence[Frame], now: int | None = None) -> Figure:
    """Loss over updates above the floor, and the paper's value where there is one."""
    published = published_loss(config.task(), config.parametrization, config.layers)
    loss = np.array([frame.loss for frame in frames])
    return plots.training_curve(
        np.array([frame.step for frame in frames]),
        loss,
        method=config.parametrization,
        floor=frames[-1].floor,
        levels={} if published is None else {"paper": published},
        total_steps=frames[-1].total_steps,
        now=now,
    )


def weights_figure(config: Train, frames: Sequence[Frame], now: int) -> Figure:
    """Q and P of a snapshot in normalised coordinates."""
    frame = frames[now]
    final = normalised(frames[-1].model, config.task())
    limits = {scale: weight_plots.largest(panels(final), scale) for scale in ("Q", "P")}
    return weight_plots.heatmaps(
        panels(normalised(frame.model, config.task())),
        title=f"Weights after {frame.step:,} updates",
        limits=limits,
        cell=weight_plots.ROW,
    )


def layers_figure(parametrization: Parametrization, measured: Mapping[str, LossSummary]) -> Figure:
    """Loss after every layer of a model, beside the baselines."""
    loss = measured["model"]
    x = np.arange(loss.mean.shape[-1])
    # Of a model that diverges both may be infinite: no band then.
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = np.maximum(loss.mean - 2 * loss.stderr, 0), loss.mean + 2 * loss.stderr
    ends = (-0.15, x[-1] + 0.15)
    curves = [level(m, float(s.mean[-1]), ends) for m, s in measured.items() if m != "model"]
    curves.append(
        Curve(
            method=parametrization,
            x=x,
            y=loss.mean,
            low=low,
            high=high,
            band="±2 standard errors",
            markers=True,
        )
    )
    shown = log_range([curve.y for curve in curves], top=plots.TOP)
    return plots.loss_by_layer(curves, title="Loss after every layer", y_range=shown)


def movie_player(config: Train, outcome: Outcome) -> Player:
    """Goes through the snapshots of the run."""
    shot = config.snapshot
    return Player(
        name="snapshot",
        label="Training",
        labels=[f"{frame.step:,} updates" for frame in outcome.frames],
        value=outcome.last if shot is None else shot,
        seconds=0.25,
    )


def movie_grid(config: Train, outcome: Outcome) -> Grid:
    """The heatmaps at every snapshot."""
    task = config.task()
    shown = [
        {p.uid: p.matrix for row in panels(normalised(frame.model, task)) for p in row}
        for frame in outcome.frames
    ]
    moving = [
        Quantity(trace=uid, field="z", values=np.stack([frame[uid] for frame in shown]))
        for uid in shown[0]
    ]
    return Grid(axes={"snapshot": range(len(shown))}, quantities=moving, exact=True)


def run_view(config: Train, outcome: Outcome) -> View:
    return View(figure=run_figure(config, outcome.frames))


def by_layer_view(config: Train, outcome: Outcome) -> View:
    return View(figure=layers_figure(config.parametrization, outcome.measured))


def matrices_view(config: Train, outcome: Outcome) -> View:
    """Q and P, over the training once it has ended."""
    player = movie_player(config, outcome)
    figure = weights_figure(config, outcome.frames, player.value)
    title = "Weights (normalised)"
    if not (outcome.last and outcome.finished):
        return View(figure=figure, title=title)
    grid = movie_grid(config, outcome)
    return View(figure=figure, title=title, controls=[player], grid=grid)


VIEWS: Mapping[str, Callable[[Train, Outcome], View]] = {
    "run": run_view,
    "by_layer": by_layer_view,
    "matrices": matrices_view,
}
"""What the lesson shows, by name."""
