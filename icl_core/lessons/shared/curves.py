"""Curves of losses by depth, by noise level and by layer, from tables of results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from icl_core.analysis.floors import ridge_profile
from icl_core.experiments.mixed_noise.published import published_loss
from icl_core.lessons.shared.bands import BAND_NAMES, Statistic, center_and_band
from icl_core.lessons.shared.losses import BESIDE, Losses
from icl_core.lessons.shared.shipped import BASELINES
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots import Curve


class Shown(Protocol):
    """What of the losses is shown: which models, the statistic over prompts, and the noise level
    of an exact model that was trained there alone (None: without one)."""

    @property
    def models(self) -> tuple[str, ...]: ...
    @property
    def statistic(self) -> Statistic: ...
    @property
    def level(self) -> float | None: ...


@dataclass(frozen=True, kw_only=True)
class Means:
    """Means over prompts of every parametrization."""

    models: tuple[str, ...] = PARAMETRIZATIONS
    statistic: Statistic = "mean"
    level: float | None = None


def banded(
    method: str,
    x: np.ndarray,
    bands: Iterable[np.ndarray],
    band: str = BAND_NAMES["mean"],
    **looks: Any,
) -> Curve:
    """Values in a band: their middle, low and high, and what lies between the last two."""
    y, low, high = bands
    return Curve(method=method, x=x, y=y, low=low, high=high, band=band, **looks)


def over_seeds(
    method: str, x: np.ndarray, values: np.ndarray, y: np.ndarray | None = None, **looks: Any
) -> Curve:
    """The mean of values [seeds, points], or `y`, in a band from the lowest to the highest."""
    middle = values.mean(0) if y is None else y
    bands = middle, values.min(0), values.max(0)
    return banded(method, x, bands, f"{len(values)} seeds,", **looks)


def depth_curves(shown: Shown, losses: Losses) -> list[Curve]:
    """Loss after the last layer by depth, one curve a parametrization."""
    curves = []
    for kind in losses.kinds(shown.models):
        depths = [depth for depth in losses.depths if (kind, depth) in losses.over_noise]
        ends = [
            [part[-1] for part in center_and_band(losses.over_noise[kind, d], shown.statistic)]
            for d in depths
        ]
        bands, name = np.transpose(ends), BAND_NAMES[shown.statistic]
        curves.append(banded(kind, np.array(depths), bands, name, markers=True))
    if BESIDE in losses.over_noise:
        bands = center_and_band(losses.over_noise[BESIDE], shown.statistic)
        depth, ends = np.array([len(bands[0]) - 1]), [part[-1:] for part in bands]
        curves.append(beside_curve(shown, losses, depth, ends, markers=True))
    return curves


def beside_curve(
    shown: Shown, losses: Losses, x: np.ndarray, bands: Sequence[np.ndarray], **looks: Any
) -> Curve:
    """Of the model beside, by its name."""
    return banded(BESIDE, x, bands, BAND_NAMES[shown.statistic], label=losses.beside, **looks)


def profile_curves(shown: Shown, losses: Losses, layers: int) -> list[Curve]:
    """Loss by noise level: baselines, and the models of `layers` layers."""
    curves = []
    for method in BASELINES:
        if method in losses.profiles:
            y = center_and_band(losses.profiles[method], shown.statistic)[0][:, -1]
            curves.append(Curve(method=method, x=losses.sigmas, y=y, width=1.5))
    if shown.level is not None and losses.task.num_context >= losses.task.dim:
        y = ridge_profile(losses.task, shown.level**2, losses.sigmas)
        label = f"trained at σ = {shown.level:g} alone (exact)"
        curves.append(Curve(method="one_level", x=losses.sigmas, y=y, label=label, width=1.5))
    for kind in losses.kinds(shown.models):
        if summary := losses.profiles.get((kind, layers)):
            bands = [part[:, -1] for part in center_and_band(summary, shown.statistic)]
            curves.append(banded(kind, losses.sigmas, bands, BAND_NAMES[shown.statistic]))
    if BESIDE in losses.profiles:
        bands = [part[:, -1] for part in center_and_band(losses.profiles[BESIDE], shown.statistic)]
        curves.append(beside_curve(shown, losses, losses.sigmas, bands))
    return curves


def published_cells(shown: Shown, losses: Losses) -> dict[str, dict[int, float]]:
    """The paper's cells by parametrization and depth, where it has them."""
    return {
        kind: {
            depth: value
            for depth in losses.depths
            if (value := published_loss(losses.task, kind, depth)) is not None
        }
        for kind in losses.kinds(shown.models)
    }
