"""Trained starts beside fixed validation prompts, the same for every run of a task."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from icl_core.algorithms.ridge import BayesRR, OracleRR
from icl_core.analysis.loss import distance_loss
from icl_core.arrays import Array
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.rare import RAREST
from icl_core.training.linear import BY_LANE, as_model
from icl_core.training.loop import Snapshot
from icl_core.training.objective import Batch, Parameters, batch_of, losses, rare_batch

PROMPTS, SEED = 4096, 987_654
RARE_PROMPTS = 16_384
"""Of the validation with prompts that are rare on purpose."""
EXPLORING_SHARE = 4
"""While all starts are alive, the first 1 / EXPLORING_SHARE of the prompts serve."""


@dataclass(frozen=True, kw_only=True)
class Validated(Snapshot):
    """A snapshot of the starts of one task, beside fixed validation prompts.

    All weights are running averages over the last updates. train_loss: the objective of the best
    start on the latest batches (robust half MSE); losses: of each start the mean adjusted loss
    (half MSE) on the validation prompts, whose Bayes loss is `floor`; seconds: of the training so
    far; phase: "exploring", "refining", "training" or, with the best model found, "finished", or
    "diverged"; cut: whether a time limit has changed what the training does; round: the one under
    way, from 1; holds: of a run that has diverged the learning rate that held in a trial, or 0.
    """

    seconds: float
    phase: str
    task: LinearTask
    losses: Float[np.ndarray, "restarts"]
    floor: float
    cut: bool = False
    round: int = 1
    holds: float = 0.0

    @property
    def best(self) -> int:
        """The start with the smallest loss."""
        return int(np.argmin(self.losses))

    @property
    def loss(self) -> float:
        """The smallest of the losses."""
        return float(self.losses[self.best])

    @cached_property
    def candidates(self) -> LinearTransformer:
        """All starts still alive in raw coordinates, P and Q [R, L, H, d+1, d+1]."""
        return as_model(self.parameters, self.task.dim).raw(self.task)

    @property
    def model(self) -> LinearTransformer:
        """The best start."""
        return jax.tree.map(lambda stack: stack[self.best], self.candidates)


@lru_cache(maxsize=16)
def validation_of(task: LinearTask) -> tuple[Batch, float]:
    """Fixed prompts, the same for every run of a task, and the Bayes loss on them (half MSE)."""
    drawn = draw_prompts(task, SEED, PROMPTS)
    target = OracleRR().weight_path(drawn)[-1]
    bayes = BayesRR(noise=task.noise).weight_path(drawn)
    floor = float(distance_loss(bayes, target, task.query_variances)[-1].mean())
    return batch_of(drawn, task), floor


@lru_cache(maxsize=16)
def rare_validation_of(task: LinearTask) -> Batch:
    """Fixed prompts of `tasks.rare`, the same for every run of a task: a model that explodes on one
    in 100,000 of the task's prompts does so on several of these."""
    batch = rare_batch(task, SEED, RARE_PROMPTS)
    return replace(batch, weight=np.where(batch.weight < RAREST, 0.0, batch.weight))


def first_prompts(batch: Batch) -> Batch:
    """The first 1 / EXPLORING_SHARE of a batch."""
    few = len(batch.weight) // EXPLORING_SHARE
    return replace(
        batch, gram=batch.gram[..., :few], target=batch.target[:, :few], weight=batch.weight[:few]
    )


@jax.jit
def mean_losses(parameters: Parameters, batch: Batch) -> Float[Array, "lanes starts"]:
    """Weighted mean adjusted loss of every start, one after the other to keep memory flat."""

    def lane(parameters: Parameters, batch: Batch) -> Array:
        means = jax.lax.map(lambda start: jnp.mean(batch.weight * losses(start, batch)), parameters)
        return jnp.where(jnp.isfinite(means), means, jnp.inf)

    return jax.vmap(lane, in_axes=(0, BY_LANE))(parameters, batch)
