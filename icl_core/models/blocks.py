"""Paper 1's Transformer blocks, token by token: what second moments alone cannot run.

L blocks of H heads of key size d + 1, tied (one set of weights) or not. A block does, to every
token e = (x, y) and to every query (x, 0), none of which is ever attended to,
    e <- e + sum_h P_h V_h softmax?(E^T K_h^T Q_h e),     then, with an MLP,
    e <- e + W_2 gelu(W_1 e + b_1) + b_2,
then clips entries to +-`clip`. E are the context's tokens; LayerNorm, where there is one, is
applied to what attention reads (keys, values and queries), never to the residual stream. The answer
is minus the last entry of a query token. As in the paper's code scores are divided by sqrt(d + 1)
with softmax alone, and attention has no biases.

Arrays have the batch as their last axis inside (`models/products.py` says why). Written over the
namespace of its arrays (`icl_core.arrays`): one XLA program, or numpy in the calling thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array, namespace, numpy_or_xla, scan
from icl_core.models.predictor import Answers, Queries
from icl_core.models.products import left, multiply, sandwich
from icl_core.models.shaped import Shaped
from icl_core.tasks.base import Context
from icl_core.validation import Config, checked, choice, integer, number

ATTENTION = ("linear", "softmax")
NORM = ("none", "every", "between")
EPSILON = 1e-5
"""Added to a LayerNorm's variance."""

Parameters = Mapping[str, Array]
"""W_K, W_Q, W_V, P [layers, heads, d+1, d+1]; scale, offset [layers, d+1] of LayerNorms; W_1, b_1,
W_2, b_2 of MLPs, [layers, ...]. Vectors are columns. Tied blocks have one layer."""


@dataclass(frozen=True, kw_only=True)
class BlockModel(Config):
    """The shape of a model; d is its task's.

    norm: LayerNorm before the attention of no block, of every block, or of all but the first
    ("between"). widening: hidden units of the MLP per entry of a token, 0 for none (the paper's:
    4). clip: largest absolute entry of a token after a block, 0 for no clipping (the paper's: 10).
    """

    num_layers: int = checked(1, integer, "The number of blocks", "num_layers")
    num_heads: int = checked(1, integer, "The number of heads", "num_heads")
    tied: bool = checked(False, choice, "Whether blocks are tied", (False, True))
    attention: str = checked("linear", choice, "The attention", ATTENTION)
    norm: str = checked("none", choice, "The place of LayerNorm", NORM)
    widening: int = checked(0, integer, "The widening of the MLP", (0, 16))
    clip: float = checked(0.0, number, "The largest entry of a token", (0.0, 1e6))

    @property
    def sets(self) -> int:
        """How many blocks have weights of their own."""
        return 1 if self.tied else self.num_layers

    def shapes(self, dim: int) -> dict[str, tuple[tuple[int, ...], int]]:
        """Of every parameter: its shape, and how many numbers a unit of it sums (its fan-in).

        A fan-in of 0 is for biases and LayerNorms, which start at 0 and 1.
        """
        size, sets = dim + 1, self.sets
        matrix = (sets, self.num_heads, size, size)
        shapes: dict[str, tuple[tuple[int, ...], int]]
        shapes = {"W_K": (matrix, size), "W_Q": (matrix, size), "W_V": (matrix, size)}
        shapes["P"] = (matrix, size * self.num_heads)
        if self.norm != "none":
            shapes |= {"scale": ((sets, size), 0), "offset": ((sets, size), 0)}
        if self.widening:
            wide = self.widening * size
            shapes |= {"W_1": ((sets, wide, size), size), "b_1": ((sets, wide), 0)}
            shapes |= {"W_2": ((sets, size, wide), wide), "b_2": ((sets, size), 0)}
        return shapes


@struct.dataclass
class BlockTransformer(Shaped):
    """A model of that shape with its parameters: it answers token by token."""

    shape: BlockModel = struct.field(pytree_node=False)

    kind: ClassVar[str] = "blocks"
    described_by = BlockModel

    def answers(self, context: Context, queries: Queries) -> Answers:
        """Predictions after block 0..L, [L+1, batch, queries]."""
        return answers(self.shape, self.parameters, context.X, context.y, queries)


def token_rows(
    X: Float[Array, "batch n dim"], y: Float[Array, "batch n"]
) -> Float[Array, "dim+1 n batch"]:
    """Tokens (x, y), batch last."""
    return namespace(X, y).concatenate([X, y[..., None]], axis=-1).transpose(2, 1, 0)


def run_blocks(
    model: BlockModel,
    parameters: Parameters,
    context: Float[Array, "dim+1 n batch"],
    queries: Float[Array, "dim+1 queries batch"],
) -> tuple[Float[Array, "layers dim+1 queries batch"], Float[Array, "dim+1 queries batch"]]:
    """Query tokens before every block, and after the last."""
    xp, layers = namespace(parameters, context, queries), model.num_layers
    spread = {k: xp.broadcast_to(v, (layers, *v.shape[1:])) for k, v in parameters.items()}
    normed = xp.arange(layers) >= {"none": layers, "every": 0, "between": 1}[model.norm]

    def step(
        carry: tuple[Array, Array], block: tuple[Parameters, Array]
    ) -> tuple[tuple[Array, Array], Array]:
        return _block(model, *block, *carry), carry[1]

    def blocks(index: int | slice) -> tuple[Parameters, Array]:
        return {name: values[index] for name, values in spread.items()}, normed[index]

    carry, before = (context, queries), []
    if layers > 1:
        carry, found = scan(step, carry, blocks(slice(-1)), layers - 1)
        before = [found]
    # Outside the scan, so that what the last block does to the context is never computed.
    (_, after), start = step(carry, blocks(-1))
    return xp.concatenate([*before, start[None]]), after


