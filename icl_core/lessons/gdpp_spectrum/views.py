"""All that follows gamma, and several context lengths and gammas side by side."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from icl_core.analysis.spectrum import (
    conditions_after,
    interval_condition,
    interval_gamma,
)
from icl_core.lessons.gdpp_spectrum.config import MANY, MAX_LAYERS, PROMPTS, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.figures import conditioning
from icl_core.lessons.gdpp_spectrum.figures import passage as plots
from icl_core.lessons.gdpp_spectrum.figures.conditioning import SizeCurve
from icl_core.lessons.gdpp_spectrum.figures.panels import ByGamma
from icl_core.lessons.gdpp_spectrum.measure import (
    Hessians,
    Spectra,
    best_of,
    gamma_of,
    loss_gamma,
    medians_of,
    published_gamma,
    survey_of,
)
from icl_core.lessons.gdpp_spectrum.moving import Moving, at, everywhere
from icl_core.lessons.gdpp_spectrum.words import layers_said
from icl_core.lessons.shared.memo import kept
from icl_core.live import READOUT, Grid, Player, Readout, Slider, View
from icl_core.live.moving import quantities
from icl_core.plots.figure import Figure

MULTIPLES = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Of the best gamma for the loss: where distributions are shown."""


def state(config: GdppSpectrum, hessians: Hessians) -> Moving:
    """What the upper figure shows now."""
    return at(hessians, config.prompt, gamma_of(config, hessians), config.layers)


def passage_figure(
    config: GdppSpectrum, hessians: Hessians, trained: tuple[float, ...] = ()
) -> Figure:
    gamma = gamma_of(config, hessians)
    by_gamma = ByGamma(
        gammas=hessians.gammas,
        medians=survey_of(hessians).medians.T,
        best=best_of(hessians, config.layers),
        layers=config.layers,
        trained=trained,
        published=published_gamma(hessians),
    )
    return plots.passage_figure(
        state(config, hessians).at((0, 0)),
        by_gamma,
        title=f"γ = {gamma:.4g}, {layers_said(config.layers)}, {config.law.label()}",
        layers=config.layers,
        prompts=PROMPTS,
    )


@lru_cache(maxsize=32)
def passage_grid(hessians: Hessians, prompt: int) -> Grid:
    """What the upper figure shows at every gamma and number of layers."""
    depths = range(1, MAX_LAYERS + 1)
    found = everywhere(hessians, prompt)
    best = np.array([best_of(hessians, depth) for depth in depths])
    lowest = [
        np.interp(gamma, hessians.gammas, medians)
        for gamma, medians in zip(best, survey_of(hessians).medians.T, strict=True)
    ]
    fields = found.passage.values() | {
        ("best", name): np.broadcast_to(values, (len(hessians.gammas), MAX_LAYERS))[..., None]
        for name, values in (("x", best), ("y", np.array(lowest)))
    }
    axes = {"gamma": hessians.gammas, "layers": range(MAX_LAYERS)}
    kappa = quantities({(READOUT, "kappa"): found.kappa}, "log")
    return Grid(axes=axes, quantities=[*quantities(fields), *kappa])


def passage_view(config: GdppSpectrum, spectra: Spectra) -> View:
    """Eigenvalues, condition numbers and the loss, for every gamma and number of layers."""
    hessians = spectra.hessians
    now = state(config, hessians)
    gamma, end = gamma_of(config, hessians), hessians.highest_gamma
    depths = [str(layers) for layers in range(1, MAX_LAYERS + 1)]
    whose = "median κ" if config.prompt == MANY else "κ"
    return View(
        figure=passage_figure(config, hessians, spectra.trained),
        title="What the layers do to eigenvalues, condition numbers and the loss",
        caption=_passage_words(config),
        controls=[
            Slider("gamma", "γ", 0.0, end, step=end / 600, value=gamma),
            Player("layers", "GD++ layers", depths, value=config.layers - 1),
        ],
        grid=passage_grid(hessians, config.prompt),
        readouts=[
            Readout(name="before", label=f"{whose} before", value=now.kappa_before),
            Readout(name="kappa", label=f"{whose} after", value=float(now.kappa[0, 0])),
        ],
    )


def _passage_words(config: GdppSpectrum) -> str:
    said = (
        "**Loss:** in the plane of the smallest and the largest eigenvalue, both axes stretched "
        "alike; gradient descent starts where both have the same share of the loss and takes its "
        "best step. The last bar of **κ** holds all beyond."
    )
    if config.prompt == MANY:
        said += " Eigenvalues are medians over prompts, shaded from 10 to 90 % of prompts."
    return said


def size_curve(config: GdppSpectrum, hessians: Hessians) -> SizeCurve:
    """Condition numbers of one context length against gamma."""
    low, high = hessians.lowest, hessians.highest
    single = config.layers == 1
    return SizeCurve(
        num_context=hessians.task.num_context,
        gammas=hessians.gammas,
        medians=medians_of(hessians, config.layers),
        best=best_of(hessians, config.layers),
        formula=interval_condition(low, high, hessians.gammas) if single else None,
        best_formula=interval_gamma(low, high) if single else None,
        best_loss=loss_gamma(hessians),
        published=published_gamma(hessians),
    )


def gamma_figure(config: GdppSpectrum, sizes: Mapping[int, Hessians]) -> Figure:
    return conditioning.sizes_figure(
        [size_curve(config, hessians) for hessians in sizes.values()],
        layers=config.layers,
        prompts=PROMPTS,
        law=config.law.label(),
    )


def several_gammas(config: GdppSpectrum, hessians: Hessians) -> list[float]:
    """Multiples of the best gamma: for the loss where it is known, else for kappa."""
    best = loss_gamma(hessians)
    best = best_of(hessians, config.layers) if best is None else best
    return [multiple * best for multiple in MULTIPLES]


def histogram_figure(config: GdppSpectrum, hessians: Hessians) -> Figure:
    gammas = several_gammas(config, hessians)
    found = conditions_after(hessians.eigenvalues, np.array(gammas), config.layers)[-1]
    high = np.quantile(found[np.isfinite(found)], 0.995)
    return conditioning.several_figure(
        gammas,
        found,
        np.geomspace(1.0, max(float(high), 10.0), 45),
        title=f"Condition numbers of {PROMPTS:,} prompts, n = {config.num_context}",
        layers=config.layers,
    )


@kept("dim", "num_context", "inputs", "condition", "layers")
def gamma_view(config: GdppSpectrum, spectra: Spectra) -> View:
    caption = (
        f"Medians over {PROMPTS:,} prompts. The formula takes the smallest and the largest "
        "eigenvalue of all of them, so one rare prompt decides it; for n = d it may lie above "
        "the picture."
        if config.layers == 1
        else f"Medians over {PROMPTS:,} prompts. The paper's formula is for one layer."
    )
    return View(figure=gamma_figure(config, spectra.sizes), caption=caption)


@kept("dim", "num_context", "inputs", "condition", "layers")
def kappas_view(config: GdppSpectrum, spectra: Spectra) -> View:
    best = "loss of two layers" if loss_gamma(spectra.hessians) is not None else "median κ"
    multiples = ", ".join(f"{multiple:g}" for multiple in MULTIPLES)
    return View(
        figure=histogram_figure(config, spectra.hessians),
        caption=f"γ is {multiples} times the best one for the {best}. The last bar holds all "
        "beyond.",
    )


VIEWS: Mapping[str, Callable[[GdppSpectrum, Spectra], View]] = {
    "passage": passage_view,
    "gamma": gamma_view,
    "kappas": kappas_view,
}
"""What the lesson shows, by name."""
