"""Lesson: what GD++ does to the spectrum of the Hessian (paper 1, appendix A.10).

The paper's inputs are U(-1/2, 1/2); those of the default state are N(0, I), as in most tasks here:
their eigenvalues are twelve times as large and their gammas as much smaller. Where n < d, condition
numbers are of the eigenvalues that are not 0: gradient descent never moves along the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from icl_core.analysis.spectrum import (
    condition_numbers,
    conditions_after,
    interval_condition,
    interval_gamma,
    median_with_error,
)
from icl_core.lessons.kept import kept
from icl_core.lessons.spectrum_bank import (
    MAX_LAYERS,
    PROMPTS,
    Hessians,
    best_of,
    hessians_of,
    loss_gamma,
    medians_of,
    published_gamma,
    survey_of,
    trained_gammas,
)
from icl_core.lessons.spectrum_moving import MANY, Moving, at, everywhere
from icl_core.lessons.words import plus_minus
from icl_core.live import READOUT, Grid, Player, Quantity, Readout, Slider, View
from icl_core.plots import conditioning
from icl_core.plots import spectrum as plots
from icl_core.plots.conditioning import SizeCurve
from icl_core.plots.figure import Figure
from icl_core.plots.spectrum_panels import ByGamma
from icl_core.tasks.inputs import GaussianInputs, InputLaw, UniformInputs
from icl_core.validation import Config, Reach, choice, integer, number
from icl_core.zoo.paper1.published import SPECTRA

DIMENSIONS = (1, 2, 5, 10, 20)
CONTEXTS = (5, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200)
SIZES = (10, 25, 50, 100)
"""Context lengths set side by side, as in the paper."""
INPUTS = {"gaussian": "Gaussian", "uniform": "Uniform", "stretched": "Stretched"}
CONDITIONS = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Of the covariance of stretched inputs."""
EIGENVALUES = {1: "Prompt 1", 2: "2", 3: "3", MANY: f"All {PROMPTS:,}"}
MULTIPLES = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Of the best gamma for the loss: where distributions are shown."""


@dataclass(frozen=True, kw_only=True)
class Spectrum(Config):
    """Choices of the lesson.

    gamma None is the best one (`chosen_gamma`). prompt counts from 1; 0 stands
    for all prompts. condition is of the covariance of stretched inputs, and idle otherwise.
    """

    dim: int = 10
    num_context: int = 25
    inputs: str = "gaussian"
    condition: float = 100.0
    prompt: int = 1
    layers: int = 1
    gamma: float | None = None

    def __post_init__(self) -> None:
        g = self.gamma
        self._set(
            dim=integer("The dimension d", self.dim, (1, DIMENSIONS[-1])),
            num_context=integer("The context length n", self.num_context, (1, CONTEXTS[-1])),
            inputs=choice("The input law", self.inputs, INPUTS),
            condition=number("The condition number of the inputs", self.condition, "condition"),
            prompt=integer("The prompt", self.prompt, (0, PROMPTS)),
            layers=integer("The number of layers", self.layers, (1, MAX_LAYERS)),
            gamma=None if g is None else number("gamma", g, "gamma"),
        )

    @property
    def law(self) -> InputLaw:
        """How inputs are drawn."""
        if self.inputs == "uniform":
            return UniformInputs()
        return GaussianInputs(condition=self.condition if self.inputs == "stretched" else 1.0)


PRESETS: dict[str, Spectrum] = {
    "25 examples": Spectrum(),
    "The paper's figure: n = 25": Spectrum(inputs="uniform", prompt=MANY, gamma=SPECTRA[25].gamma),
    "Uniform inputs, n = 100": Spectrum(num_context=100, inputs="uniform", prompt=MANY),
    "Ellipse to circle": Spectrum(dim=2, inputs="stretched", condition=30.0),
    "Stretched inputs, κ = 100": Spectrum(inputs="stretched", num_context=100, prompt=MANY),
    "Three layers": Spectrum(layers=3),
    "Too large a γ": Spectrum(gamma=0.0209, prompt=MANY),
    "Fewer examples than dimensions": Spectrum(num_context=5),
}
"""Named states of the lesson; the first is its default."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectra:
    """What the views show: the Hessians of the size chosen and of others, and known gammas."""

    hessians: Hessians
    sizes: Mapping[int, Hessians]
    trained: tuple[float, ...]


def measure(config: Spectrum) -> Spectra:
    """What the views show."""
    size = config.dim, config.num_context
    return Spectra(
        hessians=hessians_of(*size, config.law),
        sizes={n: hessians_of(config.dim, n, config.law) for n in SIZES},
        trained=trained_gammas(*size, config.law),
    )


def gamma_of(config: Spectrum, hessians: Hessians) -> float:
    """The gamma shown."""
    if config.gamma is not None:
        return config.gamma
    return min(max(chosen_gamma(config, hessians), 0.0), hessians.highest_gamma)


def reach(config: Spectrum, spectra: Spectra) -> dict[str, Reach]:
    """Up to which gamma there is something to see follows from the eigenvalues."""
    return {"gamma": Reach("γ", 0.0, spectra.hessians.highest_gamma)}


def chosen_gamma(config: Spectrum, hessians: Hessians) -> float:
    """The best: of two eigenvalues of one prompt, what makes them equal; else that of `best_of`."""
    if config.prompt != MANY and hessians.eigenvalues.shape[1] == 2:
        return interval_gamma(*map(float, hessians.eigenvalues[config.prompt - 1]))
    return best_of(hessians, config.layers)


