"""Loss by depth, by noise level and by layer."""

from collections.abc import Callable, Mapping

import numpy as np

from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.noise_and_depth.words import finding
from icl_core.lessons.shared.bands import BAND_NAMES, center_and_band
from icl_core.lessons.shared.curves import (
    banded,
    beside_curve,
    depth_curves,
    profile_curves,
    published_cells,
)
from icl_core.lessons.shared.losses import BESIDE, Losses, highest_sigma
from icl_core.lessons.shared.shipped import BASELINES, DESCENTS
from icl_core.live import Link, Player, Slider, View
from icl_core.live.moving import curve_grid
from icl_core.plots import Curve, Figure, level
from icl_core.plots import losses as plots
from icl_core.tasks.noise import met_in_training

METHOD = Link(group="noise_and_depth", by="trace")
"""Pointing at a method in one chart picks it out in the others."""


def layer_curves(config: NoiseAndDepth, losses: Losses, sigma: float) -> list[Curve]:
    """Loss after every layer of the models of the chosen depth at one noise level."""
    curves = []
    ends = (-0.15, config.layers + 0.15)
    for method in ("const_rr", "bayes_rr"):
        center = center_and_band(losses.profiles[method], config.statistic)[0]
        curves.append(level(method, float(at_sigma(losses, center, sigma)[-1]), ends))
    for method in DESCENTS:
        summary = losses.profiles.get(method)
        if summary and summary.mean.shape[-1] == config.layers + 1:
            y = at_sigma(losses, center_and_band(summary, config.statistic)[0], sigma)
            curves.append(Curve(method=method, x=np.arange(len(y)), y=y, markers=True, width=1.5))
    for kind in losses.kinds(config.models):
        if summary := losses.profiles.get((kind, config.layers)):
            bands = [at_sigma(losses, b, sigma) for b in center_and_band(summary, config.statistic)]
            x, name = np.arange(len(bands[0])), BAND_NAMES[config.statistic]
            curves.append(banded(kind, x, bands, name, markers=True))
    if summary := losses.profiles.get(BESIDE):
        bands = [at_sigma(losses, b, sigma) for b in center_and_band(summary, config.statistic)]
        curves.append(beside_curve(config, losses, np.arange(len(bands[0])), bands, markers=True))
    return curves


def at_sigma(losses: Losses, values: np.ndarray, sigma: float) -> np.ndarray:
    """Row of [sigmas, steps] at a noise level; between two levels of the table, linear."""
    return np.array([np.interp(sigma, losses.sigmas, column) for column in values.T])


def loss_range(losses: Losses) -> tuple[float, float]:
    """The loss axis of the profiles: from twice what predicting nothing costs down, 3.6 decades
    or as far as a tenth of the Bayes floor."""
    nothing = losses.nothing
    return min(nothing * 5e-4, float(losses.over_noise["bayes_rr"].mean[-1]) / 10), nothing * 2


def depth_figure(config: NoiseAndDepth, losses: Losses, *, mark: bool = True) -> Figure:
    """Figure 1 of the paper; `mark` points at the chosen depth."""
    levels = {
        method: float(center_and_band(losses.over_noise[method], config.statistic)[0][-1])
        for method in BASELINES
        if method in losses.over_noise
    }
    # Only the mean has a floor: Bayes minimises it, and not the median.
    floor = levels.pop("bayes_rr") if config.statistic == "mean" else None
    return plots.loss_by_depth(
        depth_curves(config, losses),
        levels,
        floor,
        title="Loss by depth",
        depth=config.layers if mark else None,
        # The paper's are means.
        published=published_cells(config, losses) if config.published and floor is not None else {},
    )


def depth_view(config: NoiseAndDepth, losses: Losses) -> View:
    """Loss after the last layer by depth, above the Bayes floor."""
    count = max(summary.count for summary in losses.over_noise.values())
    caption = (
        f"A point is a trained model: {config.statistic} over {count:,} prompts, exact over the "
        f"query. Bands: {BAND_NAMES[config.statistic]}."
    )
    return View(figure=depth_figure(config, losses), caption=caption, link=METHOD)


def profile_view(config: NoiseAndDepth, losses: Losses) -> View:
    """Figures 2 and 3 of the paper, for every depth on one loss axis; at a shifted context only
    for the depth chosen."""
    depths = losses.depths
    grid = None
    if not losses.shifted:
        nodes = [profile_curves(config, losses, depth) for depth in depths]
        grid = curve_grid({"layers": range(len(depths))}, lambda i: nodes[i[0]], exact=True)
    labels, now = [str(depth) for depth in depths], depths.index(config.layers)
    return View(
        figure=plots.noise_profile(
            profile_curves(config, losses, config.layers),
            title=f"Loss by noise level, {config.layers} layers",
            met=met_in_training(losses.task.noise),
            sigma=config.sigma,
            y_range=loss_range(losses),
        ),
        title="Loss by noise level",
        controls=[Player("layers", "Layers L", labels, value=now)],
        grid=grid,
    )


def layers_view(config: NoiseAndDepth, losses: Losses) -> View:
    """Figure 5 of the paper, for every noise level on one loss axis."""
    slider = Slider(
        "sigma", "Noise level σ", 0.0, highest_sigma(losses.task), step=0.125, value=config.sigma
    )
    grid = curve_grid(
        {"sigma": losses.sigmas},
        lambda i: layer_curves(config, losses, float(losses.sigmas[i[0]])),
        exact=True,
    )
    return View(
        figure=plots.loss_by_layer(
            layer_curves(config, losses, config.sigma),
            title=f"Layer by layer at σ = {config.sigma:g}",
            y_range=loss_range(losses),
        ),
        title="Layer by layer",
        controls=[slider],
        grid=grid,
        link=METHOD,
    )


def overview(config: NoiseAndDepth, losses: Losses) -> View:
    """The main result alone, as on the home page."""
    return View(
        figure=depth_figure(config, losses, mark=False),
        title="Deeper models come closer to the best answer there can be",
        caption=finding(config, losses),
    )


VIEWS: Mapping[str, Callable[[NoiseAndDepth, Losses], View]] = {
    "depth": depth_view,
    "profile": profile_view,
    "layers": layers_view,
    "overview": overview,
}
"""What the lesson shows, by name."""
