"""Losses by layer, over training, and likeness to GD and GD++."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from icl_core.analysis.statistics import overflowed
from icl_core.experiments.several_layers.settings import METHODS
from icl_core.experiments.shared import MAIN
from icl_core.lessons.several_layers import figures as plots
from icl_core.lessons.several_layers.config import EARLIEST, NAMES, STYLES, TRAINED, SeveralLayers
from icl_core.lessons.several_layers.limits import depths_view, mixes_view, scales_view
from icl_core.lessons.several_layers.measure import Layers, Runs, condition
from icl_core.lessons.several_layers.weights import weights_view
from icl_core.lessons.shared.curves import banded
from icl_core.live import View
from icl_core.live.moving import curve_grid, updates_player
from icl_core.plots import Curve, level
from icl_core.plots.lines import MEASURES, lines


def _updates(layers: Layers, config: SeveralLayers) -> int:
    return int(layers.course.steps[config.seed, config.frame])


def layer_curves(layers: Layers, config: SeveralLayers, frame: int) -> list[Curve]:
    """Loss by layer of GD, GD++ and one trained model."""
    x = np.arange(layers.architecture.layers + 1)
    curves = [
        Curve(method=STYLES[m], label=NAMES[m], x=x, y=layers.loss(m).mean, markers=True)
        for m in METHODS
    ]
    mine = layers.course.frames.loss.mean[config.seed, frame]
    return [*curves, Curve(method="full", label=TRAINED, x=x, y=mine, markers=True)]


def layers_view(config: SeveralLayers, runs: Runs) -> View:
    """Losses read after every layer, over training."""
    layers = runs[config.kind]
    curves = layer_curves(layers, config, config.frame)
    last = layer_curves(layers, config, -1)
    low = min(float(np.nanmin(curve.y)) for curve in last)
    high = max(float(np.nanmax(curve.y)) for curve in last)
    figure = lines(
        curves,
        name="depth_layers",
        title=f"After {_updates(layers, config)} updates",
        alt="Line chart, logarithmic: the loss read after each layer of "
        f"{layers.architecture.words} beside GD and GD++ of as many steps, for every moment of "
        "training.",
        x="layers, or steps",
        y_range=(0.7 * low, 1.4 * high),
    )
    figure.update_xaxes(dtick=1)
    grid = curve_grid(
        {"frame": range(len(layers.x))},
        lambda index: layer_curves(layers, config, index[0]),
        exact=True,
    )
    return View(
        figure=figure,
        title="Loss, layer by layer",
        controls=[updates_player(layers.course.steps[config.seed], config.frame)],
        grid=grid,
        caption=f"Seed {config.seed}, {condition(layers)}: what the "
        "query holds after each layer, read as an answer. GD++ descends as GD does, but between "
        "steps it also changes the inputs, $x \\leftarrow (I - \\gamma \\Sigma)\\,x$, so that the "
        f"next step meets an easier problem. {MAIN} examples in {MAIN} dimensions, no noise; tied "
        "layers share their weights.",
    )


def _over_seeds(layers: Layers, method: str, values: np.ndarray, label: str) -> Curve:
    """Of values [seeds, snapshots], the median over seeds and their extremes.

    Not the mean: now and then a deep model diverges on rare prompts for a while.
    """
    low, high = np.nanmin(values, axis=0), np.minimum(np.nanmax(values, axis=0), 1e3)
    bands = np.nanmedian(values, axis=0), low, high
    return banded(method, layers.x, bands, f"{len(values)} seeds,", label=label)


def training_view(config: SeveralLayers, runs: Runs) -> View:
    """Losses of all seeds over training, beside GD and GD++."""
    layers = runs[config.kind]
    ends = (1.0, float(layers.x[-1]))
    levels = [
        replace(level(STYLES[m], float(layers.loss(m).mean[-1]), ends), label=NAMES[m])
        for m in METHODS
    ]
    losses = layers.course.frames.loss.mean[:, :, -1]
    mine = _over_seeds(layers, "full", overflowed(losses), TRAINED)
    figure = lines(
        [*levels, mine],
        name="depth_training",
        title="Loss over training",
        alt=f"Line chart, logarithmic: the loss of {layers.architecture.words} in training, beside "
        "the best of GD and of GD++ of as many steps.",
        x="updates + 1",
        log_x=True,
        y_range=(0.7 * min(c.y.min() for c in (*levels, mine)), 1.0),
        mark=float(layers.x[config.frame]),
    )
    return View(
        figure=figure, caption=f"After the last layer; {condition(layers)}. {_band(layers)}"
    )


def cosines_view(config: SeveralLayers, runs: Runs) -> View:
    """The last layer's likeness to GD and to GD++ over training."""
    layers = runs[config.kind]
    cosines = {m: layers.course.frames.of(m).cosine[:, :, -1] for m in METHODS}
    curves = [
        _later(_over_seeds(layers, STYLES[m], values, f"with {NAMES[m]}"))
        for m, values in cosines.items()
    ]
    figure = lines(
        curves,
        name="depth_cosines",
        title="Whose direction? Over training",
        alt="Line chart: the cosine of the trained layers' sensitivities with those of GD and of "
        "GD++ over training.",
        x="updates + 1",
        y="cosine of sensitivities",
        log_x=True,
        log_y=False,
        y_range=(0.5, 1.01),
        mark=max(float(layers.x[config.frame]), float(curves[0].x[0])),
    )
    return View(figure=figure, caption=_cosines_caption(layers))


