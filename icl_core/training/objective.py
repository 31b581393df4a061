"""The exact adjusted loss as a training objective, on moments in normalised coordinates.

Per prompt: 1/2 ||C^(1/2) (w_implicit - ridge(sigma_tau^2))||^2 with C the (diagonal) covariance of
the query (half MSE; see `analysis.loss`), so the optimum of the batch loss is that of the papers'
sampled loss, without query or oracle noise.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Float, Int

from icl_core.arrays import Array
from icl_core.models.coordinates import prediction_scale, token_scale
from icl_core.models.linear import layer_map
from icl_core.models.products import multiply
from icl_core.tasks.inputs import GaussianInputs
from icl_core.tasks.linear import LinearTask, Prompts, Seed, draw_prompts
from icl_core.tasks.rare import rare_prompts

Parameters = Mapping[str, Array]
ROBUST_SCALE = 1.0
"""c of log(1 + e/c): the size of a loss beyond which a prompt's pull fades."""


BOUND = 1e4
"""Of normalised tokens and weights, which are of order 1."""

RARE_EVERY, WIDE, LARGE, LONG = 8, 1.6, 2.0, 6.0
"""Of RARE_EVERY prompts one has true weights WIDE times as wide in every direction, and one has,
along one axis, true weights LARGE times as wide and inputs so much wider that their sum of squares
is LONG standard deviations larger (see `Batch`)."""


@struct.dataclass
class Batch:
    """gram [d+1, d+1, batch] normalised; target [d, batch], the oracle's weights in units of the
    query, C^(1/2) w; weight [batch], mean 1; scale [d], the task's `prediction_scale` in the same
    units; on [], 1 (see `products`).

    A model can err by thousands on the one prompt in 100,000 whose |w| is large, or whose largest
    eigenvalue is. Sampling some prompts with wider w and x and weighting all by the balance
    heuristic (Veach and Guibas 1995) shows such prompts many times as often and leaves every
    expectation as it is.
    """

    gram: Float[Array, "tokens tokens batch"]
    target: Float[Array, "dim batch"]
    weight: Float[Array, "batch"]
    scale: Float[Array, "dim"]
    on: Int[Array, ""]


def batch_of(prompts: Prompts, task: LinearTask) -> Batch:
    """What the objective needs of prompts, as numpy arrays."""
    Sigma, alpha = np.asarray(prompts.moments.Sigma), np.asarray(prompts.moments.alpha)
    D = token_scale(task)
    # A prompt without noise and with n < d has a singular Sigma: the tiny term picks, to rounding,
    # the least-norm solution, as `ridge` does.
    tiny = np.finfo(D.dtype).eps * 10 * np.trace(Sigma, axis1=-2, axis2=-1)
    ridge = (np.asarray(prompts.sigma) ** 2 + tiny)[:, None, None] * np.eye(task.dim)
    target = np.linalg.solve(Sigma + ridge, alpha[..., None])[..., 0]
    gram = np.empty((task.dim + 1, task.dim + 1, len(target)))
    gram[:-1, :-1] = np.moveaxis(Sigma, 0, -1)
    gram[-1, :-1] = gram[:-1, -1] = alpha.T
    gram[-1, -1] = np.asarray(prompts.moments.lam)
    gram *= (D[:, None] * D)[..., None]
    query = np.sqrt(task.query_variances)
    return Batch(
        gram=gram,
        target=np.ascontiguousarray((target * query).T),
        weight=np.ones(len(target)),
        scale=prediction_scale(task) * query,
        on=np.ones((), np.int32),
    )


def sample_batch(task: LinearTask, seed: Seed, size: int) -> Batch:
    """A fresh batch; its cost does not depend on the context length."""
    turn, axis = np.arange(size) % RARE_EVERY, np.arange(size) // RARE_EVERY % task.dim
    wide, along = turn == 0, (turn == 1)[:, None] & (axis[:, None] == np.arange(task.dim))
    prompts = draw_prompts(
        task,
        seed,
        size,
        x_scale=np.where(along, _long(task), 1.0),
        w_scale=np.where(wide[:, None], WIDE, np.where(along, LARGE, 1.0)),
    )
    weight: Any = _importance(prompts, task)
    return replace(batch_of(prompts, task), weight=weight)


def rare_batch(task: LinearTask, seed: Seed, size: int) -> Batch:
    """A fresh batch with prompts that are rare in more ways (`tasks.rare`) than those of
    `sample_batch`, which the shipped models have seen."""
    prompts, weight = rare_prompts(task, seed, size)
    return replace(batch_of(prompts, task), weight=weight)


