"""The prompts on which the variants are measured, and what gradient descent answers there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.loss import sampled_loss
from icl_core.analysis.recursion import tune_steps
from icl_core.experiments.shared import MAIN, task_of
from icl_core.experiments.variations.settings import EVALUATION, EVALUATION_SEED, QUERIES
from icl_core.models.blocks import BlockTransformer
from icl_core.tasks.base import Draw
from icl_core.tasks.linear import prompts_of
from icl_core.tasks.shifts import wider_inputs


@cache
def descents() -> dict[str, GDPlusPlus | GradientDescent]:
    """One best step, and two tied ones of GD and of GD++, tuned on exact losses."""
    task = task_of(MAIN)
    return {
        "gd1": GradientDescent(etas=(one_layer_step(task),)),
        "gd2": tune_steps(task, 2, preconditioned=False),
        "gdpp2": tune_steps(task, 2, preconditioned=True),
    }


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Prompts with sampled queries, and what gradient descent's weights [prompts, d] are there."""

    drawn: Draw
    weights: Mapping[str, np.ndarray]

    def answers(self, model: BlockTransformer) -> np.ndarray:
        """Of the trained model at every query, [prompts, queries], by XLA, as it was trained."""
        found = jax.tree.map(jnp.asarray, model).answers(self.drawn.context, self.drawn.queries)
        return np.asarray(found[-1])

    def losses(self, answer: np.ndarray) -> np.ndarray:
        """Half squared errors, mean over a prompt's queries, [prompts]."""
        return sampled_loss(answer, self.drawn.truth)

    def of_descent(self, name: str) -> np.ndarray:
        """Losses of one of `descents`, [prompts]."""
        return self.losses(np.einsum("bqd,bd->bq", self.drawn.queries, self.weights[name]))


@cache
def evaluation_at(alpha: float, seed: int = EVALUATION_SEED) -> Evaluation:
    """EVALUATION prompts with inputs times alpha: the same for all models."""
    task = wider_inputs(task_of(MAIN), alpha)
    drawn = task.draw(seed, EVALUATION, QUERIES, np.float32)
    context = jax.tree.map(np.float64, drawn.context)
    paths = {name: d.weight_path(prompts_of(context)) for name, d in descents().items()}
    weights = {name: np.asarray(path)[-1] for name, path in paths.items()}
    return Evaluation(drawn=drawn, weights=weights)
