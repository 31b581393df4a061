"""The shipped results that the lesson shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from icl_core.analysis.floors import one_layer_loss
from icl_core.experiments.one_layer.build import SIZES, run_name, seeds_of
from icl_core.experiments.shared import MAIN, task_of
from icl_core.lessons.one_layer.config import OneLayer
from icl_core.zoo.parts import FOLDER, Part, load_part


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


def measure(config: OneLayer) -> Runs:
    """What the views show, from the shipped files; the same for all choices."""
    return read()
