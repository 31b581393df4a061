"""What is measured of several layers, with the shapes of its arrays; losses are half MSE.

Readings are 0..L: the answers read after so many layers, or steps. Without clipping all is exact
over the query, by moments; with clipped tokens it is measured at sampled queries.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import numpy as np

from icl_core.analysis.estimate import Estimate, MedianEstimate
from icl_core.analysis.likeness import Likeness
from icl_core.constructions.matrices import descent_weights
from icl_core.experiments.several_layers import settings
from icl_core.experiments.shared import MAIN
from icl_core.models.linear import LinearTransformer
from icl_core.validation import choice
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.results import load_result, load_stacked

T_co = TypeVar("T_co", covariant=True)


class OfBoth(Generic[T_co]):
    """What there is of gradient descent and of GD++, its fields `gd` and `gdpp`."""

    def of(self, method: str) -> T_co:
        """That of "gd" or "gdpp"."""
        return getattr(self, choice("The method", method, settings.METHODS))


@dataclass(frozen=True, kw_only=True, eq=False)
class Descent:
    """Steps of gradient descent (gammas 0) or GD++: eta / n and gamma of each, and exact losses."""

    steps: Annotated[np.ndarray, "steps"]
    gammas: Annotated[np.ndarray, "steps"]
    loss: Annotated[MedianEstimate, "readings"]

    @property
    def model(self) -> LinearTransformer:
        """Its construction."""
        layers = [
            descent_weights(np.zeros((1, MAIN)), eta=float(step), num_context=1, gamma=float(gamma))
            for step, gamma in zip(self.steps, self.gammas, strict=True)
        ]
        P, Q = (np.stack([getattr(layer, key) for layer in layers]) for key in ("PW_V", "W_KQ"))
        return LinearTransformer(P=P[:, None], Q=Q[:, None])


@dataclass(frozen=True, kw_only=True, eq=False)
class Algorithms(OfBoth[Descent]):
    """GD and GD++ of as many steps as an architecture has layers, tuned on exact losses."""

    gd: Descent
    gdpp: Descent


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison(OfBoth[Likeness]):
    """Layers beside the algorithms: losses, those above the tuned GD++ (paired), likeness."""

    loss: Annotated[MedianEstimate, "readings"]
    excess: Annotated[Estimate, "readings"]
    gd: Annotated[Likeness, "readings"]
    gdpp: Annotated[Likeness, "readings"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """Layers over their training, and with more prompts at its end.

    steps: updates before a snapshot; train_loss: of the last batch; seconds: of the training, by
    the clock, and of the processor.
    """

    steps: Annotated[np.ndarray, "snapshots"]
    train_loss: Annotated[np.ndarray, "snapshots"]
    frames: Annotated[Comparison, "snapshots"]
    end: Comparison
    seconds: np.ndarray
    processor_seconds: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class ScaledInputs(OfBoth[MedianEstimate]):
    """Losses after the last layer, or step, by the factor of the inputs."""

    trained: Annotated[MedianEstimate, "seeds scales"]
    gd: Annotated[MedianEstimate, "scales"]
    gdpp: Annotated[MedianEstimate, "scales"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ClippedLosses(OfBoth[Estimate]):
    """Losses with all tokens clipped, those of the algorithms too."""

    trained: Annotated[Estimate, "seeds readings"]
    gd: Annotated[Estimate, "readings"]
    gdpp: Annotated[Estimate, "readings"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweeps:
    """What is measured on finished layers; None for what blocks with MLPs have not.

    mixes: losses between the trained layers and GD++'s construction; step_seconds: of the processor
    for one update, with the batch of the training and with the paper's.
    """

    scales: ScaledInputs | None
    clipped_scales: ScaledInputs
    mixes: Annotated[MedianEstimate, "seeds shares"] | None
    clipped_mixes: Annotated[MedianEstimate, "seeds shares"] | None
    clipped: ClippedLosses
    step_seconds: Annotated[np.ndarray, "batches"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """All that is measured of one architecture. course: of all seeds: every array has these as its
    first axis."""

    name: str
    architecture: settings.Architecture
    course: Course
    sweeps: Sweeps
    algorithms: Algorithms

    @property
    def seeds(self) -> int:
        """How many models were trained."""
        return len(self.architecture.seeds)


def load_results(name: str, folder: Path = PRETRAINED) -> Results:
    """What is shipped of an architecture."""
    known = settings.ARCHITECTURES[name]
    models = (settings.model_name(name, seed) for seed in known.seeds)
    return Results(
        name=name,
        architecture=known,
        course=load_stacked(Course, models, folder),
        sweeps=load_result(Sweeps, settings.sweeps_name(name), folder),
        algorithms=load_result(Algorithms, settings.algorithms_name(name), folder),
    )
