"""What is measured of one trained layer, with the shapes of its arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.analysis.likeness import Likeness
from icl_core.experiments.one_layer.settings import SHIFTS, SIZES, model_name, seeds_of
from icl_core.experiments.shared import MAIN
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.results import load_result, load_stacked


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """One layer over its training, on EVALUATION prompts; losses are half MSE.

    steps: updates before a snapshot; train_loss: of the last batch; loss: the exact one of the best
    step of gradient descent and `excess`, the paired difference, for that has less noise than a
    plain mean; likeness: to that step; descent: its own loss on these prompts; seconds: of the
    training, by the clock.
    """

    steps: Annotated[np.ndarray, "snapshots"]
    train_loss: Annotated[np.ndarray, "snapshots"]
    loss: Annotated[np.ndarray, "snapshots"]
    excess: Annotated[Estimate, "snapshots"]
    likeness: Annotated[Likeness, "snapshots"]
    descent: Estimate
    seconds: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class ShiftedLosses:
    """Losses on prompts unlike those of training, by how far unlike: of the trained layers, of
    gradient descent, of the average of both."""

    trained: Annotated[Estimate, "seeds strengths"]
    gd: Annotated[Estimate, "strengths"]
    mixed: Annotated[Estimate, "seeds strengths"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread(Estimate):
    """Of losses over prompts: mean, standard error, median, 10 % and 90 % quantile."""

    median: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class RollOuts:
    """Losses after 0, 1, ... applications of one layer, by damping.

    trained: without the column of W_K^T W_Q that reads a query's y; whole: with it, on fewer
    prompts.
    """

    trained: Annotated[Spread, "seeds dampings steps"]
    gd: Annotated[Spread, "dampings steps"]
    whole: Annotated[Spread, "seeds dampings steps"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shifts:
    """What is measured on the finished layers of the main size.

    mixes: excess over gradient descent of the layers between trained and constructed;
    largest_eigenvalues: of Sigma on the prompts of the roll-outs, ascending.
    """

    input_shift: ShiftedLosses
    target_shift: ShiftedLosses
    law_shift: ShiftedLosses
    mixes: Annotated[Estimate, "seeds shares"]
    roll_outs: RollOuts
    largest_eigenvalues: Annotated[np.ndarray, "prompts"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """All that is measured of one layer. courses: by size, of all its seeds: every array has these
    as its first axis."""

    courses: Mapping[int, Course]
    shifts: Shifts

    @property
    def course(self) -> Course:
        """Of the main size."""
        return self.courses[MAIN]


def load_results(folder: Path = PRETRAINED) -> Results:
    """What is shipped of the experiment."""
    names = {n: [model_name(n, seed) for seed in seeds_of(n)] for n in sorted(SIZES)}
    return Results(
        courses={n: load_stacked(Course, rows, folder) for n, rows in names.items()},
        shifts=load_result(Shifts, SHIFTS, folder),
    )
