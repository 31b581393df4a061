"""Lesson: the figures of paper 2 on the shipped models, with the floors that the paper lacks.

Figures 1, 2, 3, 5, 6, 7 and Table 1. All losses are half MSE, adjusted but in figure 6.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import BayesRR, ConstRR
from icl_core.analysis.floors import oracle_loss
from icl_core.analysis.loss import LossSummary, noise_profile_at_once
from icl_core.errors import InputError
from icl_core.lessons import losses as tables
from icl_core.lessons.choices import switch
from icl_core.lessons.families import Family, families, find_family, relatives
from icl_core.lessons.losses import Losses
from icl_core.lessons.model_map import CAPTIONS, map_figure
from icl_core.lessons.paper_panels import (
    depth_panel,
    far_panel,
    layer_panel,
    profile_panel,
)
from icl_core.live import View
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots.drawing import LOSS
from icl_core.plots.figure import Figure
from icl_core.plots.panels import Panel, panels_figure
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.validation import Config, choice, integer
from icl_core.zoo.library import PRETRAINED, load_entry, load_table
from icl_core.zoo.table import Results, results

Exhibit = Literal["1", "2", "2L", "3", "5", "6", "6L", "7", "7L", "table"]
EXHIBITS: tuple[Exhibit, ...] = get_args(Exhibit)
TITLES: dict[Exhibit, str] = {
    "1": "Figure 1: loss by depth, for every range of noise",
    "2": "Figure 2, above: loss by noise level, 7 layers, for every range of noise",
    "2L": "Figure 2, below: loss by noise level, σ up to 5, for every depth",
    "3": "Figure 3: loss by noise level, two noise laws of single levels",
    "5": "Figure 5: the loss read after every layer, σ up to 5",
    "6": "Figure 6, above: as figure 2, the oracle not subtracted",
    "6L": "Figure 6, below: the same for every depth",
    "7": "Figure 7, one depth: loss by noise level, read after every layer",
    "7L": "Figure 7, whole: loss by noise level, read after every layer, every depth",
    "table": "Table 1: every model beside the published value",
}
FLOORS = ("const_rr", "bayes_rr")
MAIN = "uniform5_d10_n20"
RANGES = tuple(f"uniform{highest}_d10_n20" for highest in range(8))
LEVELS = ("categorical1-3_d10_n20", "categorical1-3-5_d10_n20")
DEEP = 7
DEPTHS = range(2, DEEP + 1)
FAR_SIGMAS, FAR_PROMPTS, FAR_DEPTHS = np.linspace(0, 10, 21), 128, range(2, 9)


@dataclass(frozen=True, kw_only=True)
class PaperFigures(Config):
    """Choices of the lesson; `layers` is the depth of figure 7."""

    exhibit: Exhibit = "1"
    layers: int = 4
    published: bool = True

    def __post_init__(self) -> None:
        self._set(
            exhibit=choice("The figure", self.exhibit, EXHIBITS),
            layers=integer("The number of layers L", self.layers, (FAR_DEPTHS[0], FAR_DEPTHS[-1])),
            published=switch("The switch for published values", self.published),
        )


PRESETS: dict[str, PaperFigures] = {
    "Figure 1": PaperFigures(),
    "Figure 2": PaperFigures(exhibit="2"),
    "Figure 3": PaperFigures(exhibit="3"),
    "Figure 5": PaperFigures(exhibit="5"),
    "Figure 6": PaperFigures(exhibit="6"),
    "Figure 7": PaperFigures(exhibit="7"),
    "Figure 7, whole": PaperFigures(exhibit="7L"),
    "Table 1": PaperFigures(exhibit="table"),
}
"""Named states of the lesson; the first is its default."""


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


def seeds_of(
    task: str, folder: Path = PRETRAINED
) -> dict[tuple[str, int], tuple[LossSummary, ...]]:
    """Losses over noise of all training runs that ship, by parametrization and depth."""
    found: dict[tuple[str, int], list[LossSummary]] = {}
    for depth, kin in relatives(task, folder).items():
        for own, entry in kin.items():
            if depth <= DEEP and own.heads == 1:
                runs = found.setdefault((own.parametrization, depth), [])
                runs.append(load_table(entry.name, folder).loss)
    return {key: tuple(runs) for key, runs in found.items()}


@lru_cache(maxsize=len(FAR_DEPTHS))
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


@cache
def oracle_profile(task: LinearTask, sigmas: tuple[float, ...]) -> np.ndarray:
    """Half loss of ridge regression that is told sigma, at each level (exact but for 50,000
    spectra)."""
    return np.array([oracle_loss(task.replace(noise=FixedNoise(value=s))) for s in sigmas])


def panels_of(config: PaperFigures, material: Material) -> list[Panel]:
    """The panels of the chosen figure, in the paper's order."""
    match config.exhibit:
        case "1":
            found = material.losses.values()
            return [depth_panel(losses, published=config.published) for losses in found]
        case "2" | "6":
            found = [losses for losses in material.losses.values() if losses.task.noise.highest]
            return [
                profile_panel(losses, DEEP, losses.task.noise.label(), _oracle(config, losses))
                for losses in found
            ]
        case "2L" | "6L" | "3":
            return [
                profile_panel(
                    losses,
                    depth,
                    f"{losses.task.noise.label()}, {depth} layers",
                    _oracle(config, losses),
                )
                for depth in DEPTHS
                for losses in material.losses.values()
            ]
        case "5":
            losses = material.losses[MAIN]
            levels = {name: losses.over_noise[name].final for name in FLOORS}
            kinds = [kind for kind in PARAMETRIZATIONS if any(k == kind for k, _ in material.seeds)]
            return [layer_panel(kind, losses.task, material.seeds, levels) for kind in kinds]
        case "7" | "7L":
            return [
                far_panel(kind, FAR_SIGMAS, found[kind], {name: found[name] for name in FLOORS})
                for found in material.far.values()
                for kind in PARAMETRIZATIONS
                if kind in found
            ]
        case "table":
            return []


