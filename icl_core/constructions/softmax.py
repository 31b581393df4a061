"""Heads of softmax attention that take a step of gradient descent, in the limit of small scores.

A head of scores c z_i, z_i = <x_i, x>, gives every target the share s_i(c) = exp(c z_i) / sum_j
exp(c z_j), that is (1 + c (z_i - zbar)) / n + O(c^2) with zbar the mean of the scores. Weighed by
the targets, the 1 / n is an error that no learning removes from a single head: ybar, whatever the
query. A second head of scores -c z_i has the same and is subtracted (paper 1, A.9):
    eta / (2c) sum_i y_i (s_i(c) - s_i(-c)) = eta / n sum_i y_i (z_i - zbar) + eta c^2 k_4 / 6 + ..,
    k_4 = mean((y - ybar) (z - zbar)^3) - 3 mean((y - ybar) (z - zbar)) mean((z - zbar)^2).
Terms of even order cancel, so that the distance from the limit falls with c^2, and with c^4 for
four heads at +-c and +-2c, by the five-point rule for a derivative. Rounding adds some 1e-16 / c.

The limit is not quite the step that the paper has in mind, whose normalisation does not depend on
the query: shares add up to 1, so that softmax heads, however many, see inputs from which the mean
of the context was subtracted. That is a step on n - 1 examples rather than n, and the reason why
two heads stay slightly above gradient descent.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from icl_core.models.blocks import BlockModel, BlockTransformer
from icl_core.tasks.base import Context
from icl_core.tasks.linear import LinearTask
from icl_core.validation import choice, number

STENCILS: Mapping[int, tuple[tuple[float, float], ...]] = {
    1: ((1, 1),),
    2: ((1, 1 / 2), (-1, -1 / 2)),
    4: ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12)),
}
"""Of every head: its scores in units of c <x_i, x>, and its part of eta / c."""


def softmax_descent(*, dim: int, eta: float, scale: float, heads: int = 2) -> BlockTransformer:
    """One layer of 1, 2 or 4 softmax heads with scores +-`scale` <x_i, x> (times 2 for the others
    of four) that tends to `GradientDescent(etas=(eta,))` on a `centred` context as the scale falls.

    A single head tends to no step: its constant answer eta ybar / scale grows. The best scale for
    float64 is about 1e-5 for two heads, 1e-3 for four.
    """
    stencil = STENCILS[choice("The number of heads", heads, STENCILS)]
    eta, scale = number("The step size eta", eta, "eta"), number("The scale", scale, (1e-9, 1e3))
    size = dim + 1
    of_x, of_y = np.diag([1.0] * dim + [0.0]), np.diag([0.0] * dim + [1.0])
    ones = np.ones((1, heads, 1, 1))
    factors, parts = (
        np.array(column)[None, :, None, None] for column in zip(*stencil, strict=True)
    )
    return BlockTransformer(
        parameters={
            # Scores of softmax heads are divided by the square root of a token's size.
            "W_K": size**0.5 * scale * factors * of_x,
            "W_Q": ones * of_x,
            "W_V": ones * of_y,
            "P": -eta / scale * parts * of_y,
        },
        shape=BlockModel(num_heads=heads, attention="softmax"),
    )


def centred(context: Context) -> Context:
    """The context with the mean of its inputs subtracted: what softmax heads see of it."""
    mean = context.X.mean(1, keepdims=True)
    return replace(context, X=context.X - mean)


def centred_step(task: LinearTask) -> float:
    """The best step size eta of one step on centred contexts; its loss is `centred_loss`.

    n / (s (n + d + (kappa - 3) (n - 1) / n)) for inputs of variance s and kurtosis kappa, without
    noise.
    """
    return float(task.num_context / (task.inputs.variance * _curvature(task)))


def centred_loss(task: LinearTask) -> float:
    """The loss (half MSE) of the best step on centred contexts, without noise.

    s d / 2 (1 - (n - 1) / (n + d + (kappa - 3) (n - 1) / n)). `one_layer_loss`, that of the best
    step on the inputs as they are, has n in the place of n - 1 and kappa - 2 in that of the last
    term of the denominator.
    """
    share = (task.num_context - 1) / _curvature(task)
    return float(0.5 * task.inputs.variance * task.dim * (1 - share))


def _curvature(task: LinearTask) -> float:
    """E (M^2)_jj / E M_jj / s of the second moments M of centred inputs."""
    n = task.num_context
    return n + task.dim + (task.inputs.kurtosis - 3) * (n - 1) / n
