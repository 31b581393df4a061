"""What is measured of models that learn sine waves, with the shapes of its arrays.

Losses are half MSE at sampled queries, the same prompts and queries for all models of a law, with
standard errors over prompts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from icl_core.algorithms.kernel import KernelDescent
from icl_core.analysis.estimate import Estimate
from icl_core.experiments.sine.settings import KERNEL, VARIANTS, model_name
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.results import load_result, load_stacked


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """One model over its training.

    steps: updates before a snapshot; loss: of the last answers there; end: loss of the trained
    model before attention and after every layer, on more prompts; curves: its answers at the
    POINTS of one prompt; seconds: of the processor, for the training.
    """

    steps: Annotated[np.ndarray, "snapshots"]
    loss: Annotated[Estimate, "snapshots"]
    end: Annotated[Estimate, "answers"]
    curves: Annotated[np.ndarray, "snapshots answers points"]
    seconds: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Likeness:
    """Of a transformer and its control after as many updates: cosine of the slopes of their answers
    in the query, |difference of the answers|, |difference of the slopes|."""

    cosine: Estimate
    prediction_gap: Estimate
    slope_gap: Estimate


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared(Course):
    """The same of a transformer that has a control."""

    likeness: Annotated[Likeness, "snapshots"]


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelStep:
    """The best step with a Gaussian kernel: its size and length, its loss, and that of answering
    0."""

    eta: np.ndarray
    length: np.ndarray
    loss: Estimate
    nothing: Estimate

    @property
    def method(self) -> KernelDescent:
        return KernelDescent(etas=(float(self.eta),), length=float(self.length))


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelSteps:
    """For both laws."""

    coded: KernelStep
    printed: KernelStep

    def of(self, law: str) -> KernelStep:
        """ "coded" or "printed"."""
        return {"coded": self.coded, "printed": self.printed}[law]


def load_course(variant: str, folder: Path = PRETRAINED) -> Course:
    """All seeds of a variant: every array has these as its first axis."""
    known = VARIANTS[variant]
    kind = Compared if known.control else Course
    names = (model_name(variant, seed) for seed in range(known.seeds))
    return load_stacked(kind, names, folder)


def load_kernel(folder: Path = PRETRAINED) -> KernelSteps:
    """The steps with a Gaussian kernel."""
    return load_result(KernelSteps, KERNEL, folder)
