"""The exact adjusted loss as a training objective, on moments in normalised coordinates.

Per prompt: 1/2 ||C^(1/2) (w_implicit - ridge(sigma_tau^2))||^2 with C the (diagonal) covariance of
the query (half MSE; see `analysis.loss`), so the optimum of the batch loss is that of the papers'
sampled loss, without query or oracle noise.
"""

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Array, Float, Int

from icl_core.models.linear import layer_map
from icl_core.models.products import multiply
from icl_core.tasks.linear import LinearTask, Prompts, Seed, draw_prompts
from icl_core.training.coordinates import Parameters, prediction_scale, token_scale

ROBUST_SCALE = 1.0
"""c of log(1 + e/c): the size of a loss beyond which a prompt's pull fades."""


WIDE_SHARE, WIDE_SCALE = 8, 1.6
"""One prompt in WIDE_SHARE has its true weights drawn WIDE_SCALE times as wide (see `Batch`)."""


@struct.dataclass
class Batch:
    """gram [d+1, d+1, batch] normalised; target [d, batch], the oracle's weights in units of the
    query, C^(1/2) w; weight [batch], mean 1; scale [d], the task's `prediction_scale` in the same
    units; on [], 1 (see `products`).

    A deep model can err by thousands on the one prompt in 100,000 whose |w| is large. Sampling
    some prompts with a wider w and weighting all by the balance heuristic (Veach and Guibas 1995)
    shows such prompts some thirty times as often and leaves every expectation as it is.
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
        gram=gram,  # type: ignore[arg-type]
        target=np.ascontiguousarray((target * query).T),  # type: ignore[arg-type]
        weight=np.ones(len(target)),  # type: ignore[arg-type]
        scale=prediction_scale(task) * query,  # type: ignore[arg-type]
        on=np.ones((), np.int32),  # type: ignore[arg-type]
    )


def sample_batch(task: LinearTask, seed: Seed, size: int) -> Batch:
    """A fresh batch; its cost does not depend on the context length."""
    wide = np.arange(size) % WIDE_SHARE == WIDE_SHARE - 1
    prompts = draw_prompts(task, seed, size, w_scale=np.where(wide, WIDE_SCALE, 1.0))
    weight: Any = _importance(np.asarray(prompts.w))
    return replace(batch_of(prompts, task), weight=weight)


def _importance(w: np.ndarray) -> np.ndarray:
    """p / ((1 - f) p + f q) with p = N(0, I), q = N(0, WIDE_SCALE^2 I), f = 1 / WIDE_SHARE."""
    exponent = 0.5 * (1 - WIDE_SCALE**-2) * np.sum(w * w, axis=-1)
    q_over_p = np.exp(exponent - w.shape[-1] * np.log(WIDE_SCALE))
    return 1 / (1 - 1 / WIDE_SHARE + q_over_p / WIDE_SHARE)


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


def final_weights(parameters: Parameters, batch: Batch) -> Float[Array, "dim batch"]:
    """Implicit weights after the last layer, in units of the query: C^(1/2) w.

    Only the last row of A~_L ... A~_1 is formed, from the left, and the last G~ never.
    """
    num_layers = next(iter(parameters.values())).shape[0]
    gram, on, maps = batch.gram, batch.on, []
    for layer in range(num_layers - 1):
        A = _layer_map(parameters, layer, gram, slice(None))
        maps.append(A)
        gram = multiply(multiply(A, gram, on), A.swapaxes(0, 1), on)
    row = _layer_map(parameters, num_layers - 1, gram, slice(-1, None))
    for A in reversed(maps):
        row = multiply(row, A, on)
    return -batch.scale[:, None] * row[0, :-1]


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
