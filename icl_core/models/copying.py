"""Inputs and targets as separate tokens, which a Transformer has to bring together (paper 1, 3.4).

A context of n examples is 2n tokens: x_1, (0, ..., 0, y_1), x_2, ..., each with d numbers and,
below them, the encoding of its place; a query x stands at place 2n, and none is ever attended to.
L untied layers of attention with residuals, the first of them softmax (with scores divided by the
square root of a token's size), the others linear, without biases; the answer is minus the last
entry of a query. That entry belongs to the encoding of its place, about 1 for sinusoidal ones, so
that a model has to take it away first.

Encodings are sinusoidal, of 10 numbers in paper 1's code (20 in its text), or one-hot, as in its
Proposition 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array, namespace, numpy_or_xla, require_shape
from icl_core.models.blocks import linear_attention, softmax_attention
from icl_core.models.factored import FACTORS
from icl_core.models.predictor import Answers, Queries
from icl_core.models.shaped import Shaped
from icl_core.tasks.base import Context, Task
from icl_core.validation import Config, choice, integer

PLACES = ("sinusoidal", "one-hot")

Parameters = Mapping[str, Array]
"""W_K, W_Q, W_V, P, [layers, heads, size, size] each. Vectors are columns."""
Places = tuple[int, ...]
"""Where every token of a context stands."""
State = tuple[Float[Array, "size tokens batch"], Float[Array, "size queries batch"]]
"""Tokens of the context, and queries."""


@dataclass(frozen=True, kw_only=True)
class CopyingModel(Config):
    """The shape of a model; d is its task's, and so is n where places are one-hot.

    softmax: how many of the first layers are softmax; places: the kind of encoding; encoding: its
    size where it is sinusoidal (one-hot ones have 2n + 1 numbers).
    """

    num_layers: int = 2
    num_heads: int = 1
    softmax: int = 1
    places: str = "sinusoidal"
    encoding: int = 10

    def __post_init__(self) -> None:
        self._set(
            num_layers=integer("The number of layers", self.num_layers, "num_layers"),
            num_heads=integer("The number of heads", self.num_heads, "num_heads"),
            places=choice("The encoding of places", self.places, PLACES),
            encoding=integer("The size of the encoding", self.encoding, (1, 64)),
        )
        self._set(softmax=integer("The softmax layers", self.softmax, (0, self.num_layers)))

    def encodings(self, num_context: int) -> Float[np.ndarray, "tokens+1 encoding"]:
        """Of places p = 0, ..., 2n: one-hot, or sin and cos of p / 10000^(2i/D) by turns for
        i = 0, 1, ..., with D the size of the encoding."""
        count = 2 * num_context + 1
        if self.places == "one-hot":
            return np.eye(count)
        entry = np.arange(self.encoding)
        angle = np.arange(count)[:, None] * 1e4 ** (-(entry - entry % 2) / self.encoding)
        return np.where(entry % 2, np.cos(angle), np.sin(angle))

    def shapes(self, dim: int, num_context: int) -> dict[str, tuple[tuple[int, ...], int]]:
        """Of every parameter: its shape, and how many numbers a unit of it sums (its fan-in)."""
        size = dim + (self.encoding if self.places == "sinusoidal" else 2 * num_context + 1)
        shape = (self.num_layers, self.num_heads, size, size)
        return dict.fromkeys(FACTORS, (shape, size)) | {"P": (shape, size * self.num_heads)}


@struct.dataclass
class CopyingTransformer(Shaped):
    """A model of that shape with its parameters."""

    shape: CopyingModel = struct.field(pytree_node=False)

    kind: ClassVar[str] = "copying"
    described_by = CopyingModel

    @classmethod
    def sizes(cls, task: Task) -> tuple[int, ...]:
        return task.dim, task.num_context

    def answers(self, context: Context, queries: Queries) -> Answers:
        """Predictions after layer 0..L, [L+1, batch, queries]."""
        return answers(self.shape, self.parameters, contents(context), queries)


def contents(context: Context) -> Float[Array, "batch tokens dim"]:
    """The tokens x_1, (0, ..., 0, y_1), x_2, ... of a context, without their places."""
    X, y = context.X, context.y
    xp, (batch, n, dim) = namespace(X, y), X.shape
    above = xp.zeros((batch, n, dim - 1), X.dtype)
    targets = xp.concatenate([above, y[..., None].astype(X.dtype)], axis=-1)
    return xp.stack([X, targets], axis=2).reshape(batch, 2 * n, dim)


def embedded(
    model: CopyingModel,
    parameters: Parameters,
    tokens: Float[Array, "batch tokens dim"],
    queries: Queries,
    places: Places | None = None,
) -> State:
    """Tokens of the context and queries, with their places, before layer 1.

    tokens are `contents`, as they are or edited; places: where each stands, in the order of the
    context unless said otherwise.
    """
    xp, (_, count, dim) = namespace(parameters, tokens, queries), tokens.shape
    known = xp.asarray(model.encodings(count // 2), tokens.dtype)
    require_shape("A token", known[0], (parameters["P"].shape[-1] - dim,))
    places = tuple(range(count)) if places is None else places
    where = (
        known[np.asarray(places)],
        xp.broadcast_to(known[-1], (queries.shape[1], known.shape[1])),
    )
    return _placed(tokens, where[0]), _placed(queries, where[1])


def layers(
    model: CopyingModel,
    parameters: Parameters,
    tokens: Float[Array, "batch tokens dim"],
    queries: Queries,
    places: Places | None = None,
) -> list[State]:
    """Tokens of the context and queries before layer 1, after it, and so on; see `embedded`."""
    context, asked = embedded(model, parameters, tokens, queries, places)
    found = [(context, asked)]
    for layer in range(model.num_layers):
        attend = softmax_attention if layer < model.softmax else linear_attention
        change, answer = attend({name: parameters[name][layer] for name in FACTORS}, context, asked)
        context, asked = context + change, asked + answer
        found.append((context, asked))
    return found


def _placed(contents: Array, encodings: Array) -> Array:
    """[batch, tokens, d] and [tokens, encoding] as [d + encoding, tokens, batch]."""
    xp, batch = namespace(contents, encodings), len(contents)
    below = xp.broadcast_to(encodings.T[..., None], (*encodings.T.shape, batch))
    return xp.concatenate([contents.transpose(2, 1, 0), below], axis=0)


@numpy_or_xla(static=("model", "places"))
def answers(
    model: CopyingModel,
    parameters: Parameters,
    tokens: Float[Array, "batch tokens dim"],
    queries: Queries,
    places: Places | None = None,
) -> Answers:
    """Predictions at the queries after 0, 1, ..., L layers; before the first they are minus the
    last entry of the encoding of the queries' place."""
    states = layers(model, parameters, tokens, queries, places)
    rows = namespace(states).stack([query[-1] for _, query in states])
    return -rows.swapaxes(1, 2)
