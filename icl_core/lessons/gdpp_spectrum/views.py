"""All that follows gamma, several context lengths and gammas side by side, and trained models."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from icl_core.analysis.spectrum import conditions_after
from icl_core.lessons.gdpp_spectrum.config import MANY, MAX_LAYERS, PROMPTS, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.figures import conditioning
from icl_core.lessons.gdpp_spectrum.figures import passage as plots
from icl_core.lessons.gdpp_spectrum.figures.panels import ByGamma
from icl_core.lessons.gdpp_spectrum.figures.passage import Values
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
from icl_core.lessons.gdpp_spectrum.moving import Moving, at, everywhere
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
    """What the first figure shows at every gamma and number of layers."""
    found = everywhere(hessians, prompt)
    return _grid(hessians, found.passage.values(), found.kappa)


@lru_cache(maxsize=32)
def conditions_grid(hessians: Hessians, prompt: int) -> Grid:
    """The same of the figure of condition numbers."""
    depths = range(1, MAX_LAYERS + 1)
    found = everywhere(hessians, prompt)
    best = np.array([best_of(hessians, depth) for depth in depths])
    lowest = [
        np.interp(gamma, hessians.gammas, medians)
        for gamma, medians in zip(best, survey_of(hessians).medians.T, strict=True)
    ]
    fields = found.passage.condition_values() | {
        ("best", name): np.broadcast_to(values, (len(hessians.gammas), MAX_LAYERS))[..., None]
        for name, values in (("x", best), ("y", np.array(lowest)))
    }
    return _grid(hessians, fields, found.kappa)


def _grid(hessians: Hessians, fields: Values, kappa: np.ndarray) -> Grid:
    axes = {"gamma": hessians.gammas, "layers": range(MAX_LAYERS)}
    read = quantities({(READOUT, "kappa"): kappa}, "log")
    return Grid(axes=axes, quantities=[*quantities(fields), *read])


def _moved_by(config: GdppSpectrum, now: Moving, hessians: Hessians) -> dict[str, Any]:
    """Controls and readouts of what follows gamma and the number of layers."""
    gamma, end = gamma_of(config, hessians), hessians.highest_gamma
    depths = [str(layers) for layers in range(1, MAX_LAYERS + 1)]
    whose = "median κ" if config.prompt == MANY else "κ"
    return {
        "controls": [
            Slider("gamma", "γ", 0.0, end, step=end / 600, value=gamma),
            Player("layers", "GD++ layers", depths, value=config.layers - 1),
        ],
        "readouts": [
            Readout(name="before", label=f"{whose} before", value=now.kappa_before),
            Readout(name="kappa", label=f"{whose} after", value=float(now.kappa[0, 0])),
        ],
    }


def _titled(config: GdppSpectrum, hessians: Hessians) -> str:
    gamma = gamma_of(config, hessians)
    return f"γ = {gamma:.4g}, {counted(config.layers, 'layer')}, {config.law.label()}"


def passage_view(config: GdppSpectrum, spectra: Spectra) -> View:
    """Eigenvalues and the loss, for every gamma and number of layers."""
    hessians = spectra.hessians
    now = at(hessians, config.prompt, gamma_of(config, hessians), config.layers)
    return View(
        figure=plots.passage_figure(
            now.at((0, 0)), title=_titled(config, hessians), layers=config.layers
        ),
        title="The valley before and after the layers",
        caption=r"A GD++ layer moves the inputs, $x \leftarrow (I - \gamma\Sigma)\,x$ with "
        r"$\Sigma = \sum_i x_i x_i^\top$, and so turns every eigenvalue $\lambda$ into "
        r"$\lambda(1-\gamma\lambda)^2$. **Left:** in the plane of the smallest and the largest "
        "eigenvalue, both axes stretched alike; gradient descent starts where both have the same "
        "share of the loss and takes its best step." + _of_many(config),
        grid=passage_grid(hessians, config.prompt),
        **_moved_by(config, now, hessians),
    )


def conditions_view(config: GdppSpectrum, spectra: Spectra) -> View:
    """The spectrum and condition numbers, for every gamma and number of layers."""
    hessians = spectra.hessians
    now = at(hessians, config.prompt, gamma_of(config, hessians), config.layers)
    by_gamma = ByGamma(
        gammas=hessians.gammas,
        medians=survey_of(hessians).medians.T,
        best=best_of(hessians, config.layers),
        layers=config.layers,
        trained=spectra.trained,
        published=published_gamma(hessians),
    )
    return View(
        figure=plots.conditions_figure(
            now.at((0, 0)),
            by_gamma,
            title=_titled(config, hessians),
            layers=config.layers,
            prompts=PROMPTS,
        ),
        title="Eigenvalues and condition numbers",
        caption="The last bar of **κ** holds all beyond." + _of_many(config),
        grid=conditions_grid(hessians, config.prompt),
        **_moved_by(config, now, hessians),
    )


def _of_many(config: GdppSpectrum) -> str:
    if config.prompt != MANY:
        return ""
    return " Eigenvalues are medians over prompts, shaded from 10 to 90 % of prompts."


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
    "conditions": conditions_view,
    "gamma": gamma_view,
    "kappas": kappas_view,
    "layers": kept(*MODEL, "beside")(layers_view),
    "map": kept(*MODEL, "layer")(map_view),
    "course": kept(*MODEL, "beside")(course_view),
}
"""What the lesson shows, by name."""
