"""All that follows gamma, several context lengths and gammas side by side, and trained models."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from icl_core.analysis.spectrum import conditions_after
from icl_core.lessons.gdpp_spectrum.config import MANY, MAX_LAYERS, PROMPTS, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.figures import conditioning
from icl_core.lessons.gdpp_spectrum.figures import passage as plots
from icl_core.lessons.gdpp_spectrum.figures.panels import ByGamma
from icl_core.lessons.gdpp_spectrum.layers import course_view, layers_view, map_view
from icl_core.lessons.gdpp_spectrum.measure import (
    Hessians,
    Spectra,
    best_of,
    gamma_of,
    loss_gamma,
    published_gamma,
    survey_of,
)
from icl_core.lessons.gdpp_spectrum.moving import at, everywhere
from icl_core.lessons.shared.memo import kept
from icl_core.lessons.shared.words import counted
from icl_core.live import READOUT, Grid, Player, Readout, Slider, View
from icl_core.live.moving import quantities

MODEL = ("task", "model", "depth", "draw", "frame")
"""What chooses a trained model, its snapshot and a prompt."""
MULTIPLES = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Of the best gamma for the loss: where distributions are shown."""


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
    gamma, end = gamma_of(config, hessians), hessians.highest_gamma
    depths = [str(layers) for layers in range(1, MAX_LAYERS + 1)]
    now = at(hessians, config.prompt, gamma, config.layers)
    by_gamma = ByGamma(
        gammas=hessians.gammas,
        medians=survey_of(hessians).medians.T,
        best=best_of(hessians, config.layers),
        layers=config.layers,
        trained=spectra.trained,
        published=published_gamma(hessians),
    )
    whose = "median κ" if config.prompt == MANY else "κ"
    return View(
        figure=plots.passage_figure(
            now.at((0, 0)),
            by_gamma,
            title=f"γ = {gamma:.4g}, {counted(config.layers, 'layer')}, {config.law.label()}",
            layers=config.layers,
            prompts=PROMPTS,
        ),
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


def several_gammas(config: GdppSpectrum, hessians: Hessians) -> list[float]:
    """Multiples of the best gamma: for the loss where it is known, else for kappa."""
    best = loss_gamma(hessians)
    best = best_of(hessians, config.layers) if best is None else best
    return [multiple * best for multiple in MULTIPLES]


@kept("dim", "num_context", "inputs", "condition", "layers")
def gamma_view(config: GdppSpectrum, spectra: Spectra) -> View:
    """Condition numbers after GD++ layers by gamma, for several context lengths."""
    caption = (
        f"Medians over {PROMPTS:,} prompts. The formula takes the smallest and the largest "
        "eigenvalue of all of them, so one rare prompt decides it; for n = d it may lie above "
        "the picture."
        if config.layers == 1
        else f"Medians over {PROMPTS:,} prompts. The paper's formula is for one layer."
    )
    sizes, law = list(spectra.sizes.values()), config.law.label()
    figure = conditioning.sizes_figure(sizes, layers=config.layers, law=law)
    return View(figure=figure, caption=caption)


@kept("dim", "num_context", "inputs", "condition", "layers")
def kappas_view(config: GdppSpectrum, spectra: Spectra) -> View:
    """The distribution of condition numbers over prompts, at several gammas."""
    hessians, gammas = spectra.hessians, several_gammas(config, spectra.hessians)
    found = conditions_after(hessians.eigenvalues, np.array(gammas), config.layers)[-1]
    high = np.quantile(found[np.isfinite(found)], 0.995)
    best = "loss of two layers" if loss_gamma(hessians) is not None else "median κ"
    multiples = ", ".join(f"{multiple:g}" for multiple in MULTIPLES)
    return View(
        figure=conditioning.several_figure(
            gammas,
            found,
            np.geomspace(1.0, max(float(high), 10.0), 45),
            title=f"Condition numbers of {PROMPTS:,} prompts, n = {config.num_context}",
            layers=config.layers,
        ),
        caption=f"γ is {multiples} times the best one for the {best}. The last bar holds all "
        "beyond.",
    )


VIEWS: Mapping[str, Callable[[GdppSpectrum, Spectra], View]] = {
    "passage": passage_view,
    "gamma": gamma_view,
    "kappas": kappas_view,
    "layers": kept(*MODEL)(layers_view),
    "map": kept(*MODEL, "layer")(map_view),
    "course": kept(*MODEL)(course_view),
}
"""What the lesson shows, by name."""