def layers_said(layers: int) -> str:
    return f"{layers} layer{'s' * (layers > 1)}"


def finding(config: Spectrum, hessians: Hessians) -> str:
    """What the layers do to the condition number, in one sentence with its numbers."""
    if min(config.dim, config.num_context) == 1:
        return "There is one eigenvalue, and nothing to balance: κ is 1 before and after."
    gamma = gamma_of(config, hessians)
    found = conditions_after(hessians.eigenvalues, np.array([gamma]), config.layers)
    (before, spread), (after, error) = map(
        median_with_error, (condition_numbers(hessians.eigenvalues), found[-1, 0])
    )
    said = (
        f"Over {PROMPTS:,} prompts, {layers_said(config.layers)} with γ = {gamma:.3g} "
        f"take{'s' * (config.layers == 1)} the median condition number from "
        f"**{plus_minus(before, spread)}** to **{plus_minus(after, error)}**."
    )
    if config.num_context < config.dim:
        rest = config.dim - config.num_context
        said += f" With n < d, {rest} more eigenvalues are 0 and stay 0."
    return said


# --- all that follows gamma ----------------------------------------------------------------


def state(config: Spectrum, hessians: Hessians) -> Moving:
    """What the upper figure shows now."""
    return at(hessians, config.prompt, gamma_of(config, hessians), config.layers)


def passage_figure(config: Spectrum, hessians: Hessians, trained: tuple[float, ...] = ()) -> Figure:
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
    quantities = [Quantity(trace=uid, field=name, values=v) for (uid, name), v in fields.items()]
    quantities.append(Quantity(trace=READOUT, field="kappa", values=found.kappa, scale="log"))
    return Grid(axes={"gamma": hessians.gammas, "layers": range(MAX_LAYERS)}, quantities=quantities)


def passage_view(config: Spectrum, spectra: Spectra) -> View:
    """Eigenvalues, condition numbers and the loss, for every gamma and number of layers."""
    hessians = spectra.hessians
    now = state(config, hessians)
    slider = Slider(
        name="gamma",
        label="γ",
        minimum=0.0,
        maximum=hessians.highest_gamma,
        step=hessians.highest_gamma / 600,
        value=gamma_of(config, hessians),
    )
    player = Player(
        name="layers",
        label="GD++ layers",
        labels=[str(layers) for layers in range(1, MAX_LAYERS + 1)],
        value=config.layers - 1,
    )
    whose = "median κ" if config.prompt == MANY else "κ"
    return View(
        figure=passage_figure(config, hessians, spectra.trained),
        title="What the layers do to eigenvalues, condition numbers and the loss",
        caption=_passage_words(config),
        controls=[slider, player],
        grid=passage_grid(hessians, config.prompt),
        readouts=[
            Readout(name="before", label=f"{whose} before", value=now.kappa_before),
            Readout(name="kappa", label=f"{whose} after", value=float(now.kappa[0, 0])),
        ],
    )


def _passage_words(config: Spectrum) -> str:
    said = (
        "**Loss:** in the plane of the smallest and the largest eigenvalue, both axes stretched "
        "alike; gradient descent starts where both have the same share of the loss and takes its "
        "best step. The last bar of **κ** holds all beyond."
    )
    if config.prompt == MANY:
        said += " Eigenvalues are medians over prompts, shaded from 10 to 90 % of prompts."
    return said


# --- several context lengths, several gammas -----------------------------------------------


def size_curve(config: Spectrum, hessians: Hessians) -> SizeCurve:
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


def gamma_figure(config: Spectrum, sizes: Mapping[int, Hessians]) -> Figure:
    return conditioning.sizes_figure(
        [size_curve(config, hessians) for hessians in sizes.values()],
        layers=config.layers,
        prompts=PROMPTS,
        law=config.law.label(),
    )


def several_gammas(config: Spectrum, hessians: Hessians) -> list[float]:
    """Multiples of the best gamma: for the loss where it is known, else for kappa."""
    best = loss_gamma(hessians)
    best = best_of(hessians, config.layers) if best is None else best
    return [multiple * best for multiple in MULTIPLES]


def histogram_figure(config: Spectrum, hessians: Hessians) -> Figure:
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
def gamma_view(config: Spectrum, spectra: Spectra) -> View:
    caption = (
        f"Medians over {PROMPTS:,} prompts. The formula takes the smallest and the largest "
        "eigenvalue of all of them, so one rare prompt decides it; for n = d it may lie above "
        "the picture."
        if config.layers == 1
        else f"Medians over {PROMPTS:,} prompts. The paper's formula is for one layer."
    )
    return View(figure=gamma_figure(config, spectra.sizes), caption=caption)


@kept("dim", "num_context", "inputs", "condition", "layers")
def kappas_view(config: Spectrum, spectra: Spectra) -> View:
    best = "loss of two layers" if loss_gamma(spectra.hessians) is not None else "median κ"
    multiples = ", ".join(f"{multiple:g}" for multiple in MULTIPLES)
    return View(
        figure=histogram_figure(config, spectra.hessians),
        caption=f"γ is {multiples} times the best one for the {best}. The last bar holds all "
        "beyond.",
    )


VIEWS: Mapping[str, Callable[[Spectrum, Spectra], View]] = {
    "passage": passage_view,
    "gamma": gamma_view,
    "kappas": kappas_view,
}
"""What the lesson shows, by name."""
