"""Layer 1 brings inputs and targets together, layer 2 takes a step (paper 1, Proposition 3).

Tokens (content, p_j) with one-hot places p_j. W_K of layer 1 selects the place, W_Q the place that
token j looks at, so that for large scores each attends to one token alone; W_V = [[0, 0], [I, -T]],
P = I overwrite the place by the content that it finds. T p_i is the place of the token that looks
at token i, and sums the places of all to 1 in the last entry, that of the answer.

In the paper token j looks at j + 1. Tokens x_j then are (x_j; 0, ..., 0, y_j), as layer 2 needs
them; but the tokens of targets are there too, (0, ..., 0, y_j; x_(j+1)), and add y_j x_(j+1),d x_d
to the step ("next"). No W_K, W_V takes this away without taking y_j x_j,d x_d with it. If the two
tokens of an example look at each other instead ("partner"), a target's is (0, ..., 0, y_j; x_j) and
adds y_j x_j,d x_d, what its partner says of the last coordinate: half the weight for that
coordinate in W_K of layer 2 makes the step exact.
"""

import numpy as np

from icl_core.errors import InputError
from icl_core.models.copying import CopyingModel, CopyingTransformer
from icl_core.models.factored import FACTORS
from icl_core.validation import choice, number

LOOKS = ("partner", "next")


def copying_descent(
    *, dim: int, num_context: int, eta: float, looks: str = "partner", score: float = 50.0
) -> CopyingTransformer:
    """Two layers that are `GradientDescent(etas=(eta,))`, for contexts of d / 2 examples or more.

    score: of the token that is looked at, where others have 0, so that they get exp(-score) of its
    attention; at 50 the copy is exact in float64.
    """
    looks = choice("What tokens look at", looks, LOOKS)
    eta, score = number("The step size eta", eta, "eta"), number("The score", score, (0.0, 700.0))
    tokens = 2 * num_context
    if dim > tokens:
        raise InputError(
            f"A context of {num_context} examples has {tokens} places, too few for the {dim} "
            f"numbers of an input: choose {-(-dim // 2)} examples or more."
        )
    layers = _copy(dim, tokens, looks, score), _step(dim, tokens, looks, eta / num_context)
    return CopyingTransformer(
        parameters={
            name: np.stack(parts)[:, None]
            for name, parts in zip(FACTORS, zip(*layers, strict=True), strict=True)
        },
        shape=CopyingModel(places="one-hot"),
    )


def _copy(dim: int, tokens: int, looks: str, score: float) -> np.ndarray:
    """W_K, W_Q, W_V, P of layer 1."""
    size, of = dim + tokens + 1, np.arange(tokens)
    # Column j is the place that token j looks at; the query looks at none, at all alike.
    seen = np.zeros((tokens + 1, tokens + 1))
    seen[of ^ 1 if looks == "partner" else of + 1, of] = 1
    content, place = slice(dim), slice(dim, size)
    W_K, W_Q, W_V = np.zeros((3, size, size))
    W_K[place, place] = np.eye(tokens + 1)
    W_Q[place, place] = score * size**0.5 * seen
    W_V[dim : 2 * dim, content] = np.eye(dim)
    W_V[place, place] = -seen.T
    W_V[-1, place] = -1
    return np.stack([W_K, W_Q, W_V, np.eye(size)])


def _step(dim: int, tokens: int, looks: str, step: float) -> np.ndarray:
    """W_K, W_Q, W_V, P of layer 2."""
    size, content = dim + tokens + 1, slice(dim)
    W_K, W_Q, W_V = np.zeros((3, size, size))
    W_K[content, content] = W_Q[content, content] = np.eye(dim)
    if looks == "partner":
        W_K[dim - 1, dim - 1] = 1 / 2
    W_V[-1, 2 * dim - 1] = -1
    return np.stack([W_K, W_Q, W_V, step * np.eye(size)])
