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
from jaxtyping import Float

from icl_core.errors import InputError
from icl_core.models.copying import CopyingModel, CopyingTransformer
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
    shape = CopyingModel(dim=dim, num_context=num_context, places="one-hot")
    if dim > shape.tokens:
        raise InputError(
            f"A context of {num_context} examples has {shape.tokens} places, too few for the "
            f"{dim} numbers of an input: choose {-(-dim // 2)} examples or more."
        )
    return CopyingTransformer(
        parameters=_parameters(shape, eta / num_context, _seen(shape.tokens, looks), score, looks),
        shape=shape,
    )


def _seen(tokens: int, looks: str) -> Float[np.ndarray, "tokens+1 tokens+1"]:
    """p_j as a column becomes the place that token j looks at; the query looks at none."""
    places = np.arange(tokens)
    found = np.zeros((tokens + 1, tokens + 1))
    found[places ^ 1 if looks == "partner" else places + 1, places] = 1
    return found


def _parameters(
    shape: CopyingModel, step: float, seen: np.ndarray, score: float, looks: str
) -> dict[str, np.ndarray]:
    dim, size = shape.dim, shape.size
    content, place = slice(dim), slice(dim, size)
    W_K, W_Q, W_V, P = np.zeros((4, 2, 1, size, size))
    W_K[0, 0, place, place] = np.eye(size - dim)
    W_Q[0, 0, place, place] = score * size**0.5 * seen
    W_V[0, 0, dim : 2 * dim, content] = np.eye(dim)
    W_V[0, 0, place, place] = -seen.T
    W_V[0, 0, -1, place] = -1
    P[0, 0] = np.eye(size)
    W_K[1, 0, content, content] = W_Q[1, 0, content, content] = np.eye(dim)
    if looks == "partner":
        W_K[1, 0, dim - 1, dim - 1] = 1 / 2
    W_V[1, 0, -1, 2 * dim - 1] = -1
    P[1, 0] = step * np.eye(size)
    return {"W_K": W_K, "W_Q": W_Q, "W_V": W_V, "P": P}
