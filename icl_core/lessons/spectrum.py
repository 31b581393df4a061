"""Lesson: what GD++ does to the spectrum of the Hessian (paper 1, appendix A.10).

The paper's inputs are uniform; these are N(0, I), as in all tasks here, so gammas differ from its
table while the picture is the same. Where n < d, condition numbers are of the eigenvalues that are
not 0: gradient descent never moves along the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from icl_core.analysis.spectrum import (
    SpectrumBank,
    best_gamma,
    condition_numbers,
    hessian_spectrum,
    transform,
)
from icl_core.errors import InputError
from icl_core.lessons.coordinates import omega_values
from icl_core.lessons.families import families
from icl_core.live import READOUT, Grid, Player, Quantity, Readout, Slider, View
from icl_core.plots import spectrum as plots
from icl_core.plots.figure import Figure
from icl_core.plots.spectrum import Passage
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.validation import Config, integer, number
from icl_core.zoo.library import PRETRAINED, load_entry

DIMENSIONS = (1, 2, 5, 10, 20)
CONTEXTS = (5, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200)
MAX_LAYERS = 4
PROMPTS = 1000
GAMMA_NODES, GRID_NODES = 121, 61


@dataclass(frozen=True, kw_only=True)
class Spectrum(Config):
    """Choices of the lesson. gamma None is the best one for the number of layers."""

    dim: int = 10
    num_context: int = 25
    layers: int = 1
    gamma: float | None = None

    def __post_init__(self) -> None:
        g = self.gamma
        self._set(
            dim=integer("The dimension d", self.dim, (1, DIMENSIONS[-1])),
            num_context=integer("The context length n", self.num_context, (1, CONTEXTS[-1])),
            layers=integer("The number of layers", self.layers, (1, MAX_LAYERS)),
            gamma=None if g is None else number("gamma", g, "gamma"),
        )


PRESETS: dict[str, Spectrum] = {
    "25 examples": Spectrum(),
    "100 examples": Spectrum(num_context=100),
    "As many as dimensions": Spectrum(num_context=10),
    "Three layers": Spectrum(layers=3),
    "Too large a γ": Spectrum(gamma=0.022),
    "Fewer examples than dimensions": Spectrum(num_context=5),
}
"""Named states of the lesson; the first is its default."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hessians:
    """Eigenvalues of many prompts that are not 0, [prompts, min(d, n)], ascending, and over gamma:

    medians[layers]: median condition number at each of `gammas`; best[layers]: the best gamma.
    """

    bank: SpectrumBank
    eigenvalues: np.ndarray
    gammas: np.ndarray
    medians: dict[int, np.ndarray]
    best: dict[int, float]

    @property
    def highest_gamma(self) -> float:
        return float(self.gammas[-1])


@dataclass(frozen=True, kw_only=True)
class Spectra:
    """What the views show: prompts' Hessians, and the gammas of shipped models of that size."""

    hessians: Hessians
    trained: tuple[float, ...]


def measure(config: Spectrum) -> Spectra:
    """What the views show."""
    return Spectra(
        hessians=hessians_of(config.dim, config.num_context),
        trained=trained_gammas(config.dim, config.num_context),
    )


def hessians_of(dim: int, num_context: int) -> Hessians:
    """The spectra of many prompts with N(0, I) inputs."""
    task = LinearTask(dim=dim, num_context=num_context, noise=FixedNoise(value=0.0))
    bank = hessian_spectrum(task, prompts=PROMPTS)
    eigenvalues = bank.eigenvalues[:, max(0, dim - num_context) :]
    gammas = np.linspace(0, 1.2 / bank.highest, GAMMA_NODES)
    depths = range(1, MAX_LAYERS + 1)
    medians = {
        depth: np.array(
            [np.median(condition_numbers(transform(eigenvalues, g, depth))) for g in gammas]
        )
        for depth in depths
    }
    best = {depth: best_gamma(eigenvalues, depth) for depth in depths}
    return Hessians(bank=bank, eigenvalues=eigenvalues, gammas=gammas, medians=medians, best=best)


def gamma_of(config: Spectrum, hessians: Hessians) -> float:
    """The gamma shown."""
    gamma = hessians.best[config.layers] if config.gamma is None else config.gamma
    return min(max(gamma, 0.0), hessians.highest_gamma)


def passage(hessians: Hessians, gamma: float, layers: int) -> Passage:
    """The first prompt's eigenvalues through the layers."""
    before = hessians.eigenvalues[0]
    x = np.linspace(0, float(before[-1]) * 1.05, 160)
    seen = gamma > 1e-9 and layers == 1
    far = (plots.FAR, plots.FAR)
    return Passage(
        curve_x=x,
        curve_y=transform(x, gamma, layers),
        before=before,
        after=transform(before, gamma, layers),
        peak=(1 / (3 * gamma), 4 / (27 * gamma)) if seen else far,
        root=(1 / gamma, 0.0) if seen else far,
    )


