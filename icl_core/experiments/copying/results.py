"""What is measured of trainings that have to copy, with the shapes of its arrays."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_loss
from icl_core.experiments.copying.settings import DESCENTS, NEAR, OPTIMISED, model_name
from icl_core.experiments.shared import MAIN, plateaus, task_of
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.results import load_result, load_stacked


@dataclass(frozen=True, kw_only=True, eq=False)
class Toward:
    """What the first layer has of a token from the token itself, from the next one in the context,
    and from others, averaged over tokens that have a next one."""

    own: np.ndarray
    next: np.ndarray
    other: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """One model over its training.

    steps: updates before a snapshot. loss: half MSE at QUERIES queries of each of EVALUATION
    prompts, paired with one step of gradient descent, whose loss is known exactly. On LOOKED_AT of
    these prompts: sensitivity, norms as in figure 5 of the paper, whose "other" is the mean over
    all tokens but its own (`analysis.copying`); attention, shares that add up to 1, "other" being
    those of all others together; cosine of the sensitivities to the query and gap of the
    predictions beside one step of gradient descent. frames: which snapshots the movie shows.
    seconds: of the processor, for the training.
    """

    steps: Annotated[np.ndarray, "snapshots"]
    loss: Annotated[Estimate, "snapshots"]
    sensitivity: Annotated[Toward, "snapshots"]
    attention: Annotated[Toward, "snapshots"]
    cosine: Annotated[Estimate, "snapshots"]
    prediction_gap: Annotated[Estimate, "snapshots"]
    frames: Annotated[np.ndarray, "frames"]
    seconds: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Descents:
    """Losses of gradient descent: of the best step, exact, and of the best two tied ones."""

    one: np.ndarray
    two: Estimate


def load_course(optimiser: str, folder: Path = PRETRAINED) -> Course:
    """All seeds of an optimiser: every array has these as its first axis."""
    names = (model_name(optimiser, seed) for seed in range(OPTIMISED[optimiser].seeds))
    return load_stacked(Course, names, folder)


def load_descents(folder: Path = PRETRAINED) -> Descents:
    """What the trainings are measured against."""
    return load_result(Descents, DESCENTS, folder)


def jumps(course: Course) -> np.ndarray:
    """Updates of each seed of a course until its loss is half-way down; inf: never."""
    return plateaus(course.steps, course.loss.mean)


def reached(course: Course) -> np.ndarray:
    """Which seeds of a course end within NEAR of the loss of one step of gradient descent."""
    return course.loss.mean[:, -1] < (1 + NEAR) * one_layer_loss(task_of(MAIN))