def _later(curve: Curve) -> Curve:
    """From EARLIEST updates on: before, there is no direction to speak of."""
    kept = curve.x > EARLIEST
    parts = {key: getattr(curve, key)[kept] for key in ("x", "y", "low", "high")}
    return replace(curve, **parts)


def _cosines_caption(layers: Layers) -> str:
    frames = layers.course.frames
    found = {m: np.nanmean(frames.of(m).cosine[:, :, -1], axis=0) for m in METHODS}
    place = int(np.nanargmax(found["gd"]))
    return (
        f"With GD the cosine is highest, {found['gd'][place]:.3f}, after "
        f"{int(layers.x[place] - 1)} updates, and ends at {found['gd'][-1]:.3f}; with GD++ it ends "
        f"at {found['gdpp'][-1]:.4f}. {_band(layers)}"
    )


def _band(layers: Layers) -> str:
    return f"Line: median of {layers.seeds} seeds; band: from the lowest to the highest."


def likeness_view(config: SeveralLayers, runs: Runs) -> View:
    """The three measures by layer, at the snapshot."""
    layers = runs[config.kind]
    x, frames = np.arange(1, layers.architecture.layers + 1), layers.course.frames
    curves = {
        key: [
            Curve(
                method=STYLES[m],
                uid=f"{key} {m}",
                label=f"with {NAMES[m]}",
                x=x,
                y=getattr(frames.of(m), key)[config.seed, config.frame, 1:],
                markers=True,
            )
            for m in METHODS
        ]
        for key, _ in MEASURES
    }
    return View(
        figure=plots.measures_figure(
            curves,
            title=f"Likeness by layer, after {_updates(layers, config)} updates",
            layers=layers.architecture.layers,
            name="depth_likeness",
        ),
        title="Likeness by layer",
        caption="A layer is compared with the step of its number, "
        "seed "
        f"{config.seed}, {condition(layers)}.",
    )


VIEWS: Mapping[str, Callable[[SeveralLayers, Runs], View]] = {
    "layers": layers_view,
    "cosines": cosines_view,
    "training": training_view,
    "likeness": likeness_view,
    "weights": weights_view,
    "mixes": mixes_view,
    "scales": scales_view,
    "depths": depths_view,
}
"""What the lesson shows, by name."""
