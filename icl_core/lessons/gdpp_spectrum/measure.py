"""Spectra of many prompts, and what is known about them at every gamma (lesson: spectrum)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from icl_core.analysis import spectrum
from icl_core.errors import InputError
from icl_core.experiments.paper1.published import SPECTRA, SPECTRA_DIM
from icl_core.lessons.gdpp_spectrum.config import (
    CONDITIONS,
    CONTEXTS,
    DIMENSIONS,
    INPUTS,
    MANY,
    MAX_LAYERS,
    PROMPTS,
    SIZES,
    GdppSpectrum,
)
from icl_core.lessons.gdpp_spectrum.trained import trained_reach, trained_states
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.lessons.shared.shipped import families
from icl_core.remember import remember
from icl_core.tasks.inputs import STANDARD, InputLaw, UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.validation import Reach
from icl_core.zoo.library import PRETRAINED, from_shipped, load_entry

GRID_NODES = 61
KEPT = 256
"""Sizes and input laws whose results are remembered."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hessians:
    """Eigenvalues of many prompts that are not 0, [prompts, min(d, n)], ascending; the gammas."""

    task: LinearTask
    bank: spectrum.SpectrumBank
    eigenvalues: np.ndarray
    gammas: np.ndarray

    @property
    def highest_gamma(self) -> float:
        return float(self.gammas[-1])

    @property
    def lowest(self) -> float:
        """Of all eigenvalues of all prompts."""
        return float(self.eigenvalues.min())

    @property
    def highest(self) -> float:
        return float(self.eigenvalues.max())


