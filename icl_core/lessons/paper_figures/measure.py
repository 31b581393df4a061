"""The results behind the paper's figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import BayesRR, ConstRR
from icl_core.analysis.floors import oracle_loss
from icl_core.analysis.loss import LossSummary, noise_profile_at_once
from icl_core.errors import InputError
from icl_core.experiments.mixed_noise.table import Results, results
from icl_core.lessons.paper_figures.config import (
    DEEP,
    EXHIBITS,
    FAR_DEPTHS,
    FAR_PROMPTS,
    FAR_SIGMAS,
    LEVELS,
    MAIN,
    RANGES,
    PaperFigures,
)
from icl_core.lessons.shared import losses as tables
from icl_core.lessons.shared.losses import Losses
from icl_core.lessons.shared.shipped import Family, families, find_family, relatives
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.zoo.library import from_shipped, load_entry
from icl_core.zoo.tables import load_table

FLOORS = ("const_rr", "bayes_rr")


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """What one figure is drawn from; what it does not need is empty.

    losses: shipped tables by task; seeds: losses over noise by (parametrization, depth), one a
    training run; far: by depth, profiles [FAR_SIGMAS, layers+1] by parametrization and of the
    floors; table: the judged Table 1.
    """

    losses: Mapping[str, Losses] = field(default_factory=dict)
    seeds: Mapping[tuple[str, int], tuple[LossSummary, ...]] = field(default_factory=dict)
    far: Mapping[int, Mapping[str, LossSummary]] = field(default_factory=dict)
    table: Results | None = None


def reads(config: PaperFigures) -> tuple[str, ...]:
    """The choices that the results follow from; others only change the drawing."""
    return ("exhibit", *["layers"] * (config.exhibit == "7"))


def measure(config: PaperFigures) -> Material:
    """What the chosen figure needs."""
    shipped = families()
    match config.exhibit:
        case "1" | "2" | "6":
            return Material(losses=_tables(shipped, RANGES))
        case "2L" | "6L":
            return Material(losses=_tables(shipped, (MAIN,)))
        case "3":
            return Material(losses=_tables(shipped, LEVELS))
        case "5":
            return Material(losses=_tables(shipped, (MAIN,)), seeds=seeds_of(MAIN))
        case "7":
            return Material(far={config.layers: far_profiles(config.layers)})
        case "7L":
            return Material(far={depth: far_profiles(depth) for depth in FAR_DEPTHS})
        case "table":
            return Material(table=results())


def _tables(shipped: Mapping[str, Family], names: tuple[str, ...]) -> dict[str, Losses]:
    found = {name: tables.measure(name) for name in names if name in shipped}
    if not found:
        raise InputError("The models of this figure are not shipped: run `make zoo`.")
    return found


def seeds_of(task: str) -> dict[tuple[str, int], tuple[LossSummary, ...]]:
    """Losses over noise of all training runs that ship, by parametrization and depth."""
    found: dict[tuple[str, int], list[LossSummary]] = {}
    for depth, kin in relatives(task).items():
        for own, entry in kin.items():
            if depth <= DEEP and own.heads == 1:
                runs = found.setdefault((own.parametrization, depth), [])
                runs.append(load_table(entry.name).loss)
    return {key: tuple(runs) for key, runs in found.items()}


@from_shipped(len(FAR_DEPTHS))
def far_profiles(layers: int) -> dict[str, LossSummary]:
    """Profiles of the models of one depth, and of the floors, far beyond the training range."""
    family = find_family(MAIN)
    methods: dict[str, Method] = {
        kind: load_entry(entries[layers]).model
        for kind, entries in family.entries.items()
        if layers in entries
    }
    if not methods:
        raise InputError(f"No model of {layers} layers is shipped for {MAIN}: run `make zoo`.")
    found = noise_profile_at_once(methods, family.task, FAR_SIGMAS, prompts=FAR_PROMPTS)
    return found | far_floors(family.task)


@lru_cache(maxsize=4)
def far_floors(task: LinearTask) -> dict[str, LossSummary]:
    """The same of the floors, on the same prompts: one for all depths."""
    floors: dict[str, Method] = {
        "const_rr": ConstRR.of(task),
        "bayes_rr": BayesRR(noise=task.noise),
    }
    return noise_profile_at_once(floors, task, FAR_SIGMAS, prompts=FAR_PROMPTS)


@lru_cache(maxsize=64)
def oracle_profile(task: LinearTask, sigmas: tuple[float, ...]) -> np.ndarray:
    """Half loss of ridge regression that is told sigma, at each level (exact but for 50,000
    spectra)."""
    return np.array([oracle_loss(task.replace(noise=FixedNoise(value=s))) for s in sigmas])


def prepare() -> Iterator[tuple[PaperFigures, tuple[str, ...]]]:
    """Every figure, and figure 7 at every depth."""
    yield from ((PaperFigures(exhibit=exhibit), ("exhibit",)) for exhibit in EXHIBITS)
    yield from ((PaperFigures(exhibit="7", layers=d), ("exhibit",)) for d in FAR_DEPTHS)
