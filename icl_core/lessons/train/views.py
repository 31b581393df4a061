"""The run, the trained model's losses and its weights."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.lessons.shared.curves import banded
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.measure import Outcome
from icl_core.lessons.train.systems import system_of
from icl_core.lessons.train.words import differing
from icl_core.live import Player, View
from icl_core.live.moving import grid_at, matrix_values
from icl_core.plots import Figure, level, log_range
from icl_core.plots import heatmaps as weight_plots
from icl_core.plots import losses as plots
from icl_core.plots.curves import Curve
from icl_core.plots.drawing import LOSS

Beside = tuple[Train, Outcome]
"""Another run to compare with."""


def run_view(config: Train, outcome: Outcome, beside: Beside | None = None) -> View:
    """Loss over updates above the floor, and the paper's value where there is one; that of another
    run too, where losses are of one kind."""
    frames, system = outcome.frames, system_of(config)
    other = None
    if beside is not None and system_of(beside[0]).loss == system.loss:
        other = Curve(
            method=system_of(beside[0]).style(beside[0]),
            label=f"beside: {differing(beside[0], config)}",
            uid="beside",
            x=np.array([frame.step + 1.0 for frame in beside[1].frames]),
            y=np.array([frame.loss for frame in beside[1].frames]),
            markers=True,
            open_markers=True,
            width=1.25,
        )
    figure = plots.training_curve(
        np.array([frame.step for frame in frames]),
        np.array([frame.loss for frame in frames]),
        method=system.style(config),
        floor=frames[-1].floor,
        levels=system.levels(config),
        y=system.loss,
        total_steps=frames[-1].total_steps,
        beside=other,
    )
    return View(figure=figure)


def layers_figure(method: str, measured: Mapping[str, LossSummary], y: str = LOSS) -> Figure:
    """Loss after every layer of a model, beside the baselines."""
    loss = measured["model"]
    x = np.arange(loss.mean.shape[-1])
    # Of a model that diverges both may be infinite: no band then.
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = np.maximum(loss.mean - 2 * loss.stderr, 0), loss.mean + 2 * loss.stderr
    ends = (-0.15, x[-1] + 0.15)
    curves = [level(m, float(s.mean[-1]), ends) for m, s in measured.items() if m != "model"]
    bands = loss.mean, low, high
    curves.append(banded(method, x, bands, markers=True))
    shown = log_range([curve.y for curve in curves], top=plots.TOP)
    return plots.loss_by_layer(curves, title="Loss after every layer", y=y, y_range=shown)


def movie_player(config: Train, outcome: Outcome) -> Player:
    """Goes through the snapshots of the run."""
    shot = config.snapshot
    labels = [f"{frame.step:,} updates" for frame in outcome.frames]
    now = outcome.last if shot is None else shot
    return Player("snapshot", "Training", labels, value=now, seconds=0.25)


def by_layer_view(config: Train, outcome: Outcome) -> View:
    """Loss after every layer, once the model is measured."""
    system = system_of(config)
    return View(figure=layers_figure(system.style(config), outcome.measured, system.loss))


def matrices_view(config: Train, outcome: Outcome) -> View:
    """Q and P in normalised coordinates, or the products of factors, over the training once it has
    ended."""
    player, system = movie_player(config, outcome), system_of(config)
    rows = [system.matrices(config, frame) for frame in outcome.frames]
    figure = weight_plots.heatmaps(
        rows[player.value],
        title=f"Weights after {outcome.frames[player.value].step:,} updates",
        limits=weight_plots.limits_of(rows[-1]),
        cell=weight_plots.ROW,
    )
    if not (outcome.last and outcome.finished):
        return View(figure=figure, title=system.weights)
    frames = {"snapshot": range(len(rows))}
    grid = grid_at(frames, lambda index: matrix_values(rows[index[0]]), exact=True)
    return View(figure=figure, title=system.weights, controls=[player], grid=grid)


def matrices_beside(config: Train, outcome: Outcome, beside: Beside) -> View:
    """The weights of another run when as large a share of its snapshots had gone by."""
    other, found = beside
    now = outcome.last if config.snapshot is None else config.snapshot
    at = round(now / max(outcome.last, 1) * found.last)
    alone = replace(found, finished=False)
    view = matrices_view(other.replace(snapshot=at), alone)
    return replace(view, title=f"Beside: {differing(other, config)}")


VIEWS: Mapping[str, Callable[[Train, Outcome], View]] = {
    "run": run_view,
    "by_layer": by_layer_view,
    "matrices": matrices_view,
}
"""What the lesson shows, by name."""
