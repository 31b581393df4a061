"""The shipped models of one task, with their precomputed tables; which of them are kin."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from icl_core.errors import InputError
from icl_core.lessons.shared import paper1, theory
from icl_core.lessons.shared.tables import measure_own
from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.plots import METHODS
from icl_core.remember import remember
from icl_core.tasks.linear import LinearTask
from icl_core.validation import LIMITS
from icl_core.zoo.library import MIXED_NOISE, PRETRAINED, Entry, entries_of, from_shipped, task_name
from icl_core.zoo.shelf import OWN, shelf
from icl_core.zoo.tables import Table, baseline_table_name, load_table, table_path

BASELINES = ("const_rr", "ada_rr", "tuned_rr", "bayes_rr")
"""Methods of one step whose tables ship beside the models."""
DESCENTS = ("gd", "gdpp_tuned")
"""Methods of several steps, tuned for the last one, that ship likewise."""

Entries = dict[Parametrization, dict[int, Entry]]


@dataclass(frozen=True, kw_only=True)
class Family:
    """All single-head models trained on one task: entries[parametrization][num_layers], in a folder
    laid out as pretrained/. A model of one's own is a family by itself, whatever heads it has, and
    `own` its id."""

    task: LinearTask
    entries: Entries
    folder: Path = PRETRAINED
    own: str = ""

    @property
    def name(self) -> str:
        """Of the choice in a link."""
        return OWN + self.own if self.own else task_name(self.task)

    @property
    def label(self) -> str:
        """The task in words for a list of choices; of a model of one's own what it is, too."""
        task = f"{self.task.noise.label()}, d = {self.task.dim}, n = {self.task.num_context}"
        return f"{said_of(self.only)}: {task}" if self.own else task

    @property
    def only(self) -> Entry:
        """The model of one's own."""
        ((entry,),) = (models.values() for models in self.entries.values())
        return entry

    @property
    def only_kin(self) -> "Kin":
        """What the model of one's own is, as one chooses it."""
        return Kin(self.only.parametrization, self.only.num_heads)

    @property
    def size(self) -> int:
        """How many models there are."""
        return sum(map(len, self.entries.values()))

    @property
    def parametrizations(self) -> tuple[str, ...]:
        return tuple(self.entries)

    @property
    def depths(self) -> tuple[int, ...]:
        """Every number of layers that some model of the family has, ascending."""
        return tuple(sorted({depth for models in self.entries.values() for depth in models}))


@from_shipped(4)
def families(folder: Path = PRETRAINED) -> Mapping[str, Family]:
    """The shipped models by task, the task with most models first."""
    tasks: dict[LinearTask, list[Entry]] = {}
    for entry in entries_of(MIXED_NOISE, folder):
        if entry.num_heads == 1 and entry.name.endswith(task_name(entry.linear_task)):
            tasks.setdefault(entry.linear_task, []).append(entry)
    found = [
        Family(
            task=task,
            entries={
                kind: depths for kind in PARAMETRIZATIONS if (depths := _by_depth(entries, kind))
            },
            folder=folder,
        )
        for task, entries in tasks.items()
    ]
    if not found:
        raise InputError("The manifest lists no models: run `make zoo` to train them.")
    order = sorted(found, key=lambda family: (-family.size, _rank(family), family.name))
    return {family.name: family for family in order}


def _by_depth(entries: list[Entry], kind: str) -> dict[int, Entry]:
    chosen = [entry for entry in entries if entry.parametrization == kind]
    return {entry.num_layers: entry for entry in sorted(chosen, key=lambda e: e.num_layers)}


def _rank(family: Family) -> tuple[bool, float]:
    noise = family.task.noise
    return noise.kind != "uniform", -noise.highest


def find_family(name: str, folder: Path = PRETRAINED) -> Family:
    """The family of that name: of a shipped task, or a model of one's own."""
    if name.startswith(OWN):
        return measured_own(name.removeprefix(OWN))
    found = families(folder)
    if name not in found:
        raise InputError(
            f"There are no shipped models for the task {name[:60]!r}: "
            f"expected one of {', '.join(found)}."
        )
    return found[name]


def found_own(id: str) -> Family:
    """A model of one's own, perhaps without tables yet."""
    theory.at_hand(OWN + id)
    paper1.at_hand(OWN + id)
    entry, folder = shelf().find(id)
    entries: Entries = {entry.parametrization: {entry.num_layers: entry}}
    return Family(task=entry.linear_task, entries=entries, folder=folder, own=id)


