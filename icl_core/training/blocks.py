"""Paper 1's Transformer blocks trained on sampled queries (section 3, A.2, A.9 to A.12).

Starts and Adam are those of `training.recipe`; the paper's code clips gradients to 1e-3 up to two
blocks and to 10 beyond, with a constant learning rate and batches of 2,048. Here batch and length
are chosen; each prompt may be asked several `queries` at once, which is less noise for little work,
and the learning rate may fall to 0 over the last part of the run (`cooling`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Array, Float

from icl_core.errors import InputError
from icl_core.models.blocks import BlockModel, Parameters, answers
from icl_core.tasks.linear import LinearTask
from icl_core.training import recipe
from icl_core.training.recipe import BLOCK, State
from icl_core.validation import Config, integer, mapping, number


@dataclass(frozen=True, kw_only=True)
class BlockTraining(Config):
    """The model and the run that trains it; `snapshots` are kept, densest at the start.

    tasks: 0 for fresh prompts at every step, else that many prompts, with their queries, drawn
    once; a batch is then all of them, or `batch` of them at random where there are more.
    clip: largest global norm of a gradient. cooling: share of the steps, at the end, over which
    the learning rate falls to 0 along a cosine; 0 is the paper's.
    """

    model: BlockModel = field(default_factory=BlockModel)
    steps: int = 3000
    batch: int = 512
    queries: int = 1
    tasks: int = 0
    seed: int = 0
    snapshots: int = 40
    learning_rate: float = 1e-3
    clip: float = 1e-3
    cooling: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.model, BlockModel):
            raise InputError("The model of a run is no description of blocks: give a BlockModel.")
        self._set(
            steps=integer("The number of steps", self.steps, "steps"),
            batch=integer("The batch size", self.batch, "batch_size"),
            queries=integer("The number of queries of a prompt", self.queries, (1, 64)),
            tasks=integer("The number of fixed prompts", self.tasks, (0, 65_536)),
            seed=integer("The seed", self.seed, "seed"),
            snapshots=integer("The number of snapshots", self.snapshots, (2, 1000)),
            learning_rate=number("The learning rate", self.learning_rate, "learning_rate"),
            clip=number("The largest norm of a gradient", self.clip, (1e-6, 1e6)),
            cooling=number("The share of the run that cools", self.cooling, (0.0, 1.0)),
        )

    @classmethod
    def from_dict(cls, values: Any) -> "BlockTraining":
        given = mapping("The training of blocks", values)
        if "model" in given:
            given["model"] = BlockModel.from_dict(given["model"])
        return super().from_dict(given)

    def marks(self) -> list[int]:
        """Steps of the snapshots: 0 and, in a quadratic spacing, up to the last; all different."""
        spaced = recipe.spaced_steps(self.steps, self.snapshots)
        return sorted({min(max(step, i), self.steps) for i, step in enumerate(spaced)})

    def optimiser(self) -> optax.GradientTransformation:
        """Adam behind a clipped gradient."""
        held = self.steps - round(self.steps * self.cooling)
        return recipe.cooled_adam(self.learning_rate, self.clip, self.steps, held)


@struct.dataclass
class Batch:
    """X [..., batch, n, d], true weights w [..., batch, d], queries [..., batch, queries, d]."""

    X: Float[Array, "*lead batch n dim"]
    w: Float[Array, "*lead batch dim"]
    queries: Float[Array, "*lead batch queries dim"]


@dataclass(frozen=True, kw_only=True)
class BlockSnapshot:
    """The model after `step` updates, and the mean loss (half MSE) of the last batch."""

    step: int
    train_loss: float
    parameters: dict[str, np.ndarray]


def train_blocks(task: LinearTask, config: BlockTraining) -> Iterator[BlockSnapshot]:
    """Snapshots of a run in float32, deterministic in the seed; the first before any update.

    For noiseless tasks. InputError when the loss is no longer a number.
    """
    rng = np.random.default_rng((config.seed, 2))
    fixed = fixed_prompts(task, config) if config.tasks else None
    program = config.replace(seed=0, snapshots=2)

    def advance(state: State, count: int) -> tuple[State, Array]:
        if fixed is None:
            data = draw_batch(task, rng, (BLOCK, config.batch), config.queries)
            return _updates(state, data, None, count, program)
        return _updates(state, fixed, _choices(rng, config), count, program)

    start = recipe.start(config.model.shapes(task.dim), config.model.num_layers, config.seed)
    for step, loss, parameters in recipe.run(start, config.optimiser(), config.marks(), advance):
        if step and not np.isfinite(loss):
            raise InputError(
                f"The run left the numbers before step {step}: lower the learning rate, or clip "
                "the tokens."
            )
        arrays = {name: np.asarray(values) for name, values in parameters.items()}
        yield BlockSnapshot(step=step, train_loss=loss, parameters=arrays)


def fixed_prompts(task: LinearTask, config: BlockTraining) -> Batch:
    """All that a run with fixed prompts ever sees."""
    rng = np.random.default_rng((config.seed, 3))
    return draw_batch(task, rng, (config.tasks,), config.queries)


def draw_batch(
    task: LinearTask, rng: np.random.Generator, lead: tuple[int, ...], queries: int
) -> Batch:
    """Fresh prompts in float32, queries of the law of the context."""
    X, asked = (
        task.inputs.draw(rng, (*lead, count, task.dim), np.float32)
        for count in (task.num_context, queries)
    )
    w = rng.standard_normal((*lead, task.dim), np.float32)
    return Batch(X=X, w=w, queries=asked)  # type: ignore[arg-type]


def _choices(rng: np.random.Generator, config: BlockTraining) -> np.ndarray | None:
    if config.batch >= config.tasks:
        return None
    return rng.integers(config.tasks, size=(BLOCK, config.batch))


@partial(jax.jit, static_argnames="config")
def _updates(
    state: State, data: Batch, choices: Array | None, count: Array, config: BlockTraining
) -> tuple[State, Array]:
    def batch_of(index: Array) -> Batch:
        if not config.tasks:
            return jax.tree.map(lambda values: values[index], data)
        if choices is None:
            return data
        chosen = choices[index]
        return jax.tree.map(lambda values: values[chosen], data)

    loss = partial(half_mse, config.model)
    return recipe.descend(state, config.optimiser(), count, batch_of, loss)


def half_mse(model: BlockModel, parameters: Parameters, batch: Batch) -> Array:
    """1/2 mean (answer - <w, x_q>)^2 over prompts and queries."""
    y = jnp.einsum("bnd,bd->bn", batch.X, batch.w)
    truth = jnp.einsum("bqd,bd->bq", batch.queries, batch.w)
    gap = answers(model, parameters, batch.X, y, batch.queries)[-1] - truth
    return 0.5 * jnp.mean(gap**2)
