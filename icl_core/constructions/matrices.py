"""The construction of paper 1 (Proposition 1) as four explicit matrices, for targets of any size.

Tokens e = (x, y) with x of N_x and y of N_y numbers. A layer updates every token, the query too, by
    e <- e + P W_V sum_i e_i e_i^T W_K^T W_Q e,    i over the context only.
The gradient step W <- W - eta/N sum_i (W x_i - y_i) x_i^T, begun at W_0, is done on the tokens:
targets become y_i - (W - W_0) x_i, and the query, which starts as (x, -W_0 x), ends as (x, -W x).
So the answer is minus its last N_y numbers. Plain numpy in float64: reference and display.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.arrays import require_shape
from icl_core.errors import InputError

Matrix = Float[np.ndarray, "tokens tokens"]


@dataclass(frozen=True, kw_only=True)
class AttentionWeights:
    """W_K, W_Q, W_V, P of one linear self-attention layer, each [N_x + N_y, N_x + N_y].

    Vectors are columns, as in the paper; Haiku's modules store the transposes.
    """

    W_K: Matrix
    W_Q: Matrix
    W_V: Matrix
    P: Matrix

    @property
    def PW_V(self) -> Matrix:  # noqa: N802 - the paper's symbol
        """What the layer does to the output; only this product matters, not its factors."""
        return self.P @ self.W_V

    @property
    def W_KQ(self) -> Matrix:  # noqa: N802 - the paper's symbol
        """W_K^T W_Q: what the layer compares."""
        return self.W_K.T @ self.W_Q


def descent_weights(
    W_0: Float[np.ndarray, "outputs inputs"], *, eta: float, num_context: int, gamma: float = 0.0
) -> AttentionWeights:
    """The layer of one step from W_0; the same block again is the next step.

    W_K = W_Q = [[I, 0], [0, 0]], W_V = [[I, 0], [W_0, -I]], P = diag(-gamma I, eta/N I); for
    gamma = 0, plain gradient descent, the upper row of W_V is 0 and P = eta/N I as in the paper.
    gamma > 0 is GD++: x <- (I - gamma S) x with S = sum x_i x_i^T of the layer's inputs, gamma not
    divided by N. Its further layers see other inputs x, so that they continue from W_0 = 0 only.
    """
    outputs, inputs = W_0.shape
    keep = np.diag(np.repeat([1.0, 0.0], [inputs, outputs]))
    W_V = np.zeros_like(keep)
    W_V[inputs:, :inputs] = W_0
    W_V[inputs:, inputs:] = -np.eye(outputs)
    P = eta / num_context * np.eye(inputs + outputs)
    if gamma:
        W_V[:inputs, :inputs] = np.eye(inputs)
        P[:inputs, :inputs] = -gamma * np.eye(inputs)
    return AttentionWeights(W_K=keep, W_Q=keep, W_V=W_V, P=P)


def starting_tokens(
    X: Float[np.ndarray, "n inputs"],
    Y: Float[np.ndarray, "n outputs"],
    query: Float[np.ndarray, "inputs"],
    W_0: Float[np.ndarray, "outputs inputs"],
) -> Float[np.ndarray, "n+1 tokens"]:
    """Tokens (x_i, y_i) as rows, the last one the query (x, -W_0 x)."""
    outputs, inputs = W_0.shape
    require_shape("X", X, (None, inputs))
    require_shape("Y", Y, (len(X), outputs))
    require_shape("The query", query, (inputs,))
    context = np.concatenate([X, Y], axis=1)
    return np.concatenate([context, np.concatenate([query, -W_0 @ query])[None]])


@dataclass(frozen=True, kw_only=True)
class LayerTrace:
    """One layer, part by part: rows are tokens, the last one the query.

    tokens [n+1, T] before; keys, values [n, T] of the context, queries [n+1, T]; scores [n+1, n],
    the products of every query with every key; update [n+1, T], what is added; output [n+1, T].
    """

    tokens: np.ndarray
    keys: np.ndarray
    queries: np.ndarray
    values: np.ndarray
    scores: np.ndarray
    update: np.ndarray
    output: np.ndarray


def apply_layer(weights: AttentionWeights, tokens: Float[np.ndarray, "n+1 tokens"]) -> LayerTrace:
    """The layer on tokens whose last row is the query, which is never attended to."""
    context = tokens[:-1]
    keys, values = context @ weights.W_K.T, context @ weights.W_V.T
    queries = tokens @ weights.W_Q.T
    scores = queries @ keys.T
    update = scores @ values @ weights.P.T
    return LayerTrace(
        tokens=tokens,
        keys=keys,
        queries=queries,
        values=values,
        scores=scores,
        update=update,
        output=tokens + update,
    )


def apply_layers(
    weights: AttentionWeights, tokens: Float[np.ndarray, "n+1 tokens"], layers: int
) -> Float[np.ndarray, "layers+1 n+1 tokens"]:
    """The same block `layers` times; row 0 is the input."""
    path = [tokens]
    for _ in range(layers):
        path.append(apply_layer(weights, path[-1]).output)
    return np.stack(path)


def gradient_steps(
    X: Float[np.ndarray, "n inputs"],
    Y: Float[np.ndarray, "n outputs"],
    W_0: Float[np.ndarray, "outputs inputs"],
    *,
    eta: float,
    steps: int,
    gamma: float = 0.0,
) -> Float[np.ndarray, "steps+1 outputs inputs"]:
    """W after 0..K steps of gradient descent on 1/(2N) sum_i |W x_i - y_i|^2, or of GD++.

    Written from the algorithm's definition, without tokens. GD++ keeps the transform M of the
    inputs: with H = sum x x^T, W <- W - eta/N grad M^T M, M <- (I - gamma M H M^T) M.
    """
    if gamma and W_0.any() and steps > 1:
        raise InputError(
            "GD++ of several layers starts at W_0 = 0: its layers change the inputs that W_0 would "
            "be applied to; set W_0 to 0, gamma to 0 or the layers to 1."
        )
    W, M, H = W_0, np.eye(X.shape[1]), X.T @ X
    path = [W]
    for _ in range(steps):
        gradient = (W @ X.T - Y.T) @ X
        W = W - eta / len(X) * gradient @ M.T @ M
        M = M - gamma * M @ H @ M.T @ M
        path.append(W)
    return np.stack(path)
