"""The linear transformer (paper 2, sections 3 and 4; paper 1, equation 4).

One layer with H heads maps every token e = (x, y) to
    e + sum_k P_k G Q_k e,    G = sum_{j <= n} e_j e_j^T over the context only,
and the prediction is minus the last coordinate of the query token (x_t, 0). So a layer is the
linear map A = I + sum_k P_k G Q_k, the next layer sees A G A^T, and the whole model is the vector
of implicit weights w with prediction <w, x_t>.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal, Self, TypeVar, get_args

import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array, WeightPath, eye_like, namespace, numpy_or_xla, scan
from icl_core.models.coordinates import scaled, token_scale
from icl_core.models.predictor import Method, Model
from icl_core.models.products import sandwich
from icl_core.tasks.base import Task
from icl_core.tasks.linear import LinearTask, Moments, Prompts
from icl_core.validation import integer

Parametrization = Literal["gdpp", "diag", "full"]
PARAMETRIZATIONS: tuple[Parametrization, ...] = get_args(Parametrization)

Pair = tuple[Array, Array]
Flow = tuple[Array, Array, Array, Array]


@struct.dataclass
class Layers:
    """P, Q [L, H, d+1, d+1] of a linear transformer, whatever the coordinates."""

    P: Float[Array, "layers heads tokens tokens"]
    Q: Float[Array, "layers heads tokens tokens"]

    @property
    def num_layers(self) -> int:
        return self.P.shape[0]

    @property
    def num_heads(self) -> int:
        return self.P.shape[1]

    @property
    def dim(self) -> int:
        return self.P.shape[-1] - 1

    def padded(self, num_layers: int, num_heads: int | None = None) -> Self:
        """The same model with layers and heads of zeros up to `num_layers`, `num_heads`."""
        more_heads = (num_heads or self.num_heads) - self.num_heads
        extra = ((0, num_layers - self.num_layers), (0, more_heads), (0, 0), (0, 0))
        P, Q = (np.pad(np.asarray(matrices), extra) for matrices in (self.P, self.Q))
        return replace(self, P=P, Q=Q)


@struct.dataclass
class LinearTransformer(Layers, Method, Model):
    """P = W_P W_V and Q = W_K^T W_Q in the paper's raw coordinates: what answers prompts."""

    kind: ClassVar[str] = "linear"

    def normalised(self, task: LinearTask) -> "Normalised":
        """The same weights in the units of a task (see `models.coordinates`)."""
        D = token_scale(task)
        return Normalised(P=scaled(self.P, D, 1 / D), Q=scaled(self.Q, 1 / D, 1 / D))

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """w after layer 0..L, [L+1, batch, d] (see `implicit_weights`)."""
        return implicit_weights(self, prompts.moments)

    def config(self) -> dict[str, Any]:
        return {"num_layers": self.num_layers, "num_heads": self.num_heads}

    def tensors(self) -> dict[str, np.ndarray]:
        return {"P": np.asarray(self.P, np.float64), "Q": np.asarray(self.Q, np.float64)}

    @classmethod
    def shapes(cls, config: Mapping[str, Any], task: Task) -> dict[str, tuple[int, ...]]:
        layers = integer("num_layers", config.get("num_layers"), "num_layers")
        heads = integer("num_heads", config.get("num_heads"), "num_heads")
        return dict.fromkeys(("P", "Q"), (layers, heads, task.dim + 1, task.dim + 1))

    @classmethod
    def build(cls, config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Self:
        return cls(P=tensors["P"].astype(np.float64), Q=tensors["Q"].astype(np.float64))


@struct.dataclass
class Normalised(Layers):
    """P~ = D P D^-1 and Q~ = D^-1 Q D^-1 in the units of a task: what training works with.

    A type of its own, for these weights answer no prompt: `raw` gives the model that does.
    """

    def raw(self, task: LinearTask) -> LinearTransformer:
        """The same weights in raw coordinates: the inverse of `LinearTransformer.normalised`."""
        D = token_scale(task)
        return LinearTransformer(P=scaled(self.P, 1 / D, D), Q=scaled(self.Q, D, D))


AnyLayers = TypeVar("AnyLayers", bound=Layers)


@struct.dataclass
class InformationFlow:
    """What each layer l = 0..L holds (Lemma 4.3): x_i^l = M x_i + u y_i, y_i^l = a y_i - <w, x_i>.

    a [L+1, batch]; M [L+1, batch, d, d]; u, w [L+1, batch, d].
    """

    a: Float[Array, "steps batch"]
    M: Float[Array, "steps batch dim dim"]
    u: Float[Array, "steps batch dim"]
    w: Float[Array, "steps batch dim"]


def block_diagonal(
    x_block: Float[Array, "layers heads"], y_entry: Float[Array, "layers heads"], dim: int
) -> Float[Array, "layers heads tokens tokens"]:
    """diag(x_block I_d, y_entry) for every layer and head."""
    xp = namespace(x_block, y_entry)
    ones = xp.ones((*x_block.shape, dim), x_block.dtype)
    diagonal = xp.concatenate([x_block[..., None] * ones, y_entry[..., None]], axis=-1)
    return diagonal[..., None] * xp.broadcast_to(
        xp.eye(dim + 1, dtype=x_block.dtype), (*diagonal.shape, dim + 1)
    )


def diagonal_model(
    p_x: Float[Array, "layers heads"],
    p_y: Float[Array, "layers heads"],
    q_x: Float[Array, "layers heads"],
    q_y: Float[Array, "layers heads"],
    dim: int,
) -> LinearTransformer:
    """DIAG: P = diag(p_x I, p_y), Q = diag(q_x I, q_y). GD++ is the case q_y = 0."""
    return LinearTransformer(P=block_diagonal(p_x, p_y, dim), Q=block_diagonal(q_x, q_y, dim))


def omegas(model: LinearTransformer) -> Float[Array, "layers 4"]:
    """(omega_xx, omega_xy, omega_yx, omega_yy) per layer (paper 2, section 4.2).

    omega_xx = sum_k p_x q_x, omega_xy = sum_k p_x q_y, and so on over heads; exact for DIAG. For
    FULL, p_x and q_x are the means of the x diagonals: the part of the layer that DIAG could hold.
    """

    def split(matrix: Array) -> tuple[Array, Array]:
        diagonal = xp.diagonal(matrix, axis1=-2, axis2=-1)
        return diagonal[..., :-1].mean(-1), diagonal[..., -1]

    xp = namespace(model)
    (p_x, p_y), (q_x, q_y) = split(model.P), split(model.Q)
    return xp.stack([p_x * q_x, p_x * q_y, p_y * q_x, p_y * q_y], axis=-1).sum(axis=1)


def forward_tokens(
    model: LinearTransformer,
    X: Float[Array, "n dim"],
    y: Float[Array, "n"],
    x_query: Float[Array, "dim"],
) -> tuple[Float[Array, "steps n+1 tokens"], Float[Array, "steps"]]:
    """Token-wise forward pass of one prompt: all layer outputs and the prediction after each.

    Row n of the tokens is the query, which starts as (x_query, 0) and is never attended to. Step 0
    is the input. Written from the definition, as the reference for the moment route.
    """
    xp = namespace(model, X)
    context = xp.concatenate([X, y[:, None]], axis=1)
    tokens = xp.concatenate([context, xp.append(x_query, 0.0)[None]]).astype(context.dtype)

    def layer(tokens: Array, weights: tuple[Array, Array]) -> tuple[Array, Array]:
        P, Q = weights
        keys = tokens[:-1]
        scores = keys @ Q @ tokens.T
        return (updated := tokens + (P @ keys.T @ scores).sum(0).T), updated

    _, outputs = scan(layer, tokens, (model.P, model.Q), model.num_layers)
    steps = xp.concatenate([tokens[None], outputs])
    return steps, -steps[:, -1, -1]


def layer_map(
    P: Float[Array, "heads rows tokens"],
    gram: Float[Array, "tokens tokens batch"],
    Q: Float[Array, "heads tokens tokens"],
    identity: Float[Array, "rows tokens"],
) -> Float[Array, "rows tokens batch"]:
    """A = I + sum_k P_k G Q_k, or the rows of it that P and `identity` hold; batch last."""
    heads = (sandwich(P[head], gram, Q[head]) for head in range(P.shape[0]))
    return sum(heads, start=identity[..., None])


def _attention(P: Array, gram: Array, Q: Array) -> Float[Array, "batch tokens tokens"]:
    """sum_k P_k G Q_k, batch first."""
    heads = (P[head] @ gram @ Q[head] for head in range(P.shape[0]))
    return sum(heads, start=0 * gram)


@numpy_or_xla
def gram_path(
    model: LinearTransformer, moments: Moments
) -> Float[Array, "steps batch tokens tokens"]:
    """G of the context after layer 0..L, [L+1, batch, d+1, d+1]: a layer takes it to A G A^T."""
    gram = moments.gram()
    identity = eye_like(gram)

    def layer(G: Array, weights: Pair) -> tuple[Array, Array]:
        P, Q = weights
        A = identity + _attention(P, G, Q)
        return (after := A @ G @ A.mT), after

    _, outputs = scan(layer, gram, (model.P, model.Q), model.num_layers)
    return namespace(model, moments).concatenate([gram[None], outputs])


@numpy_or_xla
def implicit_weights(model: LinearTransformer, moments: Moments) -> WeightPath:
    """w after layer 0..L, [L+1, batch, d]: the prediction read there is <w, x_t>.

    For the query's y starts at 0, w is minus the last row (x part) of B_l = A_l ... A_1.
    """
    xp, gram = namespace(model, moments), moments.gram()
    identity = eye_like(gram)

    def layer(carry: Pair, weights: Pair) -> tuple[Pair, Array]:
        G, B = carry
        P, Q = weights
        A = identity + _attention(P, G, Q)
        return (A @ G @ A.mT, B := A @ B), B[:, -1, :-1]

    _, rows = scan(layer, (gram, identity), (model.P, model.Q), model.num_layers)
    return xp.concatenate([xp.zeros_like(rows[:1]), -rows])


@numpy_or_xla
def information_flow(model: LinearTransformer, moments: Moments) -> InformationFlow:
    """a, M, u, w after layer 0..L (paper 2, Lemma 4.3), by the recursion of the lemma.

    With [[A, b], [c^T, g]] = sum_k P_k G Q_k: M' = (I+A) M - b w^T; u' = (I+A) u + a b;
    a' = (1+g) a + <c, u>; w' = (1+g) w - M^T c. G is rebuilt from a, M, u, w and the input's
    moments in each layer, so this route shares nothing with `implicit_weights`.
    """
    xp = namespace(model, moments)
    Sigma, alpha, lam = moments.Sigma, moments.alpha, moments.lam

    def gram(a: Array, M: Array, u: Array, w: Array) -> Array:
        M_alpha, Sigma_w = xp.matvec(M, alpha), xp.matvec(Sigma, w)
        w_alpha = xp.vecdot(w, alpha)
        S = M @ Sigma @ M.mT + M_alpha[:, :, None] * u[:, None]
        S += u[:, :, None] * (M_alpha + lam[:, None] * u)[:, None]
        r = a[:, None] * (M_alpha + lam[:, None] * u) - w_alpha[:, None] * u
        r -= xp.matvec(M, Sigma_w)
        energy = a * a * lam - 2 * a * w_alpha + xp.vecdot(w, Sigma_w)
        return Moments(Sigma=S, alpha=r, lam=energy).gram()

    def layer(state: Flow, weights: Pair) -> tuple[Flow, Flow]:
        a, M, u, w = state
        P, Q = weights
        update = _attention(P, gram(a, M, u, w), Q)
        A, b = update[:, :-1, :-1], update[:, :-1, -1]
        c, g = update[:, -1, :-1], update[:, -1, -1]
        new = (
            (1 + g) * a + xp.vecdot(c, u),
            M + A @ M - b[:, :, None] * w[:, None],
            u + xp.matvec(A, u) + a[:, None] * b,
            (1 + g)[:, None] * w - xp.vecmat(c, M),
        )
        return new, new

    start = xp.ones_like(lam), eye_like(Sigma), xp.zeros_like(alpha), xp.zeros_like(alpha)
    _, outputs = scan(layer, start, (model.P, model.Q), model.num_layers)
    a, M, u, w = (
        xp.concatenate([first[None], rest]) for first, rest in zip(start, outputs, strict=True)
    )
    return InformationFlow(a=a, M=M, u=u, w=w)