def _oracle(config: PaperFigures, losses: Losses) -> np.ndarray | None:
    if not config.exhibit.startswith("6"):
        return None
    return oracle_profile(losses.task, tuple(float(s) for s in losses.sigmas))


def exhibit_figure(config: PaperFigures, material: Material) -> Figure:
    """The chosen figure."""
    if material.table is not None:
        return map_figure("gain", material.table, None)
    axes = {"1": "layers L", "5": "prediction read after layer"}
    return panels_figure(
        panels_of(config, material),
        columns=len(PARAMETRIZATIONS) if config.exhibit == "7L" else 2,
        name=f"paper_figure_{config.exhibit}",
        title=TITLES[config.exhibit],
        x=axes.get(config.exhibit, "noise level σ"),
        y="loss (half MSE)" if config.exhibit.startswith("6") else LOSS,
        alt=f"{TITLES[config.exhibit]}. Panels of line charts, logarithmic, of trained linear "
        "transformers beside ridge baselines and the floors.",
        dtick=1 if config.exhibit in ("1", "5") else None,
    )


def exhibit_view(config: PaperFigures, material: Material) -> View:
    return View(
        figure=exhibit_figure(config, material),
        title=TITLES[config.exhibit],
        caption=said(config, material),
    )


def said(config: PaperFigures, material: Material) -> str:
    """How the numbers of a figure were made."""
    match config.exhibit:
        case "1":
            return (
                f"Every point is a model, its loss the mean over {_count(material):,} prompts; the "
                "band is ±2 standard errors. Open marks: the paper's Table 1, best of five runs."
            )
        case "2" | "2L" | "3" | "6" | "6L":
            profile = next(iter(next(iter(material.losses.values())).profiles.values()))
            told = " The oracle's own loss is exact: integrated over w and noise." * (
                config.exhibit.startswith("6")
            )
            return (
                f"Each level of noise: the mean over {profile.count:,} prompts, ±2 standard "
                f"errors. Shaded: the noise met in training.{told}"
            )
        case "5":
            runs = sorted({len(found) for found in material.seeds.values()})
            spread = " to ".join(str(count) for count in (runs[:1] + runs[1:][-1:]))
            return (
                f"Every curve is a model and ends at its last layer: the mean of {spread} training "
                f"run{'s' * (runs[-1] > 1)}, in the band all of them (GD++ is computed, not "
                f"trained). {_count(material):,} prompts each."
            )
        case "7" | "7L":
            return (
                f"Curves grow stronger from layer 0 to the last, whose band is ±2 standard errors. "
                f"{FAR_PROMPTS} prompts at each of {len(FAR_SIGMAS)} levels, up to twice the noise "
                "met in training (shaded)."
            )
        case "table":
            return CAPTIONS["gain"]


def _count(material: Material) -> int:
    losses = next(iter(material.losses.values()))
    return next(iter(losses.over_noise.values())).count


VIEWS: Mapping[str, Callable[[PaperFigures, Material], View]] = {"exhibit": exhibit_view}
"""What the lesson shows, by name."""
