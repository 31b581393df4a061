"""How a layer moves information between tokens: sensitivities, attention, and edited contexts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.arrays import Array
from icl_core.models.copying import CopyingTransformer, Places, contents, embedded, layers
from icl_core.models.factored import FACTORS
from icl_core.models.predictor import Queries
from icl_core.tasks.base import Context


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivities:
    """What the first layer's outputs depend on (paper 1, figure 5).

    norms [tokens, tokens]: row k, column m is the norm of the slope of the sum of token k's output
    in the d numbers of input token m, averaged over prompts before the norm is taken.
    """

    norms: np.ndarray

    @property
    def own(self) -> float:
        """In a token's own input: sqrt(d) for a layer that does nothing."""
        return float(np.diagonal(self._rows).mean())

    @property
    def next(self) -> float:
        """In the input of the token after it."""
        return float(np.diagonal(self._rows, 1).mean())

    @property
    def other(self) -> float:
        """The mean in all but its own; as in the paper's code the next one is among them."""
        rows = self._rows
        return float((rows.sum() - np.trace(rows)) / len(rows) / (rows.shape[1] - 1))

    @property
    def _rows(self) -> np.ndarray:
        """Of the tokens that have a next one in the context, as in the paper's code."""
        return self.norms[:-1]


def sensitivities(model: CopyingTransformer, context: Context) -> Sensitivities:
    """Of layer 1, in closed form and numpy.

    With A = W_K^T W_Q, values a_i = 1^T P W_V e_i and shares s_i of token k's attention, the slope
    of 1^T (e_k + sum_i s_i P W_V e_i) in token m is, head by head,
        s_m (P W_V)^T 1 + t_m A e_k, and for m = k also 1 + sum_i t_i A^T e_i,
    where t_i = s_i (a_i - sum_j s_j a_j) / sqrt(size) for softmax and a_i for linear attention.
    """
    dim, softmax = context.X.shape[-1], model.shape.softmax > 0
    E, _ = _state(model, context, context.X[:, :0])
    W_K, W_Q, W_V, P = (model.tensors()[name][0] for name in FACTORS)
    tokens, batch = E.shape[1:]
    slopes = np.eye(tokens)[..., None] * np.ones(dim)
    for A, writes in zip(W_K.mT @ W_Q, (P @ W_V).sum(-2), strict=True):
        s = _shares(E, E, A, softmax)
        a = np.einsum("ikb,i->bk", E, writes)[:, None]
        t = s * (a - (s * a).sum(-1, keepdims=True)) / len(E) ** 0.5 if softmax else a + 0 * s
        slopes += s.mean(0)[..., None] * writes[:dim]
        slopes += np.einsum("bkm,ckb->kmc", t, np.einsum("ij,jkb->ikb", A[:dim], E)) / batch
        own = np.einsum("bkm,cmb->kc", t, np.einsum("ji,jmb->imb", A[:, :dim], E)) / batch
        slopes[np.arange(tokens), np.arange(tokens)] += own
    return Sensitivities(norms=np.linalg.norm(slopes, axis=-1))


def attention_maps(
    model: CopyingTransformer, context: Context, queries: Queries, layer: int = 0
) -> Float[np.ndarray, "heads batch tokens+queries tokens"]:
    """How much each token, and below them each query, attends to each token of the context: shares
    in a softmax layer, scores in a linear one."""
    E, asked = _state(model, context, queries, layer)
    W_K, W_Q = (model.tensors()[name][layer] for name in ("W_K", "W_Q"))
    seen = np.concatenate([E, asked], axis=1)
    softmax = layer < model.shape.softmax
    return np.stack([_shares(E, seen, A, softmax) for A in W_K.mT @ W_Q])


def _shares(keys: np.ndarray, seen: np.ndarray, A: np.ndarray, softmax: bool) -> np.ndarray:
    """[batch, tokens that attend, tokens that are attended to]."""
    scores = np.einsum("imb,ij,jkb->bkm", keys, A, seen, optimize=True)
    if not softmax:
        return scores
    sizes = np.exp((scores - scores.max(-1, keepdims=True)) / len(keys) ** 0.5)
    return sizes / sizes.sum(-1, keepdims=True)


def _state(
    model: CopyingTransformer, context: Context, queries: Queries, layer: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and queries before a layer: none is computed before the first."""
    asked = model.shape, model.tensors(), np.asarray(contents(context)), np.asarray(queries)
    tokens, queries = embedded(*asked) if layer == 0 else layers(*asked)[layer]
    return np.asarray(tokens), np.asarray(queries)


def swapped_contents(
    tokens: Float[Array, "batch tokens dim"], first: int, second: int
) -> Float[Array, "batch tokens dim"]:
    """The tokens of a context with two of them in each other's place."""
    return tokens[:, list(_swapped(tokens.shape[1], first, second))]


def swapped_places(tokens: int, first: int, second: int) -> Places:
    """Places of a context's tokens where two have exchanged theirs, for `models.copying.answers`.

    Attention knows no order but by places, so that this is the same context as with the contents
    exchanged, and with both exchanged nothing has changed.
    """
    return _swapped(tokens, first, second)


def _swapped(tokens: int, first: int, second: int) -> Places:
    order = list(range(tokens))
    order[first], order[second] = order[second], order[first]
    return tuple(order)