def passages(
    hessians: Hessians, gammas: np.ndarray
) -> tuple[dict[tuple[str, str], np.ndarray], np.ndarray]:
    """All of `Passage.values` at every gamma and number of layers, and the condition number.

    Arrays begin with the axes [gammas, MAX_LAYERS].
    """
    stops = [
        [passage(hessians, float(gamma), layers) for layers in range(1, MAX_LAYERS + 1)]
        for gamma in gammas
    ]
    values = [[stop.values() for stop in row] for row in stops]
    stacked = {key: np.array([[v[key] for v in row] for row in values]) for key in values[0][0]}
    return stacked, np.array([[kappa(stop.after) for stop in row] for row in stops])


def kappa(eigenvalues: np.ndarray) -> float:
    """Condition number of one prompt."""
    return float(condition_numbers(eigenvalues[None])[0])


def passage_figure(config: Spectrum, hessians: Hessians) -> Figure:
    gamma = gamma_of(config, hessians)
    shown = passage(hessians, gamma, config.layers)
    layers = f"{config.layers} layer{'s' * (config.layers > 1)}"
    return plots.passage_figure(shown, title=f"γ = {gamma:.4g}, {layers}", layers=config.layers)


def gamma_figure(config: Spectrum, hessians: Hessians, trained: tuple[float, ...]) -> Figure:
    return plots.condition_by_gamma(
        hessians.gammas,
        hessians.medians,
        gamma=gamma_of(config, hessians),
        best=hessians.best[config.layers],
        layers=config.layers,
        trained=trained,
    )


def histogram_figure(config: Spectrum, hessians: Hessians) -> Figure:
    after = transform(hessians.eigenvalues, gamma_of(config, hessians), config.layers)
    return plots.condition_histogram(
        condition_numbers(hessians.eigenvalues), condition_numbers(after), layers=config.layers
    )


def trained_gammas(dim: int, num_context: int, folder: Path = PRETRAINED) -> tuple[float, ...]:
    """gamma = -omega_xx of the first layer of every shipped GD++ model of more than one layer.

    Empty where no family of this size ships (or nothing does).
    """
    try:
        found = families(folder).values()
    except InputError:
        return ()
    gammas = []
    for family in found:
        if (family.task.dim, family.task.num_context) == (dim, num_context):
            for depth, entry in family.entries.get("gdpp", {}).items():
                if depth > 1:
                    gammas.append(-float(omega_values(load_entry(entry, folder).model)[0, 0]))
    return tuple(gamma for gamma in gammas if gamma > 0)


def finding(config: Spectrum, hessians: Hessians) -> str:
    """What the layers do to the condition number, in one sentence with its numbers."""
    if config.dim == 1:
        return (
            "With d = 1 there is one eigenvalue, and nothing to balance: κ is 1 before and after."
        )
    gamma = gamma_of(config, hessians)
    before = float(np.median(condition_numbers(hessians.eigenvalues)))
    moved = transform(hessians.eigenvalues, gamma, config.layers)
    after = float(np.median(condition_numbers(moved)))
    layers = f"{config.layers} layer{'s' * (config.layers > 1)}"
    said = (
        f"Over {PROMPTS:,} prompts, {layers} with γ = {gamma:.3g} take{'s' * (config.layers == 1)} "
        f"the median condition number from **{before:.3g}** to **{after:.3g}**."
    )
    if config.num_context < config.dim:
        rest = config.dim - config.num_context
        said += f" With n < d, {rest} more eigenvalues are 0 and stay 0."
    return said


@lru_cache(maxsize=32)
def passage_grid(hessians: Hessians) -> Grid:
    """What the upper figure shows at every gamma and number of layers."""
    gammas = np.linspace(0, hessians.highest_gamma, GRID_NODES)
    fields, kappas = passages(hessians, gammas)
    quantities = [Quantity(trace=uid, field=name, values=v) for (uid, name), v in fields.items()]
    quantities.append(Quantity(trace=READOUT, field="kappa", values=kappas, scale="log"))
    return Grid(axes={"gamma": gammas, "layers": range(MAX_LAYERS)}, quantities=quantities)


def passage_view(config: Spectrum, spectra: Spectra) -> View:
    """One prompt's eigenvalues, for every gamma and number of layers."""
    hessians = spectra.hessians
    gamma = gamma_of(config, hessians)
    shown = passage(hessians, gamma, config.layers)
    slider = Slider(
        name="gamma",
        label="γ",
        minimum=0.0,
        maximum=hessians.highest_gamma,
        step=hessians.highest_gamma / 600,
        value=gamma,
    )
    player = Player(
        name="layers",
        label="GD++ layers",
        labels=[str(layers) for layers in range(1, MAX_LAYERS + 1)],
        value=config.layers - 1,
    )
    return View(
        figure=passage_figure(config, hessians),
        title="One prompt's eigenvalues",
        controls=[slider, player],
        grid=passage_grid(hessians),
        readouts=[
            Readout(name="before", label="κ before", value=kappa(shown.before)),
            Readout(name="kappa", label="κ after", value=kappa(shown.after)),
        ],
    )


def gamma_view(config: Spectrum, spectra: Spectra) -> View:
    return View(figure=gamma_figure(config, spectra.hessians, spectra.trained))


def kappas_view(config: Spectrum, spectra: Spectra) -> View:
    return View(figure=histogram_figure(config, spectra.hessians))


VIEWS: Mapping[str, Callable[[Spectrum, Spectra], View]] = {
    "passage": passage_view,
    "gamma": gamma_view,
    "kappas": kappas_view,
}
"""What the lesson shows, by name."""
