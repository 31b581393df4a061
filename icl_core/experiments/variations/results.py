"""What is measured of trainings that struggle, with the shapes of its arrays.

Losses are half MSE at sampled queries of the same EVALUATION prompts, paired with one step of
gradient descent, whose loss is known exactly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.experiments.shared import plateaus
from icl_core.experiments.variations.settings import ALGORITHMS, VARIANTS, model_name
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.movies import Movie, load_movie
from icl_core.zoo.results import load_result, load_stacked


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """One model over its training.

    steps: updates before a snapshot; train_loss: on the prompts of the training, where these are
    fixed, else of the last batch. Frames are every EVERY-th snapshot: shift is the loss by the
    factor of the inputs; cosine of the sensitivities and gap of the predictions are those beside
    the variant's algorithm. seconds: of the processor, for the training.
    """

    steps: Annotated[np.ndarray, "snapshots"]
    loss: Annotated[Estimate, "snapshots"]
    train_loss: Annotated[np.ndarray, "snapshots"]
    shift: Annotated[Estimate, "frames scales"]
    cosine: Annotated[Estimate, "frames"]
    prediction_gap: Annotated[Estimate, "frames"]
    seconds: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Descent:
    """Exact loss of an algorithm, and its sampled ones by the factor of the inputs."""

    loss: Estimate
    shift: Annotated[Estimate, "scales"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Algorithms:
    """One best step of gradient descent, and two tied ones of GD and of GD++."""

    gd1: Descent
    gd2: Descent
    gdpp2: Descent

    def of(self, name: str) -> Descent:
        """ "gd1", "gd2" or "gdpp2"."""
        return {"gd1": self.gd1, "gd2": self.gd2, "gdpp2": self.gdpp2}[name]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trainings:
    """Variants by name, their weights over training by seed, and the algorithms they are measured
    against."""

    courses: Mapping[str, Course]
    movies: Mapping[str, tuple[Movie, ...]]
    algorithms: Algorithms

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
        return plateaus(course.steps, course.loss.mean)


def load_trainings(variants: Iterable[str], folder: Path = PRETRAINED) -> Trainings:
    """All of some variants."""
    names = {variant: range(VARIANTS[variant].seeds) for variant in variants}
    return Trainings(
        courses={variant: load_course(variant, folder) for variant in names},
        movies={
            variant: tuple(load_movie(model_name(variant, seed), folder) for seed in seeds)
            for variant, seeds in names.items()
        },
        algorithms=load_algorithms(folder),
    )


def load_course(variant: str, folder: Path = PRETRAINED) -> Course:
    """All seeds of a variant: every array has these as its first axis."""
    names = (model_name(variant, seed) for seed in range(VARIANTS[variant].seeds))
    return load_stacked(Course, names, folder)


def load_algorithms(folder: Path = PRETRAINED) -> Algorithms:
    """What the trainings are measured against."""
    return load_result(Algorithms, ALGORITHMS, folder)
