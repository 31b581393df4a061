"""What is known of one trained layer: choices of its lesson, and the shipped results they show."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from icl_core.analysis.floors import one_layer_loss
from icl_core.validation import Config, choice, integer, number
from icl_core.zoo.paper1.one_layer import (
    DAMPINGS,
    INPUT_SCALES,
    LAW_SCALES,
    MAIN,
    SEEDS,
    SIZES,
    TARGET_SCALES,
    run_name,
    seeds_of,
    task_of,
)
from icl_core.zoo.paper1.store import FOLDER, Part, load_part

Shift = Literal["input_shift", "target_shift", "law_shift"]
SHIFTS: Mapping[str, tuple[str, str, np.ndarray]] = {
    "input_shift": ("wider inputs", "inputs times α", INPUT_SCALES),
    "target_shift": ("larger targets", "true weights times α", TARGET_SCALES),
    "law_shift": ("other laws", "α: size of the context matrix", LAW_SCALES),
}
TRAINED = "trained layer"
FRAMES = len(SIZES[MAIN].marks())


@dataclass(frozen=True, kw_only=True)
class OneLayer(Config):
    """Choices of the lesson. seed: whose weights; frame: how far in its training, in snapshots."""

    seed: int = 0
    frame: int = FRAMES - 1
    shift: Shift = "input_shift"
    damping: float = 0.75

    def __post_init__(self) -> None:
        self._set(
            seed=integer("The seed", self.seed, (SEEDS[0], SEEDS[-1])),
            frame=integer("The snapshot", self.frame, (0, FRAMES - 1)),
            shift=choice("The shift", self.shift, get_args(Shift)),
            damping=number("The damping", self.damping, (DAMPINGS[0], DAMPINGS[-1])),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """The runs of the main size by seed, those of every size, and what was measured."""

    runs: tuple[Part, ...]
    sizes: Mapping[int, tuple[Part, ...]]
    shifts: Part

    @cached_property
    def x(self) -> np.ndarray:
        """Updates + 1 of every snapshot."""
        return self.runs[0]["steps"] + 1.0

    @cached_property
    def best(self) -> float:
        """Exact loss of the best single step."""
        return one_layer_loss(task_of(MAIN))

    def over_seeds(self, key: str) -> np.ndarray:
        return np.stack([run[key] for run in self.runs])


def read(folder: Path = FOLDER) -> Runs:
    """All parts of the experiment."""
    sizes = {
        n: tuple(load_part(run_name(n, seed), folder) for seed in seeds_of(n))
        for n in sorted(SIZES)
    }
    shifts = load_part("one_layer_shifts", folder)
    return Runs(runs=sizes[MAIN], sizes=sizes, shifts=shifts)
