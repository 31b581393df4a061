"""One linear self-attention layer W_K, W_Q, W_V, P, trained with the recipe of paper 1 (section 3).

Starts and Adam as in `training.recipe`, learning rate 1e-3, gradients clipped to a global norm of
1e-3, 2,048 fresh prompts a step: the settings of the paper's code. Two things differ. The loss is
the plain one, but exact over the query instead of one sampled query a prompt: the same optimum with
less noise. And over the last half of the steps the learning rate falls to 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from icl_core.constructions.matrices import AttentionWeights
from icl_core.tasks.linear import LinearTask
from icl_core.training import recipe
from icl_core.training.coordinates import Parameters
from icl_core.training.recipe import BLOCK, FACTORS, State
from icl_core.validation import Config, integer

LEARNING_RATE, CLIP = 1e-3, 1e-3


@dataclass(frozen=True, kw_only=True)
class AttentionTraining(Config):
    """Length, batch and seed of a run; `snapshots` are kept on the way, densest at the start."""

    steps: int = 3000
    batch: int = 2048
    seed: int = 0
    snapshots: int = 40

    def __post_init__(self) -> None:
        self._set(
            steps=integer("The number of steps", self.steps, "steps"),
            batch=integer("The batch size", self.batch, "batch_size"),
            seed=integer("The seed", self.seed, "seed"),
            snapshots=integer("The number of snapshots", self.snapshots, (2, 1000)),
        )

    def marks(self) -> list[int]:
        """Steps of the snapshots: 0 and, in a quadratic spacing, up to the last."""
        return sorted(set(recipe.spaced_steps(self.steps, self.snapshots)))


@dataclass(frozen=True, kw_only=True)
class AttentionSnapshot:
    """The layer after `step` updates, and the mean loss (half MSE) of the last batch."""

    step: int
    train_loss: float
    weights: AttentionWeights


def train_attention(task: LinearTask, config: AttentionTraining) -> Iterator[AttentionSnapshot]:
    """Snapshots of a run in float32, deterministic in the seed; the first before any update.

    For noiseless tasks whose inputs have one variance.
    """
    rng = np.random.default_rng((config.seed, 1))

    def advance(state: State, count: int) -> tuple[State, Array]:
        X, w = _draw(task, rng, (BLOCK, config.batch))
        return _updates(state, X, w, count, task.inputs.variance, config.steps)

    shape = (task.dim + 1, task.dim + 1)
    start = recipe.start(dict.fromkeys(FACTORS, (shape, task.dim + 1)), 1, config.seed)
    optimiser = _optimiser(config.steps)
    for step, loss, weights in recipe.run(start, optimiser, config.marks(), advance):
        arrays = {name: np.asarray(values, np.float64) for name, values in weights.items()}
        yield AttentionSnapshot(step=step, train_loss=loss, weights=AttentionWeights(**arrays))


def _draw(
    task: LinearTask, rng: np.random.Generator, lead: tuple[int, int]
) -> tuple[Float[np.ndarray, "steps batch n dim"], Float[np.ndarray, "steps batch dim"]]:
    X = task.inputs.draw(rng, (*lead, task.num_context, task.dim), np.float32)
    return X, rng.standard_normal((*lead, task.dim), np.float32)


def _optimiser(steps: int) -> optax.GradientTransformation:
    return recipe.cooled_adam(LEARNING_RATE, CLIP, steps, held=steps // 2)


def layer_weights(
    weights: Parameters, X: Float[Array, "batch n dim"], y: Float[Array, "batch n"]
) -> Float[Array, "batch dim"]:
    """Implicit weights of the layer: minus the last row of P W_V G W_K^T W_Q, its x part."""
    dim = X.shape[-1]
    writes = weights["P"][-1] @ weights["W_V"]
    compares = weights["W_K"].T @ weights["W_Q"][:, :dim]
    values = jnp.einsum("bnd,d->bn", X, writes[:dim]) + y * writes[dim]
    read = jnp.einsum("bn,bnd->bd", values, X)
    last = jnp.sum(values * y, axis=-1)
    return -(read @ compares[:dim] + last[:, None] * compares[dim][None])


@partial(jax.jit, static_argnames="steps")
def _updates(
    state: State, X: Array, w: Array, count: Array, variance: Array, steps: int
) -> tuple[State, Array]:
    def loss(weights: Parameters, batch: tuple[Array, Array]) -> Array:
        inputs, truth = batch
        y = jnp.einsum("bnd,bd->bn", inputs, truth)
        gap = layer_weights(weights, inputs, y) - truth
        return 0.5 * variance * jnp.mean(jnp.sum(gap**2, axis=-1))

    return recipe.descend(state, _optimiser(steps), count, lambda index: (X[index], w[index]), loss)
