"""The shipped models that the lesson shows, and how they were trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.kernel import KernelDescent
from icl_core.analysis.features import contributions
from icl_core.experiments.sine.results import (
    Course,
    KernelStep,
    KernelSteps,
    load_course,
    load_kernel,
)
from icl_core.experiments.sine.settings import DEEPER, model_name, variant_of
from icl_core.lessons.sine.config import Sine
from icl_core.live.points import Point
from icl_core.models.features import FeatureTransformer
from icl_core.models.predictor import Predictor
from icl_core.tasks.base import Context
from icl_core.zoo.library import PRETRAINED, find_entry, load_model


@dataclass(frozen=True, kw_only=True, eq=False)
class Learned:
    """A transformer and its control, both in double precision, the best step with a Gaussian
    kernel for every law, and the trainings of all seeds: of both, and by the number of layers."""

    law: str
    models: Mapping[str, FeatureTransformer]
    kernels: KernelSteps
    courses: Mapping[str, Course]
    depths: Mapping[int, Course]

    @property
    def kernel(self) -> KernelStep:
        """The step with a Gaussian kernel that is best for the law."""
        return self.kernels.of(self.law)

    @cached_property
    def step(self) -> KernelDescent:
        """One step with the Gaussian kernel."""
        return self.kernel.method

    def ends(self, name: str) -> np.ndarray:
        """Losses of all seeds of "transformer" or "control" after the training, [seeds]."""
        return self.courses[name].end.mean[:, -1]


def context_of(points: Sequence[Point]) -> Context:
    """One prompt of these examples."""
    table = np.array(points, float)
    return Context(X=table[None, :, :1], y=table[None, :, 1])


def answers_at(
    method: Predictor, points: Sequence[Point], x: Float[np.ndarray, "points"]
) -> Float[np.ndarray, "answers points"]:
    """Of a model or a method at every x, before attention or the first step, and after each."""
    return np.asarray(method.answers(context_of(points), x[None, :, None]))[:, 0]


def weighed(
    model: FeatureTransformer, points: Sequence[Point], x: Float[np.ndarray, "queries"]
) -> Float[np.ndarray, "points queries"]:
    """What the first layer adds to the answer at every x for each example."""
    return contributions(model, context_of(points), x[None, :, None])[0]


def read(law: str, layers: int, seed: int, folder: Path = PRETRAINED) -> Learned:
    """What the experiment left of these models."""
    names = {"transformer": variant_of(law, layers), "control": f"{law}_control"}
    return Learned(
        law=law,
        models={name: _model(model_name(known, seed), folder) for name, known in names.items()},
        kernels=load_kernel(folder),
        courses={name: load_course(known, folder) for name, known in names.items()},
        depths={L: load_course(variant_of("coded", L), folder) for L in (1, *DEEPER)},
    )


def _model(name: str, folder: Path) -> FeatureTransformer:
    model = load_model(find_entry(name, folder), folder).holding(FeatureTransformer).model
    doubled = {key: np.asarray(values, np.float64) for key, values in model.parameters.items()}
    return FeatureTransformer(parameters=doubled, shape=model.shape)


def measure(config: Sine) -> Learned:
    """What the views show, from the shipped files."""
    return read(config.law, config.layers, config.seed)
