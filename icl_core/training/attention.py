"""One linear self-attention layer W_K, W_Q, W_V, P, trained with the recipe of paper 1 (section 3).

Adam with b2 = 0.98, learning rate 1e-3, gradients clipped to a global norm of 1e-3, 2,048 fresh
prompts a step, truncated normal starts of variance 0.002 / (d + 1): the settings of the paper's
code. Two things differ. The loss is the plain one, but exact over the query instead of one sampled
query a prompt: the same optimum with less noise. And over the last half of the steps the learning
rate falls to 0, so that the weights come to rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Array, Float

from icl_core.constructions.matrices import AttentionWeights
from icl_core.tasks.linear import LinearTask
from icl_core.validation import Config, integer

LEARNING_RATE, CLIP, DECAY = 1e-3, 1e-3, 0.98
INITIAL_VARIANCE = 0.002
TRUNCATION = 0.87962566
"""Standard deviation of a standard normal variate cut off at -2 and 2."""
BLOCK = 25
"""Steps whose prompts are drawn at a time."""


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
        spaced = np.linspace(0, 1, self.snapshots) ** 2 * self.steps
        return sorted({round(step) for step in spaced})


@struct.dataclass
class _State:
    weights: dict[str, Array]
    optimiser: Any


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
    optimiser = _optimiser(config.steps)
    weights = _start(task.dim, config.seed)
    state = _State(weights=weights, optimiser=optimiser.init(weights))
    marks = config.marks()
    yield _snapshot(0, float("nan"), state)
    for first, last in pairwise(marks):
        loss = jnp.nan
        for begin in range(first, last, BLOCK):
            count = min(BLOCK, last - begin)
            X, w = _draw(task, rng, (BLOCK, config.batch))
            state, loss = _updates(state, X, w, count, task.inputs.variance, config.steps)
        yield _snapshot(last, float(loss), state)


def _start(dim: int, seed: int) -> dict[str, Array]:
    deviation = (INITIAL_VARIANCE / (dim + 1)) ** 0.5 / TRUNCATION
    keys = jax.random.split(jax.random.key(seed), 4)
    shape = (dim + 1, dim + 1)
    return {
        name: deviation * jax.random.truncated_normal(key, -2, 2, shape, jnp.float32)
        for name, key in zip(("W_K", "W_Q", "W_V", "P"), keys, strict=True)
    }


def _draw(
    task: LinearTask, rng: np.random.Generator, lead: tuple[int, int]
) -> tuple[Float[np.ndarray, "steps batch n dim"], Float[np.ndarray, "steps batch dim"]]:
    X = task.inputs.draw(rng, (*lead, task.num_context, task.dim), np.float32)
    return X, rng.standard_normal((*lead, task.dim), np.float32)


def _optimiser(steps: int) -> optax.GradientTransformation:
    hold = optax.constant_schedule(LEARNING_RATE)
    fall = optax.cosine_decay_schedule(LEARNING_RATE, max(steps - steps // 2, 1))
    schedule = optax.join_schedules([hold, fall], [steps // 2])
    return optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(schedule, b2=DECAY))


def layer_weights(
    weights: dict[str, Array], X: Float[Array, "batch n dim"], y: Float[Array, "batch n"]
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
    state: _State, X: Array, w: Array, count: Array, variance: Array, steps: int
) -> tuple[_State, Array]:
    """The first `count` of BLOCK batches; of one shape, so that all spans share a program."""
    optimiser = _optimiser(steps)

    def update(index: Array, carry: tuple[_State, Array]) -> tuple[_State, Array]:
        state, inputs, truth = carry[0], X[index], w[index]

        def loss(weights: dict[str, Array]) -> Array:
            y = jnp.einsum("bnd,bd->bn", inputs, truth)
            gap = layer_weights(weights, inputs, y) - truth
            return 0.5 * variance * jnp.mean(jnp.sum(gap**2, axis=-1))

        value, slope = jax.value_and_grad(loss)(state.weights)
        change, inner = optimiser.update(slope, state.optimiser, state.weights)
        weights: Any = optax.apply_updates(state.weights, change)
        return _State(weights=weights, optimiser=inner), value

    return jax.lax.fori_loop(0, count, update, (state, jnp.zeros((), X.dtype)))


def _snapshot(step: int, loss: float, state: _State) -> AttentionSnapshot:
    arrays = {name: np.asarray(values, np.float64) for name, values in state.weights.items()}
    return AttentionSnapshot(step=step, train_loss=loss, weights=AttentionWeights(**arrays))
