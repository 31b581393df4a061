"""Losses of all shipped models of a task: from their tables, or with another n or d."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import baselines
from icl_core.analysis.loss import LossSummary, evaluate, noise_profile_at_once
from icl_core.experiments.mixed_noise.measure import profile_sigmas
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.lessons.shared.shipped import Family, baseline_tables, find_family, model_tables
from icl_core.models.diagonal import OmegaModel
from icl_core.remember import remember
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import from_shipped, load_entry
from icl_core.zoo.tables import Table

SHIFT_PROMPTS, SHIFT_PROFILE_PROMPTS, SHIFT_LEVELS = 1024, 128, 4
"""An evaluation away from the training's context length is made when asked for: with fewer prompts,
and at every fourth noise level of the shipped tables."""


BESIDE = "beside"
"""The method of a model that is set beside others."""


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What the figures show, by method or by (parametrization, number of layers L).

    over_noise: arrays [L+1], over the task's noise law; profiles: arrays [sigmas, L+1], at fixed
    levels (of models at a shifted context length, only those of the depth asked for). A model set
    beside them is "beside", and `beside` what it is called.
    """

    task: LinearTask
    depths: tuple[int, ...]
    shifted: bool
    over_noise: Mapping[Any, LossSummary]
    sigmas: np.ndarray
    profiles: Mapping[Any, LossSummary]
    beside: str = ""

    @property
    def nothing(self) -> float:
        """Mean loss of predicting nothing."""
        return float(self.over_noise["const_rr"].mean[0])

    def kinds(self, wanted: Sequence[str]) -> list[str]:
        """Those of the parametrizations that some model has."""
        return [kind for kind in wanted if any((kind, d) in self.over_noise for d in self.depths)]


def measure(
    task: str, num_context: int | None = None, layers: int = 1, dim: int | None = None
) -> Losses:
    """The shipped tables, or, at another context length or dimension, a fresh evaluation.

    `layers` is the depth whose noise profiles are wanted at a shift.
    """
    family = find_family(task)
    n, d = num_context or family.task.num_context, dim or family.task.dim
    if (n, d) == (family.task.num_context, family.task.dim):
        return _shipped(family)
    return _shifted(family, family.task.replace(num_context=n, dim=d), layers)


def _shipped(family: Family) -> Losses:
    tables: dict[Any, Table] = {**model_tables(family), **baseline_tables(family)}
    return Losses(
        task=family.task,
        depths=family.depths,
        shifted=False,
        over_noise={key: table.loss for key, table in tables.items()},
        sigmas=next(iter(tables.values())).sigmas,
        profiles={key: table.profile for key, table in tables.items()},
    )


def _shifted(family: Family, task: LinearTask, layers: int) -> Losses:
    """Every model on another task; the ridge baselines know it. In another dimension only DIAG and
    GD++ say what they do."""
    shift = _shift(family.name, task)
    chosen = {key: model for key, model in shift.models.items() if key[1] == layers}
    return Losses(
        task=task,
        depths=family.depths,
        shifted=True,
        over_noise=shift.over_noise,
        sigmas=shift.sigmas,
        profiles={**shift.closed, **profile_at_once(chosen, task, shift.sigmas)},
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shift:
    """What all depths share: the losses of every model and the noise profiles of the baselines."""

    sigmas: np.ndarray
    models: Mapping[tuple[str, int], Method]
    over_noise: Mapping[Any, LossSummary]
    closed: Mapping[Any, LossSummary]


def profile_at_once(
    methods: Mapping[Any, Method], task: LinearTask, sigmas: np.ndarray
) -> dict[Any, LossSummary]:
    """Loss at fixed noise levels, on as many prompts as an answer has time for."""
    return noise_profile_at_once(methods, task, sigmas, prompts=SHIFT_PROFILE_PROMPTS)


@from_shipped(256)
def _shift(name: str, task: LinearTask) -> _Shift:
    turned = task.dim != find_family(name).task.dim
    models = {
        key: model for key, model in _models(name).items() if not (turned and key[0] == "full")
    }
    over_noise, closed = _closed(task)
    return _Shift(
        sigmas=_levels(task),
        models=models,
        over_noise={**evaluate(models, task, prompts=SHIFT_PROMPTS), **over_noise},
        closed=closed,
    )


def _levels(task: LinearTask) -> np.ndarray:
    return profile_sigmas(task)[::SHIFT_LEVELS]


@remember(256)
def _closed(
    task: LinearTask,
) -> tuple[Mapping[Any, LossSummary], Mapping[Any, LossSummary]]:
    """The baselines over the noise of a task and by level, whatever models stand beside them."""
    methods: dict[Any, Method] = {**baselines(task)}
    return (
        evaluate(methods, task, prompts=SHIFT_PROMPTS),
        profile_at_once(methods, task, _levels(task)),
    )


@from_shipped(16)
def _models(name: str) -> Mapping[tuple[str, int], Method]:
    """The models of a task: "full" by its matrices, the others by their omegas alone, which serve
    any dimension."""
    found: dict[tuple[str, int], Method] = {}
    family = find_family(name)
    for kind, entries in family.entries.items():
        for depth, entry in entries.items():
            model = load_entry(entry, family.folder).model
            found[kind, depth] = model if kind == "full" else OmegaModel(omegas=omega_values(model))
    return found


def shift_said(trained: LinearTask, losses: Losses) -> str:
    """What of the prompts differs from training, and what follows for the models."""
    now, changes = losses.task, []
    if now.num_context != trained.num_context:
        changes.append(f"contexts of {trained.num_context} examples, now {now.num_context}")
    if now.dim != trained.dim:
        changes.append(f"inputs of dimension {trained.dim}, now {now.dim}")
    said = f"A shift: trained on {' and '.join(changes)}."
    if now.dim != trained.dim:
        said += (
            " FULL is left out: its matrices have one row a dimension, while DIAG and GD++ carry "
            "over by their few numbers."
        )
    return f"{said} ({SHIFT_PROMPTS} prompts, drawn for this view.)"


def highest_sigma(task: LinearTask) -> float:
    """The end of the noise slider: a little beyond what models were trained on."""
    return task.noise.highest + 1
