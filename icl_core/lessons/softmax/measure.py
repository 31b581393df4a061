"""Trained softmax heads, what they do on one prompt, and how near built ones come to a step."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.softmax import (
    Linearisation,
    at_temperature,
    distances_by_scale,
    linearisation,
)
from icl_core.experiments.shared import MAIN, task_of
from icl_core.experiments.variations.results import Trainings, load_trainings
from icl_core.experiments.variations.settings import HEADS, SOFTMAX, VARIANTS, softmax_name
from icl_core.lessons.softmax.config import Softmax
from icl_core.models.blocks import BlockTransformer
from icl_core.models.factored import factors_of
from icl_core.tasks.base import Draw

LINEAR = "heads2"
"""The variant with linear attention that stands beside softmax."""
SCALES = np.geomspace(1e-9, 1, 37)
"""Of the scores of constructed heads."""
PROMPT_SEED, LIMIT_SEED, QUERIES, LIMIT_PROMPTS = 91, 92, 60, 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """The trainings by number of heads; the largest distance of constructed heads' answers from a
    step on centred inputs by their scale, and of two heads' from the step on inputs as they are."""

    trainings: Trainings
    to_centred: Mapping[int, Float[np.ndarray, "scales"]]
    to_descent: Float[np.ndarray, "scales"]


def measure(config: Softmax) -> Found:
    """What the views show, but for single prompts; the same for all choices."""
    task = task_of(MAIN)
    known = task, task.draw(LIMIT_SEED, LIMIT_PROMPTS, 4), SCALES
    return Found(
        trainings=load_trainings([LINEAR, *(softmax_name(h, by) for by in SOFTMAX for h in HEADS)]),
        to_centred={heads: distances_by_scale(*known, heads) for heads in HEADS},
        to_descent=distances_by_scale(*known, 2, centre=False),
    )


def layer_at(found: Found, config: Softmax, frame: int) -> BlockTransformer:
    """The chosen layer at a snapshot of its training, by the products of its weights, which alone
    count."""
    movie = found.trainings.movies[config.variant][config.seed]
    products = (values[frame].astype(float) for values in (movie.P, movie.Q))
    shape = VARIANTS[config.variant].trainee.model
    return BlockTransformer(parameters=factors_of(*products), shape=shape)


@lru_cache(maxsize=128)
def prompt(number: int) -> Draw:
    """One of PROMPTS prompts, with QUERIES queries."""
    return task_of(MAIN).draw((PROMPT_SEED, number), 1, QUERIES)


def one_step(drawn: Draw) -> Float[np.ndarray, "queries"]:
    """What the best step of gradient descent answers."""
    descent = GradientDescent(etas=(one_layer_step(task_of(MAIN)),))
    return np.asarray(descent.answers(drawn.context, drawn.queries)[-1, 0])


def parts(layer: BlockTransformer, drawn: Draw, temperature: float) -> Linearisation:
    """What the heads of a layer do where their scores are divided by a temperature."""
    return linearisation(at_temperature(layer, temperature), drawn.context, drawn.queries)
