"""The model that the lesson on its algorithm opens, with the prompts that it is tried on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import jax
import numpy as np

from icl_core.algorithms.ridge import OracleRR
from icl_core.analysis.loss import LossSummary
from icl_core.analysis.parts import diagonal_part
from icl_core.lessons.algorithm.config import Algorithm
from icl_core.lessons.shared.coordinates import normalised, omega_values
from icl_core.lessons.shared.losses import highest_sigma
from icl_core.lessons.shared.shipped import (
    KINDS,
    Family,
    baseline_tables,
    find_family,
    find_model,
)
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, Prompts, at_levels, draw_prompts
from icl_core.validation import Reach
from icl_core.zoo.library import PRETRAINED, load_entry

LABELS: Mapping[str, str] = {
    name: ("DIAG part of " if kin.parametrization == "full" else "") + kin.label
    for name, kin in KINDS.items()
}
LAW, LEVELS, AT_LEVEL = 288, 13, 20
"""Prompts of the task's own noise, and noise levels with as many prompts each."""
STOPS = 96
"""Steps of the slider of noise levels."""
WORTH = 2
"""Blocks of as many prompts as a sample has, for what is computed once a model."""
SEED = 11
TASKS = 16
"""Tasks whose prompts are kept: all models of a task are tried on the same."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Prompts to try models on: the first LAW of the task's noise, then AT_LEVEL a level.

    The levels share their random numbers, so that curves over them are smooth. target [prompts, d]
    is ridge regression with the true sigma^2, from which adjusted losses are measured.
    """

    prompts: Prompts
    target: np.ndarray
    sigmas: np.ndarray

    def parts(self, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """[..., prompts] as [..., LAW] and [..., LEVELS, AT_LEVEL]."""
        law, levels = np.split(losses, [LAW], axis=-1)
        return law, levels.reshape(*levels.shape[:-1], LEVELS, AT_LEVEL)


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened:
    """A shipped model: its omegas [L, 4] in raw and in normalised coordinates, and prompts.

    model is the model itself or, for FULL, the part of it that DIAG can hold.
    """

    kind: str
    task: LinearTask
    model: LinearTransformer
    omegas: np.ndarray
    normal: np.ndarray
    sample: Sample
    law: tuple[tuple[Prompts, np.ndarray], ...]
    """Prompts of the task's noise alone, in WORTH blocks of the sample's size, with targets."""
    levels: Mapping[str, LossSummary]
    """Noise profiles of the ridge baselines, [sigmas, 2], from the shipped tables."""
    level_sigmas: np.ndarray

    @property
    def num_layers(self) -> int:
        return len(self.omegas)

    @property
    def method(self) -> str:
        """Its row of the style table."""
        return KINDS[self.kind].parametrization

    @property
    def label(self) -> str:
        return f"{LABELS[self.kind]}, L = {self.num_layers}"


def read(task: str, kind: str, layers: int, folder: Path = PRETRAINED) -> Opened:
    """Open a shipped model."""
    family = find_family(task, folder)
    entry = find_model(task, kind, layers, folder)
    model = load_entry(entry, family.folder).model
    if KINDS[kind].parametrization == "full":
        model = diagonal_part(model)
    return Opened(
        kind=kind,
        task=family.task,
        model=model,
        omegas=omega_values(model),
        normal=omega_values(normalised(model, family.task)),
        sample=draw_sample(family.task),
        law=draw_law(family.task),
        **_baselines(family),
    )


def _baselines(family: Family) -> dict[str, Any]:
    tables = baseline_tables(family)
    wanted = [name for name in ("const_rr", "bayes_rr") if name in tables]
    return {
        "levels": {name: tables[name].profile for name in wanted},
        "level_sigmas": tables[wanted[0]].sigmas if wanted else np.zeros(0),
    }


@lru_cache(maxsize=TASKS)
def draw_sample(task: LinearTask, seed: int = SEED) -> Sample:
    """Prompts of the task's noise and at fixed levels, a little beyond those met in training."""
    sigmas = np.linspace(0, highest_sigma(task), LEVELS)
    law = draw_prompts(task, (seed, 0), LAW)
    prompts = joined([law, at_levels(task, (seed, 1), sigmas, AT_LEVEL)])
    target = np.asarray(OracleRR().weight_path(prompts)[-1])
    return Sample(prompts=prompts, target=target, sigmas=sigmas)


@lru_cache(maxsize=TASKS)
def draw_law(task: LinearTask, seed: int = SEED) -> tuple[tuple[Prompts, np.ndarray], ...]:
    """More prompts of the task's noise, with targets."""
    size = LAW + LEVELS * AT_LEVEL
    drawn = [draw_prompts(task, (seed, 2, block), size) for block in range(WORTH)]
    return tuple((prompts, np.asarray(OracleRR().weight_path(prompts)[-1])) for prompts in drawn)


def joined(drawn: list[Prompts]) -> Prompts:
    """All prompts of several draws of one task, as one batch."""
    parts = [(prompts.moments, prompts.sigma, prompts.w) for prompts in drawn]
    moments, sigma, w = jax.tree.map(lambda *each: np.concatenate(each), *parts)
    return replace(drawn[0], moments=moments, sigma=sigma, w=w)


def measure(config: Algorithm) -> Opened:
    """What the views show."""
    return read(config.task, config.model, config.layers)


def reach(config: Algorithm, opened: Opened) -> dict[str, Reach]:
    """Layers and noise levels follow from the model and its task."""
    return {
        "layer": Reach("In layer", 0, opened.num_layers),
        "after": Reach("After layer", 0, opened.num_layers),
        "sigma": Reach("The noise level σ of the prompt", 0.0, highest_sigma(opened.task)),
    }
