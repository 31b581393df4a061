"""What every task is: contexts to learn from, queries to answer, and what would have been right."""

from typing import Protocol

from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array

Seed = int | tuple[int, ...]
"""Of numpy's generators: (seed, stream, index) names independent streams."""


@struct.dataclass
class Context:
    """What a learner sees of a batch of prompts: inputs X [batch, n, d], targets y [batch, n]."""

    X: Float[Array, "batch n dim"]
    y: Float[Array, "batch n"]


@struct.dataclass
class Draw:
    """Prompts with their queries [batch, queries, d], and the true answers [batch, queries]."""

    context: Context
    queries: Float[Array, "batch queries dim"]
    truth: Float[Array, "batch queries"]


class Task(Protocol):
    """A distribution of prompts; tokens have `dim` + 1 numbers, contexts `num_context` tokens."""

    @property
    def dim(self) -> int: ...

    @property
    def num_context(self) -> int: ...

    def draw(self, seed: Seed, count: int, queries: int = 1) -> Draw:
        """`count` fresh prompts in float64, deterministic in the seed."""
        ...