def _long(task: LinearTask) -> float:
    """1 for inputs that are not Gaussian: their ratio has no simple form."""
    if not isinstance(task.inputs, GaussianInputs):
        return 1.0
    return float(np.sqrt(1 + LONG * np.sqrt(2 / task.num_context)))


def _importance(prompts: Prompts, task: LinearTask) -> np.ndarray:
    """p / ((1 - 2f) p + f q_wide + f q_along), f = 1 / RARE_EVERY, from the ratios q/p.

    With s the width: s^-k exp(1/2 (1 - s^-2) |v|^2), for the k Gaussian numbers v that it widens.
    """

    def log_ratio(width: float, count: int, squares: np.ndarray) -> np.ndarray:
        return 0.5 * (1 - width**-2) * squares - count * np.log(width)

    w_squares = np.asarray(prompts.w) ** 2
    x_squares = np.diagonal(np.asarray(prompts.moments.Sigma), axis1=-2, axis2=-1)
    x_squares = x_squares / task.query_variances
    q_wide = np.exp(log_ratio(WIDE, task.dim, w_squares.sum(-1)))
    along = log_ratio(_long(task), task.num_context, x_squares) + log_ratio(LARGE, 1, w_squares)
    q_along = np.exp(along).mean(-1)
    return 1 / (1 + (q_wide + q_along - 2) / RARE_EVERY)


def _layer_map(parameters: Parameters, layer: int, gram: Array, row: slice) -> Array:
    """Rows `row` of A~ = I + sum_k P~_k G~ Q~_k, [rows, d+1, batch]."""
    identity = jnp.eye(gram.shape[0], dtype=gram.dtype)[row]
    if "P" in parameters:
        return layer_map(parameters["P"][layer][:, row], gram, parameters["Q"][layer], identity)
    dim = gram.shape[0] - 1

    def spread(x_block: Array, y_entry: Array) -> Array:
        return jnp.concatenate(
            [jnp.broadcast_to(x_block[:, None], (x_block.size, dim)), y_entry[:, None]], axis=1
        )

    p = spread(parameters["p_x"][layer], parameters["p_y"][layer])
    q_x = parameters["q_x"][layer]
    q_y = parameters["q_y"][layer] if "q_y" in parameters else jnp.zeros_like(q_x)
    # P and Q are diagonal, so P G Q scales the entries of G: the four omegas, spread out.
    omegas = jnp.einsum("ha,hb->ab", p, spread(q_x, q_y))[row]
    return identity[..., None] + omegas[..., None] * gram[row]


def _bounded(values: Array) -> Array:
    return jnp.clip(values, -BOUND, BOUND)


def final_weights(parameters: Parameters, batch: Batch) -> Float[Array, "dim batch"]:
    """Implicit weights after the last layer, in units of the query: C^(1/2) w.

    Only the last row of A~_L ... A~_1 is formed, from the left, and the last G~ never. Where a
    prompt diverges, numbers end at BOUND and have no slope: one that overflows would leave its
    whole batch without a gradient.
    """
    num_layers = next(iter(parameters.values())).shape[0]
    gram, on, maps = batch.gram, batch.on, []
    for layer in range(num_layers - 1):
        A = _layer_map(parameters, layer, gram, slice(None))
        maps.append(A)
        gram = _bounded(multiply(multiply(A, gram, on), A.swapaxes(0, 1), on))
    row = _layer_map(parameters, num_layers - 1, gram, slice(-1, None))
    for A in reversed(maps):
        row = _bounded(multiply(row, A, on))
    return -batch.scale[:, None] * row[0, :-1]


def tied_layers(parameters: Parameters) -> Parameters:
    """Each layer the mean of all: of equal layers the same, with a slope that leaves them equal."""

    def mean(values: Array) -> Array:
        return jnp.broadcast_to(values.mean(0, keepdims=True), values.shape)

    return {name: mean(values) for name, values in parameters.items()}


def losses(parameters: Parameters, batch: Batch) -> Float[Array, "batch"]:
    """Adjusted loss of each prompt (half MSE)."""
    return 0.5 * jnp.sum((final_weights(parameters, batch) - batch.target) ** 2, axis=0)


def training_loss(parameters: Parameters, batch: Batch, robust: Array) -> Float[Array, ""]:
    """Mean of c log(1 + e/c) over prompts while `robust`, else of e itself.

    Deep models are polynomials of high degree in Sigma: without the logarithm rare prompts decide
    the direction of every step.
    """
    each = losses(parameters, batch)
    faded = ROBUST_SCALE * jnp.log1p(each / ROBUST_SCALE)
    return jnp.mean(batch.weight * jnp.where(robust, faded, each))
