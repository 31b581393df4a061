"""Layers of linear self-attention W_K, W_Q, W_V, P, tied or not, trained as in paper 1, section 3.

Starts and Adam are those of `training.recipe`, prompts are fresh in every step. What differs from
the paper's code: the loss is exact over the query instead of one sampled query a prompt, which has
the same optimum and less noise, so that batches can be smaller; and over the last half of the steps
the learning rate falls to 0. Numbers end at `objective.BOUND`, where the paper clips the tokens of
deep models. One prompt in WIDE_EVERY may have wider inputs: deep layers are polynomials of high
degree in the eigenvalues of Sigma, and else diverge on the one prompt in thousands that is beyond
all of the last batches.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from icl_core.errors import InputError
from icl_core.models.products import multiply
from icl_core.tasks.linear import LinearTask
from icl_core.training import recipe
from icl_core.training.coordinates import Parameters
from icl_core.training.objective import Batch, losses
from icl_core.training.recipe import BLOCK, FACTORS, State
from icl_core.validation import Config, integer, number

WIDE_EVERY = 16


@dataclass(frozen=True, kw_only=True)
class StackTraining(Config):
    """Layers and distinct blocks of weights (1: all tied); length, batch and seed of a run.

    wider: by how much the inputs of one prompt in WIDE_EVERY are multiplied; 1 is the paper's.
    """

    layers: int = 2
    blocks: int = 1
    steps: int = 5000
    batch: int = 512
    learning_rate: float = 1e-3
    clip: float = 1e-3
    wider: float = 1.0
    seed: int = 0
    snapshots: int = 40

    def __post_init__(self) -> None:
        self._set(
            layers=integer("The number of layers", self.layers, "num_layers"),
            steps=integer("The number of steps", self.steps, "steps"),
            batch=integer("The batch size", self.batch, "batch_size"),
            learning_rate=number("The learning rate", self.learning_rate, "learning_rate"),
            clip=number("The largest gradient", self.clip, (1e-9, 1e9)),
            wider=number("The factor of wider inputs", self.wider, (1.0, 10.0)),
            seed=integer("The seed", self.seed, "seed"),
            snapshots=integer("The number of snapshots", self.snapshots, (2, 1000)),
        )
        if self.blocks not in (1, self.layers):
            raise InputError(
                f"There are {self.blocks} blocks for {self.layers} layers: "
                "choose 1, tied, or one for each layer."
            )

    def marks(self) -> list[int]:
        """Steps of the snapshots: 0 and, in a quadratic spacing, up to the last."""
        return sorted(set(recipe.spaced_steps(self.steps, self.snapshots)))


@dataclass(frozen=True, kw_only=True)
class StackSnapshot:
    """The layers after `step` updates: each factor [blocks, d+1, d+1] in float64.

    train_loss is the mean loss (half MSE) of the last batch.
    """

    step: int
    train_loss: float
    weights: dict[str, np.ndarray]


def train_stack(task: LinearTask, config: StackTraining) -> Iterator[StackSnapshot]:
    """Snapshots of a run in float32, deterministic in the seed; the first before any update.

    For noiseless tasks whose inputs have one variance.
    """
    rng = np.random.default_rng((config.seed, config.layers, config.blocks))

    def advance(state: State, count: int) -> tuple[State, Array]:
        X, w = _draw(task, rng, config)
        return _updates(state, X, w, count, task.inputs.variance, config)

    shape = (config.blocks, task.dim + 1, task.dim + 1)
    shapes = dict.fromkeys(FACTORS, (shape, task.dim + 1))
    start = recipe.start(shapes, config.layers, config.seed)
    for step, loss, weights in recipe.run(start, _optimiser(config), config.marks(), advance):
        arrays = {name: np.asarray(values, np.float64) for name, values in weights.items()}
        yield StackSnapshot(step=step, train_loss=loss, weights=arrays)


def _draw(
    task: LinearTask, rng: np.random.Generator, config: StackTraining
) -> tuple[Float[np.ndarray, "steps n dim batch"], Float[np.ndarray, "steps dim batch"]]:
    """Inputs and true weights of BLOCK batches, the batch last (see `models.products`)."""
    X = task.inputs.draw(rng, (BLOCK, config.batch, task.num_context, task.dim), np.float32)
    X[:, ::WIDE_EVERY] *= config.wider
    w = rng.standard_normal((BLOCK, task.dim, config.batch), np.float32)
    return np.ascontiguousarray(np.moveaxis(X, 1, -1)), w


def _optimiser(config: StackTraining) -> optax.GradientTransformation:
    return recipe.cooled_adam(config.learning_rate, config.clip, config.steps, config.steps // 2)


def _batch(X: Array, w: Array, variance: Array, on: Array) -> Batch:
    """Moments of noiseless prompts, in raw coordinates."""
    Sigma = multiply(X.swapaxes(0, 1), X, on)
    alpha = jnp.sum(Sigma * w[None], axis=1)
    lam = jnp.sum(alpha * w, axis=0)
    top = jnp.concatenate([Sigma, alpha[:, None]], axis=1)
    bottom = jnp.concatenate([alpha, lam[None]], axis=0)[None]
    unit = jnp.sqrt(variance).astype(w.dtype)
    return Batch(
        gram=jnp.concatenate([top, bottom], axis=0),
        target=unit * w,
        weight=jnp.ones_like(lam),
        scale=jnp.broadcast_to(unit, w.shape[:1]),
        on=on,
    )


def products(weights: Parameters, layers: int) -> Parameters:
    """P W_V and W_K^T W_Q of every layer as the one head of a linear transformer, [K, 1, ...]."""
    P = weights["P"] @ weights["W_V"]
    Q = weights["W_K"].swapaxes(-1, -2) @ weights["W_Q"]
    times = layers // len(P)  # tied layers have one set of weights
    return {"P": P.repeat(times, axis=0)[:, None], "Q": Q.repeat(times, axis=0)[:, None]}


@partial(jax.jit, static_argnames="config")
def _updates(
    state: State, X: Array, w: Array, count: Array, variance: Array, config: StackTraining
) -> tuple[State, Array]:
    def batch_of(index: Array) -> Batch:
        # A number that the compiler cannot know (see `models.products`).
        return _batch(X[index], w[index], variance, jnp.asarray(count, jnp.int32))

    def loss(weights: Parameters, batch: Batch) -> Array:
        return jnp.mean(losses(products(weights, config.layers), batch))

    return recipe.descend(state, _optimiser(config), count, batch_of, loss)
