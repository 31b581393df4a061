"""The shipped trainings that the lesson shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icl_core.experiments.variations import results
from icl_core.experiments.variations.settings import VARIANTS, model_name
from icl_core.lessons.variations.config import Variations
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.movies import Movie, load_movie


@dataclass(frozen=True, kw_only=True, eq=False)
class Trainings:
    """All variants by name, their weights over training by seed, and the algorithms they are
    measured against."""

    courses: Mapping[str, results.Course]
    movies: Mapping[str, tuple[Movie, ...]]
    algorithms: results.Algorithms

    def loss_of(self, descent: str) -> float:
        """Of "gd1", "gd2" or "gdpp2" on the task itself."""
        return float(self.algorithms.of(descent).loss.mean)

    def losses(self, variant: str) -> np.ndarray:
        """On new prompts, [seeds, snapshots]."""
        return self.courses[variant].loss.mean.astype(float)

    def train_losses(self, variant: str) -> np.ndarray:
        """On the prompts of the training, [seeds, snapshots]."""
        return self.courses[variant].train_loss.astype(float)

    def plateaus(self, variant: str) -> np.ndarray:
        """Updates of every seed until its loss is half-way down; inf: never."""
        course = self.courses[variant]
        return results.plateaus(course.steps, course.loss.mean)


def rivals(config: Variations) -> list[tuple[str, str]]:
    """Method of the style table and name of what a variant could at best be thought to do."""
    if VARIANTS[config.variant].trainee.model.num_layers == 1:
        return [("gd", "gd1")]
    return [("gd", "gd2"), ("gdpp_tuned", "gdpp2")]


def read(folder: Path = PRETRAINED) -> Trainings:
    """All results of the experiment."""
    return Trainings(
        courses={name: results.load_course(name, folder) for name in VARIANTS},
        movies={
            name: tuple(load_movie(model_name(name, seed), folder) for seed in range(known.seeds))
            for name, known in VARIANTS.items()
        },
        algorithms=results.load_algorithms(folder),
    )


def measure(config: Variations) -> Trainings:
    """What the views show, from the shipped files; the same for all choices."""
    return read()