@remember(64, lambda given: shelf().folder)
def measured_own(id: str) -> Family:
    """A model of one's own, with the tables that pages read; the first look makes them."""
    family = found_own(id)
    for _ in measure_own(family.only, family.folder):
        pass
    return family


def model_tables(family: Family) -> dict[tuple[str, int], Table]:
    """Tables by (parametrization, number of layers)."""
    return {
        (kind, depth): load_table(entry.name, family.folder)
        for kind, models in family.entries.items()
        for depth, entry in models.items()
    }


def baseline_tables(family: Family) -> dict[str, Table]:
    """Tables of the methods that are not trained, as far as they ship, by method."""
    tables = {}
    for method in (*BASELINES, *DESCENTS):
        name = baseline_table_name(family.task, method)
        if table_path(name, family.folder).is_file():
            tables[method] = load_table(name, family.folder)
    return tables


class Kin(NamedTuple):
    """What tells the models of one task and depth apart."""

    parametrization: str
    heads: int = 1
    seed: int = 0

    @property
    def name(self) -> str:
        """Short, for a link: "diag", "diag_H2", "full_s1"."""
        heads = f"_H{self.heads}" if self.heads > 1 else ""
        return f"{self.parametrization}{heads}" + (f"_s{self.seed}" if self.seed else "")

    @property
    def label(self) -> str:
        heads = f", {self.heads} heads" if self.heads > 1 else ""
        seed = f", seed {self.seed}" if self.seed else ""
        return METHODS[self.parametrization].label + heads + seed


KINDS: Mapping[str, Kin] = {
    kin.name: kin
    for kind in PARAMETRIZATIONS
    for heads in range(1, int(LIMITS["num_heads"][1]) + 1)
    for kin in [Kin(kind, heads)]
}
"""What models of the first seed can be, by the names that links have."""
Relatives = Mapping[Kin, Entry]


@from_shipped(16)
def relatives(task: str, folder: Path = PRETRAINED) -> Mapping[int, Relatives]:
    """All models of one family's task by depth, GD++ first, then by heads and seed."""
    family, found = find_family(task, folder), dict[int, dict[Kin, Entry]]()
    known = [
        (kin, entry)
        for entry in entries_of(MIXED_NOISE, family.folder)
        if entry.linear_task == family.task and (kin := kin_of(entry)) is not None
    ]
    for kin, entry in sorted(known, key=lambda pair: _place(pair[0])):
        found.setdefault(entry.num_layers, {})[kin] = entry
    return dict(sorted(found.items()))


@from_shipped(16)
def models_of(task: str, folder: Path = PRETRAINED) -> Mapping[str, Mapping[int, Entry]]:
    """The models of the first seed by what they are called in a link ("diag_H2") and depth."""
    found: dict[Kin, dict[int, Entry]] = {}
    for depth, relations in relatives(task, folder).items():
        for kin, entry in relations.items():
            if kin.seed == 0:
                found.setdefault(kin, {})[depth] = entry
    return {kin.name: found[kin] for kin in sorted(found, key=_place)}


def find_model(task: str, name: str, depth: int, folder: Path = PRETRAINED) -> Entry:
    """The model of a task by its short name and depth."""
    known = models_of(task, folder)
    entry = known.get(name, {}).get(depth)
    if entry is None:
        said = f" ({KINDS[name].label})" if name in KINDS else ""
        raise InputError(
            f"There is no model {name[:40]!r} of {depth} layers{said} for "
            f"{find_family(task, folder).label}: choose other layers, or one of "
            f"{', '.join(known)}."
        )
    return entry


def kin_of(entry: Entry) -> Kin | None:
    """A model's place among its relatives; None for a variant that is no seed."""
    rest = entry.name.partition(task_name(entry.linear_task))[2]
    seed = rest.removeprefix("_s") if rest else "0"
    return Kin(entry.parametrization, entry.num_heads, int(seed)) if seed.isdigit() else None


def said_of(entry: Entry) -> str:
    """What a model is, in words."""
    return f"{Kin(entry.parametrization, entry.num_heads).label}, L = {entry.num_layers}"


def _place(kin: Kin) -> tuple[int, int, int]:
    return PARAMETRIZATIONS.index(kin.parametrization), kin.heads, kin.seed
