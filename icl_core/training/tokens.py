"""Paper 1's Transformer blocks by their tokens, on sampled queries (section 3, A.2, A.9 to A.12).

The paper's code clips gradients to 1e-3 up to two blocks and to 10 beyond, with a constant learning
rate and batches of 2,048. Here each prompt may be asked several `queries` at once, which is less
noise for little work.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array
from icl_core.errors import InputError
from icl_core.models.blocks import BlockModel, Parameters, answers
from icl_core.tasks.linear import LinearTask
from icl_core.training import recipe
from icl_core.training.loop import Drawn, Loss, Words, generator_of, words_of
from icl_core.training.recipe import BLOCK
from icl_core.validation import Config, checked, integer


@struct.dataclass
class Batch:
    """X [..., batch, n, d], true weights w [..., batch, d], queries [..., batch, queries, d]."""

    X: Float[Array, "*lead batch n dim"]
    w: Float[Array, "*lead batch dim"]
    queries: Float[Array, "*lead batch queries dim"]


@dataclass(frozen=True)
class BlockLoss(Loss):
    """`half_mse` of a model. `fixed`: batches are prompts that were drawn once, and which of them
    make up each (None: all)."""

    model: BlockModel
    fixed: bool = False

    def pick(self, batches: Any, index: Array) -> Batch:
        if not self.fixed:
            return super().pick(batches, index)
        prompts, chosen = batches
        return prompts if chosen is None else super().pick(prompts, chosen[index])

    def __call__(self, parameters: Parameters, batch: Batch, progress: Array) -> Array:
        return half_mse(self.model, parameters, batch)


@dataclass(frozen=True, kw_only=True)
class BlockTrainee(Config):
    """Blocks of `model` on a noiseless task, each prompt with so many queries.

    tasks: 0 for fresh prompts at every step, else that many prompts, with their queries, drawn
    once; a batch is then all of them, or some at random where there are more.
    """

    task: LinearTask
    model: BlockModel = field(default_factory=BlockModel)
    queries: int = checked(1, integer, "The number of queries of a prompt", (1, 64))
    tasks: int = checked(0, integer, "The number of fixed prompts", (0, 65_536))

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.model, BlockModel):
            raise InputError("The model of a run is no description of blocks: give a BlockModel.")

    @property
    def loss(self) -> BlockLoss:
        return BlockLoss(self.model, fixed=self.tasks > 0)

    def start(self, seed: int) -> Parameters:
        return recipe.start(self.model.shapes(self.task.dim), self.model.num_layers, seed)

    def stream(self, seed: int) -> Words:
        """The generator's place, and the seed, which names the fixed prompts."""
        return np.append(words_of(np.random.default_rng((seed, 2))), np.uint32(seed))

    def draw(self, stream: Words, step: int, size: int) -> Drawn:
        """BLOCK batches of fresh prompts, or of the fixed ones."""
        rng, seed = generator_of(stream[:-1]), stream[-1:]
        batches: Any
        if self.tasks:
            few = rng.integers(self.tasks, size=(BLOCK, size)) if size < self.tasks else None
            batches = fixed_prompts(self, int(seed[0])), few
        else:
            batches = draw_batch(self.task, rng, (BLOCK, size), self.queries)
        return Drawn(batches, 0, BLOCK, np.append(words_of(rng), seed))


@lru_cache(maxsize=1)
def fixed_prompts(trainee: BlockTrainee, seed: int) -> Batch:
    """All that a run with fixed prompts ever sees."""
    rng = np.random.default_rng((seed, 3))
    return draw_batch(trainee.task, rng, (trainee.tasks,), trainee.queries)


def draw_batch(
    task: LinearTask, rng: np.random.Generator, lead: tuple[int, ...], queries: int
) -> Batch:
    """Fresh prompts in float32, queries of the law of the context."""
    X, asked = (
        task.inputs.draw(rng, (*lead, count, task.dim), np.float32)
        for count in (task.num_context, queries)
    )
    w = rng.standard_normal((*lead, task.dim), np.float32)
    return Batch(X=X, w=w, queries=asked)


def half_mse(model: BlockModel, parameters: Parameters, batch: Batch) -> Array:
    """1/2 mean (answer - <w, x_q>)^2 over prompts and queries."""
    y = jnp.einsum("bnd,bd->bn", batch.X, batch.w)
    truth = jnp.einsum("bqd,bd->bq", batch.queries, batch.w)
    gap = answers(model, parameters, batch.X, y, batch.queries)[-1] - truth
    return 0.5 * jnp.mean(gap**2)
