"""The map of all models, and the losses and weights of one."""

from collections.abc import Callable, Mapping

import numpy as np

from icl_core.lessons.models.config import Models
from icl_core.lessons.models.measure import Shown
from icl_core.lessons.shared.bands import center_and_band
from icl_core.lessons.shared.coordinates import normalised
from icl_core.lessons.shared.curves import banded
from icl_core.lessons.shared.matrices import panels
from icl_core.lessons.shared.model_map import CAPTIONS, map_figure
from icl_core.live import View
from icl_core.plots import Curve, level
from icl_core.plots import losses as plots
from icl_core.plots.heatmaps import heatmaps
from icl_core.tasks.noise import met_in_training


def map_view(config: Models, shown: Shown) -> View:
    """All models as cells by parametrization, depth and noise law."""
    picked = None if shown.picked.own else shown.picked.entry
    figure = map_figure(config.quantity, shown.results, picked)
    rows = "A row is a kind of model with its number of layers, a column a noise law."
    return View(figure=figure, caption=f"{rows} {CAPTIONS[config.quantity]}")


def _curves(config: Models, shown: Shown, over: str) -> list[Curve]:
    """A curve a card, over "layers" or over "noise"; the second is drawn lighter."""
    curves = []
    for index, card in enumerate(shown.cards):
        summary = card.table.loss if over == "layers" else card.table.profile
        bands = center_and_band(summary, config.statistic)
        if over == "noise":
            bands = tuple(part[:, -1] for part in bands)
        x = np.arange(len(bands[0])) if over == "layers" else card.table.sigmas
        named = {"label": card.label, "uid": f"model{index}", "markers": over == "layers"}
        looks = named | {"width": 1.25 if index else 2.5, "open_markers": bool(index)}
        curves.append(banded(card.entry.parametrization, x, bands, "band", **looks))
    return curves


DEEPEST = 1e-30
"""Where the axis of losses by layer ends: float64's rounding, squared, is about there."""


def layers_view(config: Models, shown: Shown) -> View:
    """Loss read after every layer, over the noise that each model was trained on."""
    curves = _curves(config, shown, "layers")
    ends = (-0.15, max(float(curve.x[-1]) for curve in curves) + 0.15)
    levels = shown.picked.levels if config.statistic == "mean" else {}
    flat = [level(method, at, ends) for method, at in levels.items() if at > 0]
    seen = np.concatenate([curve.y for curve in (*curves, *flat)])
    seen = seen[np.isfinite(seen) & (seen > DEEPEST)]
    low, high = float(seen.min()), min(float(seen.max()), plots.TOP)
    ends = low / 1.5, max(high, 2 * low) * 1.5
    figure = plots.loss_by_layer([*flat, *curves], title="Loss by layer", y_range=ends)
    return View(figure=figure)


def noise_view(config: Models, shown: Shown) -> View:
    """Loss of the finished prediction at every noise level."""
    curves = _curves(config, shown, "noise")
    met = met_in_training(shown.picked.entry.linear_task.noise)
    figure = plots.noise_profile(curves, title="Loss by noise level", met=met)
    return View(figure=figure)


CELL = 150
"""Pixels of a row of matrices: four stand side by side, on a phone too."""


def weights_view(config: Models, shown: Shown) -> View:
    """Q and P of the model looked into, in normalised coordinates."""
    card = shown.picked
    rows = panels(normalised(card.model, card.entry.linear_task))
    title = f"Weights of {card.label} (normalised)"
    caption = "What is added to a token e is P G Q e. Grey: entries that no prediction depends on."
    return View(figure=heatmaps(rows, title=title, cell=CELL), caption=caption)


VIEWS: Mapping[str, Callable[[Models, Shown], View]] = {
    "map": map_view,
    "by_layer": layers_view,
    "by_noise": noise_view,
    "matrices": weights_view,
}
"""What the lesson shows, by name."""
