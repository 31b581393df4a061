"""The prompts on which the variants are measured, and what gradient descent answers there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.recursion import tune_steps
from icl_core.experiments.shared import MAIN, task_of
from icl_core.experiments.variations.settings import EVALUATION, EVALUATION_SEED, QUERIES
from icl_core.tasks.linear import Tokens, prompts_of
from icl_core.tasks.shifts import wider_inputs
from icl_core.training.blocks import Batch, draw_batch


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

    batch: Batch
    y: np.ndarray
    weights: Mapping[str, np.ndarray]

    @property
    def truth(self) -> np.ndarray:
        """Targets of the queries, [prompts, queries]."""
        return np.einsum("bqd,bd->bq", self.batch.queries, self.batch.w)

    def losses(self, answer: np.ndarray) -> np.ndarray:
        """Half squared errors, mean over a prompt's queries, [prompts]."""
        return 0.5 * ((np.asarray(answer) - self.truth) ** 2).mean(-1)

    def of_descent(self, name: str) -> np.ndarray:
        """Losses of one of `descents`, [prompts]."""
        return self.losses(np.einsum("bqd,bd->bq", self.batch.queries, self.weights[name]))


@cache
def evaluation_at(alpha: float, seed: int = EVALUATION_SEED) -> Evaluation:
    """EVALUATION prompts with inputs times alpha: the same for all models."""
    task = wider_inputs(task_of(MAIN), alpha)
    batch = draw_batch(task, np.random.default_rng(seed), (EVALUATION,), QUERIES)
    y = np.einsum("bnd,bd->bn", batch.X, batch.w)
    return Evaluation(batch=batch, y=y, weights=_descent_weights(batch, y))


def _descent_weights(batch: Batch, y: np.ndarray) -> dict[str, np.ndarray]:
    X, y, w = (np.asarray(values, np.float64) for values in (batch.X, y, batch.w))
    prompts = prompts_of(Tokens(X=X, y=y, sigma=np.zeros(len(w)), w=w))
    return {name: np.asarray(d.weight_path(prompts))[-1] for name, d in descents().items()}
