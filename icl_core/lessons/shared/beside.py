"""A second model, of whatever training, beside those that a lesson shows of a task."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from icl_core.algorithms import Method
from icl_core.analysis.loss import evaluate, noise_profile_at_once
from icl_core.errors import InputError
from icl_core.experiments.mixed_noise.measure import Prompts, profile_sigmas
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.lessons.shared.losses import BESIDE, SHIFT_PROMPTS, Losses, profile_at_once
from icl_core.lessons.shared.named import find_named, in_order, label
from icl_core.models.diagonal import OmegaModel
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import MIXED_NOISE, PRETRAINED, entries_of, from_shipped, load_entry
from icl_core.zoo.tables import Table, load_table, table_path

FEWER = Prompts(law=2048, level=64)
"""Of a model beside others, whose table is made when it is asked for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Beside:
    """The model: what it is called, the task of its training in the dimension asked for, and what
    answers prompts."""

    label: str
    task: LinearTask
    method: Method
    known: Table | None = None

    def table_on(self, task: LinearTask) -> Table:
        """Its losses on the prompts of a task: the table that it has of its own, or one of few
        prompts, as an answer has time for."""
        if self.known and self.task == task:
            return self.known
        one, sigmas = {BESIDE: self.method}, profile_sigmas(task)
        with np.errstate(all="ignore"):
            over_noise = evaluate(one, task, prompts=FEWER.law)[BESIDE]
            profile = noise_profile_at_once(one, task, sigmas, prompts=FEWER.level)[BESIDE]
        return Table(loss=over_noise, sigmas=sigmas, profile=profile)


@from_shipped(32)
def beside_of(name: str, dim: int) -> Beside:
    """The model of that name (`find_named`) for prompts of dimension d: FULL only of its own, DIAG
    and GD++, which are their omegas, of any.

    Raises:
        InputError: There is none, or it takes no such prompts.
    """
    named = find_named(name)
    model = load_entry(named.entry, named.folder).model
    method: Method = model
    if model.dim != dim:
        if named.entry.parametrization == "full":
            raise InputError(
                f"{named.label} takes inputs of dimension {model.dim}, and here they have "
                f"{dim}: FULL has a row of weights a dimension. Choose another model to set beside."
            )
        method = OmegaModel(omegas=omega_values(model))
    name, task = named.entry.name, named.entry.linear_task
    known = None
    if task.dim == dim and table_path(name, named.folder).is_file():
        known = load_table(name, named.folder)
    return Beside(label=named.label, task=task.replace(dim=dim), method=method, known=known)


def fits(name: str, dim: int) -> bool:
    """Whether a model of one's own takes prompts of dimension d."""
    entry = find_named(name).entry
    return entry.parametrization != "full" or entry.linear_task.dim == dim


@from_shipped(16)
def besides(dim: int) -> Mapping[str, str]:
    """All shipped models that take prompts of dimension d, by name, in words."""
    entries = in_order(entries_of(MIXED_NOISE, PRETRAINED))
    return {entry.name: label(entry) for entry in entries if entry.linear_task.dim == dim}


def with_beside(losses: Losses, name: str) -> Losses:
    """The losses, with those of a second model on the same prompts."""
    found = beside_of(name, losses.task.dim)
    if losses.shifted:
        one = {BESIDE: found.method}
        over_noise = evaluate(one, losses.task, prompts=SHIFT_PROMPTS)[BESIDE]
        profile = profile_at_once(one, losses.task, losses.sigmas)[BESIDE]
    else:
        table = found.table_on(losses.task)
        over_noise, profile = table.loss, table.profile
    return replace(
        losses,
        over_noise={**losses.over_noise, BESIDE: over_noise},
        profiles={**losses.profiles, BESIDE: profile},
        beside=found.label,
    )
