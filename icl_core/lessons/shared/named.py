"""Models by whatever name somebody has for them: their own, the beginning of a hash."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from icl_core.errors import InputError
from icl_core.lessons.shared import paper1
from icl_core.lessons.shared.fields import OfModel
from icl_core.lessons.shared.model_map import noise_words
from icl_core.lessons.shared.shipped import Kin, found_own, kin_of, models_of
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots import METHODS
from icl_core.tasks.noise import format_noise
from icl_core.zoo.library import MIXED_NOISE, PRETRAINED, Entry, entries_of, task_name
from icl_core.zoo.shelf import OWN, shelf

SHORTEST = 8
"""Digits of a SHA-256 that name a model."""


class Named(NamedTuple):
    """A model, the folder that it lies in, and the family that it is chosen by."""

    entry: Entry
    folder: Path
    task: str

    @property
    def kin(self) -> Kin:
        """What tells it apart in its family."""
        found = kin_of(self.entry)
        if found is None:
            raise InputError(
                f"{self.entry.name} is a variant that only *Models* shows: choose it there."
            )
        return found

    @property
    def label(self) -> str:
        """What it is, in words."""
        if self.task.startswith(OWN):
            return found_own(self.task.removeprefix(OWN)).label
        return label(self.entry)


def find_named(name: str, folder: Path = PRETRAINED) -> Named:
    """The linear transformer that is called so in the manifest, by "mine-ID", or by the first
    digits, eight at least, of the SHA-256 of its file.

    Raises:
        InputError: There is none, or several hashes begin so.
    """
    if name.startswith(OWN):
        family = found_own(name.removeprefix(OWN))
        return Named(family.only, family.folder, name)
    if own := paper1.name_of(name):
        return find_named(own)
    if why := paper1.why_not(name):
        raise InputError(why)
    shipped = entries_of(MIXED_NOISE, folder)
    found = [entry for entry in shipped if entry.name == name]
    if not found and re.fullmatch(f"[0-9a-f]{{{SHORTEST},64}}", name):
        found = [entry for entry in shipped if entry.sha256.startswith(name)]
        if not found and len(name) >= 16 and shelf().has(name[:16]):
            return find_named(OWN + name[:16])
    if len(found) != 1:
        raise InputError(
            f"{'Several models are' if found else 'No model is'} called {name[:60]!r}: expected "
            f"a name from `python -m icl_core zoo list`, {OWN}ID, or {SHORTEST} or more digits of "
            "its SHA-256."
        )
    return Named(found[0], folder, task_name(found[0].linear_task))


def opened(config: type[OfModel], name: str) -> tuple[dict[str, Any], str]:
    """The choices of a lesson that show the model of that name, or the nearest that it can show;
    then why, in a sentence."""
    named = find_named(name)
    kin, layers = named.kin, named.entry.num_layers
    near, why = kin, ""
    if config.of_first_seed and kin.seed:
        near, why = kin._replace(seed=0), "compares the models of the first seed"
    if config.of_one_head and near.heads > 1 and not named.task.startswith(OWN):
        near, why = near._replace(heads=1), "compares models of one head"
    if why and layers not in models_of(named.task).get(near.name, {}):
        raise InputError(f"This page {why}, and {name} has no such relative: see *Weights*.")
    said = f"This page {why}: {near.label} stands here in the place of {name}." if why else ""
    return {"task": named.task} | config.picks(near, layers), said


def variant(entry: Entry) -> str:
    """What sets a model apart from the one of the table: "seed 2", or nothing."""
    rest = entry.name.partition(task_name(entry.linear_task))[2]
    return f"seed {rest[2:]}" if rest.startswith("_s") else rest.strip("_")


def label(entry: Entry) -> str:
    """ "FULL, L = 7, σ ~ U(0, 5)", with heads, dimension and seed where they are not the usual."""
    parts = [METHODS[entry.parametrization].label, f"L = {entry.num_layers}"]
    if entry.num_heads > 1:
        parts.append(f"{entry.num_heads} heads")
    parts.append(noise_words(entry.linear_task))
    if entry.linear_task.dim != 10:
        parts.append(f"d = {entry.linear_task.dim}")
    if variant(entry):
        parts.append(variant(entry))
    return ", ".join(parts)


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Models as a reader looks for them: the large tasks first, then by noise, kind and depth."""

    def place(entry: Entry) -> tuple[Any, ...]:
        noise = entry.linear_task.noise
        law = noise.kind != "uniform", noise.highest, format_noise(noise)
        kind = PARAMETRIZATIONS.index(entry.parametrization)
        return -entry.linear_task.dim, law, kind, entry.num_heads, variant(entry), entry.num_layers

    return sorted(entries, key=place)
