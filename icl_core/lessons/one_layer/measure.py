"""The shipped results that the lesson shows."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from icl_core.analysis.floors import one_layer_loss
from icl_core.experiments.one_layer.results import Results, load_results
from icl_core.experiments.one_layer.settings import SEEDS, model_name
from icl_core.experiments.shared import MAIN, task_of
from icl_core.lessons.one_layer.config import OneLayer
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.movies import Movie, load_movie


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs(Results):
    """What was measured, and the weights of the main size over training, by seed."""

    movies: tuple[Movie, ...]

    @property
    def seeds(self) -> int:
        """How many there are."""
        return len(self.movies)

    @cached_property
    def x(self) -> np.ndarray:
        """Updates + 1 of every snapshot."""
        return self.course.steps[0] + 1.0

    @cached_property
    def best(self) -> float:
        """Exact loss of the best single step."""
        return one_layer_loss(task_of(MAIN))


def read(folder: Path = PRETRAINED) -> Runs:
    """All results of the experiment."""
    results = load_results(folder)
    movies = tuple(load_movie(model_name(MAIN, seed), folder) for seed in SEEDS)
    return Runs(**vars(results), movies=movies)


def measure(config: OneLayer) -> Runs:
    """What the views show, from the shipped files; the same for all choices."""
    return read()