@remember(KEPT)
def hessians_of(dim: int, num_context: int, inputs: InputLaw = STANDARD) -> Hessians:
    """The spectra of PROMPTS prompts."""
    task = LinearTask(dim=dim, num_context=num_context, noise=FixedNoise(value=0.0), inputs=inputs)
    bank = spectrum.hessian_spectrum(task, prompts=PROMPTS)
    return Hessians(
        task=task,
        bank=bank,
        eigenvalues=bank.eigenvalues[:, max(0, dim - num_context) :],
        gammas=np.linspace(0, 1.2 / bank.highest, GRID_NODES),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Survey:
    """Condition numbers of all prompts at gammas [G] and numbers of layers [L].

    medians [G, L]; shares [G, L, bins] of prompts between `edges` [bins+1]; before [bins].
    """

    edges: np.ndarray
    before: np.ndarray
    medians: np.ndarray
    shares: np.ndarray


def condition_edges(before: np.ndarray, bins: int = 36) -> np.ndarray:
    """Edges of bars for condition numbers, equal on a logarithmic scale, from 1 on.

    They reach three times beyond nearly all of those before the layers.
    """
    finite = before[np.isfinite(before)]
    high = 3 * float(np.quantile(finite, 0.99)) if finite.size else 10.0
    return np.geomspace(1.0, max(high, 10.0), bins + 1)


def shares(conditions: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of prompts (the last axis) in each bar; the last holds all that is beyond."""
    bins, step = len(edges) - 1, math.log(edges[1] / edges[0])
    with np.errstate(divide="ignore"):
        reached = np.log(np.minimum(conditions, edges[-1]) / edges[0]) / step
    place = np.clip(reached, 0, bins - 1).astype(int).reshape(-1, conditions.shape[-1])
    counts = np.bincount((place + bins * np.arange(len(place))[:, None]).ravel())
    counts = np.append(counts, np.zeros(bins * len(place) - len(counts), int))
    return counts.reshape(*conditions.shape[:-1], bins) / conditions.shape[-1]


def survey_at(hessians: Hessians, gammas: np.ndarray, depths: range) -> Survey:
    """The survey at any gammas and numbers of layers."""
    start = spectrum.condition_numbers(hessians.eigenvalues)
    found = spectrum.conditions_after(hessians.eigenvalues, gammas, depths[-1])[depths[0] - 1 :]
    found, edges = found.swapaxes(0, 1), condition_edges(start)
    return Survey(
        edges=edges,
        before=shares(start, edges),
        medians=np.median(found, axis=-1),
        shares=shares(found, edges),
    )


@lru_cache(maxsize=KEPT)
def survey_of(hessians: Hessians) -> Survey:
    """The survey at all gammas of the grid, for 1 to MAX_LAYERS layers."""
    return survey_at(hessians, hessians.gammas, range(1, MAX_LAYERS + 1))


@lru_cache(maxsize=KEPT)
def medians_of(hessians: Hessians, layers: int) -> np.ndarray:
    """Median condition number after `layers` layers at each gamma."""
    if layers > 1:
        return survey_of(hessians).medians[:, layers - 1]
    found = spectrum.conditions_after(hessians.eigenvalues, hessians.gammas, 1)[0]
    return np.median(found, axis=-1)


@lru_cache(maxsize=KEPT)
def best_of(hessians: Hessians, layers: int) -> float:
    """The gamma of the smallest median condition number."""
    near = float(hessians.gammas[np.argmin(medians_of(hessians, layers))])
    return spectrum.best_gamma(hessians.eigenvalues, layers, near=near)


@lru_cache(maxsize=KEPT)
def loss_gamma(hessians: Hessians) -> float | None:
    """The gamma of the smallest mean loss of two tied steps, as paper 1 trains and tunes them.

    None where coordinates differ in variance: there the loss is no sum over eigenvalues.
    """
    if np.ptp(hessians.task.query_variances) > 0:
        return None
    return spectrum.two_step_gamma(hessians.eigenvalues)


def published_gamma(hessians: Hessians) -> float | None:
    """The gamma of paper 1's trained layers, where it has printed one."""
    task = hessians.task
    known = SPECTRA.get(task.num_context)
    if known is None or task.dim != SPECTRA_DIM or task.inputs != UniformInputs():
        return None
    return known.gamma


@from_shipped(16)
def trained_gammas(
    dim: int, num_context: int, inputs: InputLaw, folder: Path = PRETRAINED
) -> tuple[float, ...]:
    """gamma = -omega_xx of the first layer of every shipped GD++ model of more than one layer.

    Empty where no family of this size and input law ships (or nothing does).
    """
    try:
        found = families(folder).values()
    except InputError:
        return ()
    gammas = []
    for family in found:
        task = family.task
        if (task.dim, task.num_context, task.inputs) == (dim, num_context, inputs):
            for depth, entry in family.entries.get("gdpp", {}).items():
                if depth > 1:
                    gammas.append(-float(omega_values(load_entry(entry, folder).model)[0, 0]))
    return tuple(gamma for gamma in gammas if gamma > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectra:
    """What the views show: the Hessians of the size chosen and of others, and known gammas."""

    hessians: Hessians
    sizes: Mapping[int, Hessians]
    trained: tuple[float, ...]


def reads(config: GdppSpectrum) -> tuple[str, ...]:
    """The choices that the spectra follow from; only stretched inputs have a condition."""
    return ("dim", "num_context", "inputs", *["condition"] * (config.inputs == "stretched"))


def measure(config: GdppSpectrum) -> Spectra:
    """What the views show."""
    size = config.dim, config.num_context
    return Spectra(
        hessians=hessians_of(*size, config.law),
        sizes={n: hessians_of(config.dim, n, config.law) for n in SIZES},
        trained=trained_gammas(*size, config.law),
    )


def prepare() -> Iterator[tuple[GdppSpectrum, tuple[str, ...]]]:
    """The default model's relatives and prompts, every covariance on offer, then every size and
    input law."""
    yield from ((config, ("layers", "map", "course")) for config in trained_states())
    slow = ("passage", "kappas")
    for condition in CONDITIONS:
        yield GdppSpectrum(inputs="stretched", condition=condition), slow
    for inputs in INPUTS:
        for dim in DIMENSIONS:
            for n in CONTEXTS:
                yield GdppSpectrum(inputs=inputs, dim=dim, num_context=n), slow


def gamma_of(config: GdppSpectrum, hessians: Hessians) -> float:
    """The gamma shown."""
    if config.gamma is not None:
        return config.gamma
    return min(max(chosen_gamma(config, hessians), 0.0), hessians.highest_gamma)


def reach(config: GdppSpectrum, spectra: Spectra) -> dict[str, Reach]:
    """Up to which gamma there is something to see follows from the eigenvalues; layers and
    snapshots from the trained model."""
    return {"gamma": Reach("γ", 0.0, spectra.hessians.highest_gamma)} | trained_reach(config)


def chosen_gamma(config: GdppSpectrum, hessians: Hessians) -> float:
    """The best: of two eigenvalues of one prompt, what makes them equal; else that of `best_of`."""
    if config.prompt != MANY and hessians.eigenvalues.shape[1] == 2:
        return spectrum.interval_gamma(*map(float, hessians.eigenvalues[config.prompt - 1]))
    return best_of(hessians, config.layers)
