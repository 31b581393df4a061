"""Normalised coordinates of the weights of a linear transformer: the units that training works in.

Tokens are measured in their typical size over a context, e~ = D e with
D = diag(1/sqrt(n s), ..., 1/sqrt(n E y^2) for y), s the mean variance of an input coordinate, so
that G~ = D G D has entries of order one. The change of variables is exact: P~ = D P D^-1,
Q~ = D^-1 Q D^-1.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from icl_core.tasks.linear import LinearTask


def token_scale(task: LinearTask) -> Float[np.ndarray, "tokens"]:
    """The diagonal of D."""
    n = task.num_context
    x_scale = np.full(task.dim, (n * task.inputs.variance) ** -0.5)
    return np.append(x_scale, (n * task.target_variance) ** -0.5)


def prediction_scale(task: LinearTask) -> float:
    """Implicit weights in raw coordinates are this times minus the last row of A~_L ... A~_1."""
    return float((task.target_variance / task.inputs.variance) ** 0.5)


def scaled(matrices: Any, left: Any, right: Any) -> Any:
    """diag(left) M diag(right) of every matrix M in [..., d+1, d+1]; numpy arrays stay such."""
    factor = (left[:, None] * right[None]).astype(matrices.dtype)
    return matrices * factor.reshape((1,) * (matrices.ndim - 2) + factor.shape)
