"""Paper 1's Transformer blocks trained on sampled queries (section 3, A.2, A.9 to A.12).

The recipe of the paper's code: Adam with b2 = 0.98, gradients clipped to a global norm (1e-3 up to
two blocks, 10 beyond), weights from truncated normals of variance 0.002 / (L fan-in), a constant
learning rate, batches of 2,048. Here batch and length are chosen; each prompt may be asked several
`queries` at once, which is less noise for little work, and the learning rate may fall to 0 over
the last part of the run (`cooling`), so that the weights come to rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
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
from icl_core.training.attention import DECAY, INITIAL_VARIANCE, TRUNCATION
from icl_core.validation import Config, integer, mapping, number

BLOCK = 25
"""Steps whose prompts are drawn at a time."""


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
        spaced = np.linspace(0, 1, self.snapshots) ** 2 * self.steps
        return sorted({min(max(round(step), i), self.steps) for i, step in enumerate(spaced)})

    def optimiser(self) -> optax.GradientTransformation:
        """Adam behind a clipped gradient."""
        cooled = round(self.steps * self.cooling)
        rate: Any = self.learning_rate
        if cooled:
            fall = optax.cosine_decay_schedule(rate, cooled)
            rate = optax.join_schedules(
                [optax.constant_schedule(rate), fall], [self.steps - cooled]
            )
        return optax.chain(optax.clip_by_global_norm(self.clip), optax.adam(rate, b2=DECAY))


@struct.dataclass
class _State:
    parameters: Parameters
    optimiser: Any


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
    state = _start(task, config)
    rng = np.random.default_rng((config.seed, 2))
    fixed = fixed_prompts(task, config) if config.tasks else None
    recipe = config.replace(seed=0, snapshots=2)
    marks = config.marks()
    yield _snapshot(0, float("nan"), state)
    for first, last in pairwise(marks):
        loss = jnp.nan
        for begin in range(first, last, BLOCK):
            count = min(BLOCK, last - begin)
            if fixed is None:
                data = draw_batch(task, rng, (BLOCK, config.batch), config.queries)
                state, loss = _updates(state, data, None, count, recipe)
            else:
                state, loss = _updates(state, fixed, _choices(rng, config), count, recipe)
        if not np.isfinite(loss):
            raise InputError(
                f"The run left the numbers before step {last}: lower the learning rate, or clip "
                "the tokens."
            )
        yield _snapshot(last, float(loss), state)


def fixed_prompts(task: LinearTask, config: BlockTraining) -> Batch:
    """All that a run with fixed prompts ever sees."""
    rng = np.random.default_rng((config.seed, 3))
    return draw_batch(task, rng, (config.tasks,), config.queries)


def start_parameters(task: LinearTask, config: BlockTraining) -> dict[str, Array]:
    """Truncated normals of variance 0.002 / (L fan-in); biases 0, LayerNorms 1 and 0."""
    shapes = config.model.shapes(task.dim)
    keys = jax.random.split(jax.random.key(config.seed), len(shapes))
    variance = INITIAL_VARIANCE / config.model.num_layers
    found = {}
    for (name, (shape, fan_in)), key in zip(shapes.items(), keys, strict=True):
        if fan_in:
            deviation = (variance / fan_in) ** 0.5 / TRUNCATION
            found[name] = deviation * jax.random.truncated_normal(key, -2, 2, shape, jnp.float32)
        else:
            found[name] = jnp.full(shape, float(name == "scale"), jnp.float32)
    return found


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


def _start(task: LinearTask, config: BlockTraining) -> _State:
    parameters = start_parameters(task, config)
    return _State(parameters=parameters, optimiser=config.optimiser().init(parameters))


def _choices(rng: np.random.Generator, config: BlockTraining) -> np.ndarray | None:
    if config.batch >= config.tasks:
        return None
    return rng.integers(config.tasks, size=(BLOCK, config.batch))


@partial(jax.jit, static_argnames="config")
def _updates(
    state: _State, data: Batch, choices: Array | None, count: Array, config: BlockTraining
) -> tuple[_State, Array]:
    """The first `count` of BLOCK batches; of one shape, so that all spans share a program."""
    optimiser = config.optimiser()

    def batch_of(index: Array) -> Batch:
        if not config.tasks:
            return jax.tree.map(lambda values: values[index], data)
        if choices is None:
            return data
        chosen = choices[index]
        return jax.tree.map(lambda values: values[chosen], data)

    def update(index: Array, carry: tuple[_State, Array]) -> tuple[_State, Array]:
        state, batch = carry[0], batch_of(index)

        def loss(parameters: Parameters) -> Array:
            return half_mse(config.model, parameters, batch)

        value, slope = jax.value_and_grad(loss)(state.parameters)
        change, inner = optimiser.update(slope, state.optimiser, state.parameters)
        parameters: Any = optax.apply_updates(state.parameters, change)
        return _State(parameters=parameters, optimiser=inner), value

    return jax.lax.fori_loop(0, count, update, (state, jnp.zeros((), data.X.dtype)))


def half_mse(model: BlockModel, parameters: Parameters, batch: Batch) -> Array:
    """1/2 mean (answer - <w, x_q>)^2 over prompts and queries."""
    y = jnp.einsum("bnd,bd->bn", batch.X, batch.w)
    truth = jnp.einsum("bqd,bd->bq", batch.queries, batch.w)
    gap = answers(model, parameters, batch.X, y, batch.queries)[-1] - truth
    return 0.5 * jnp.mean(gap**2)


def _snapshot(step: int, loss: float, state: _State) -> BlockSnapshot:
    arrays = {name: np.asarray(values) for name, values in state.parameters.items()}
    return BlockSnapshot(step=step, train_loss=loss, parameters=arrays)