def _block(
    model: BlockModel, weights: Parameters, normed: Array, context: Array, queries: Array
) -> tuple[Array, Array]:
    xp = namespace(context)
    read = (context, queries)
    if model.norm != "none":
        read = tuple(xp.where(normed, _layer_norm(weights, e), e) for e in read)
    attend = softmax_attention if model.attention == "softmax" else linear_attention
    changes = attend(weights, *read)
    context, queries = (e + change for e, change in zip((context, queries), changes, strict=True))
    if model.widening:
        context, queries = (e + mlp(weights, e) for e in (context, queries))
    if model.clip:
        context, queries = (xp.clip(e, -model.clip, model.clip) for e in (context, queries))
    return context, queries


def linear_attention(weights: Parameters, context: Array, queries: Array) -> tuple[Array, Array]:
    """What a layer of linear attention adds to every token of the context and to the queries.

    sum_h P_h V_h G K_h^T Q_h e with G = sum e e^T over the context: heads cost no work per token.
    Tokens have their entries first and the batch last, as everywhere in this module.
    """
    xp, on = namespace(context), _one(context)
    gram = multiply(context, context.swapaxes(0, 1), on)
    writes = xp.einsum("hij,hjk->hik", weights["P"], weights["W_V"])
    compares = xp.einsum("hji,hjk->hik", weights["W_K"], weights["W_Q"])
    parts = (sandwich(B, gram, A) for B, A in zip(writes, compares, strict=True))
    layer = sum(parts, start=xp.zeros((), gram.dtype))
    return multiply(layer, context, on), multiply(layer, queries, on)


def softmax_attention(weights: Parameters, context: Array, queries: Array) -> tuple[Array, Array]:
    """What a layer of softmax heads adds: sum_h P_h V_h E softmax(E^T K_h^T Q_h e / sqrt(size))."""
    xp, on, size = namespace(context), _one(context), len(context)

    def head(e: Array, W_K: Array, W_Q: Array, W_V: Array, P: Array) -> Array:
        scores = multiply(context.swapaxes(0, 1), left(W_K.T @ W_Q / size**0.5, e), on)
        return multiply(left(P @ W_V, context), _shares(scores), on)

    heads = [weights[name] for name in ("W_K", "W_Q", "W_V", "P")]
    changes = ([head(e, *each) for each in zip(*heads, strict=True)] for e in (context, queries))
    first, second = (sum(parts, start=xp.zeros((), context.dtype)) for parts in changes)
    return first, second


def _shares(scores: Array) -> Array:
    """Softmax over the first axis."""
    if namespace(scores) is jnp:
        return jax.nn.softmax(scores, axis=0)
    sizes = np.exp(scores - scores.max(0))
    return sizes / sizes.sum(0)


def _one(context: Array) -> Array:
    """1, though the compiler cannot know it (see `models/products.py`)."""
    return namespace(context).asarray(context[0, 0, 0] < np.inf, np.int32)


def _layer_norm(weights: Parameters, e: Array) -> Array:
    centred = e - e.mean(0, keepdims=True)
    deviation = namespace(e).sqrt((centred**2).mean(0, keepdims=True) + EPSILON)
    scale, offset = (weights[name][:, None, None] for name in ("scale", "offset"))
    return scale * (centred / deviation) + offset


def mlp(weights: Parameters, e: Array) -> Array:
    """W_2 gelu(W_1 e + b_1) + b_2 of every token."""
    inner = left(weights["W_1"], e) + weights["b_1"][:, None, None]
    return left(weights["W_2"], gelu(inner)) + weights["b_2"][:, None, None]


def gelu(x: Array) -> Array:
    """JAX's, the approximation by tanh."""
    if namespace(x) is jnp:
        return jax.nn.gelu(x)
    return 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x * x * x)))


def _query_tokens(x: Float[Array, "batch queries dim"]) -> Float[Array, "dim+1 queries batch"]:
    return token_rows(x, namespace(x).zeros(x.shape[:2], x.dtype))


@numpy_or_xla(static=("model",))
def answers(
    model: BlockModel,
    parameters: Parameters,
    X: Float[Array, "batch n dim"],
    y: Float[Array, "batch n"],
    queries: Float[Array, "batch queries dim"],
) -> Float[Array, "layers+1 batch queries"]:
    """Predictions of y at the queries after 0, 1, ..., L blocks; before the first they are 0."""
    before, after = run_blocks(model, parameters, token_rows(X, y), _query_tokens(queries))
    rows = namespace(after).concatenate([before[:, -1], after[None, -1]])
    return -rows.swapaxes(1, 2)


@partial(jax.jit, static_argnames=("model", "layers"))
def sensitivity(
    model: BlockModel,
    parameters: Parameters,
    X: Float[Array, "batch n dim"],
    y: Float[Array, "batch n"],
    queries: Float[Array, "batch queries dim"],
    layers: int | None = None,
) -> Float[Array, "batch queries dim"]:
    """d answer / d query at every query, after `layers` blocks (all, unless said otherwise).

    For a model that is linear in the query these are its implicit weights.
    """
    shown = layers or model.num_layers
    cut = model.replace(num_layers=shown)
    kept = parameters if model.tied else jax.tree.map(lambda v: v[:shown], parameters)
    context = token_rows(X, y)

    def total(x: Array) -> Array:
        return -run_blocks(cut, kept, context, _query_tokens(x))[1][-1].sum()

    return jax.grad(total)(queries)
