"""The exact adjusted loss as a training objective, on moments in normalised coordinates.

Per prompt: 1/2 ||w_implicit - ridge(sigma_tau^2)||^2 (half MSE; see `analysis.loss`), so the
optimum of the batch loss is that of the papers' sampled loss, without query or oracle noise.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import struct
from jax.scipy.linalg import cho_factor, cho_solve
from jaxtyping import Array, Float

from icl_core.arrays import Key
from icl_core.tasks.linear import LinearTask, Prompts, sample_prompts
from icl_core.tasks.noise import sample_sigma
from icl_core.training.coordinates import (
    Parameters,
    prediction_scale,
    token_scale,
)

ROBUST_SCALE = 1.0
"""c of log(1 + e/c): the size of a loss beyond which a prompt's pull fades."""


WIDE_SHARE, WIDE_SCALE = 8, 1.6
"""One prompt in WIDE_SHARE has its true weights drawn WIDE_SCALE times as wide (see `Batch`)."""


@struct.dataclass
class Batch:
    """gram [batch, d+1, d+1] normalised; target [batch, d], the oracle's weights, raw; weight
    [batch], mean 1.

    A deep model can err by thousands on the one prompt in 100,000 whose |w| is large. Sampling
    some prompts with a wider w and weighting all by the balance heuristic (Veach and Guibas 1995)
    shows such prompts some thirty times as often and leaves every expectation as it is.
    """

    gram: Float[Array, "batch tokens tokens"]
    target: Float[Array, "batch dim"]
    weight: Float[Array, "batch"]


def batch_of(prompts: Prompts, task: LinearTask) -> Batch:
    """What the objective needs of prompts."""
    D = token_scale(task).astype(prompts.sigma.dtype)
    eye = jnp.eye(task.dim, dtype=D.dtype)
    # A prompt without noise and with n < d has a singular Sigma: the tiny term picks, to rounding,
    # the least-norm solution, as `ridge` does.
    tiny = jnp.finfo(D.dtype).eps * 10 * jnp.trace(prompts.moments.Sigma, axis1=-2, axis2=-1)
    shrunk = prompts.moments.Sigma + jnp.einsum("n,ab->nab", prompts.sigma**2 + tiny, eye)
    target = cho_solve(cho_factor(shrunk), prompts.moments.alpha[..., None])[..., 0]
    gram = jnp.einsum("nab,a,b->nab", prompts.moments.gram(), D, D)
    return Batch(gram=gram, target=target, weight=jnp.ones_like(prompts.sigma))


def sample_batch(rng_key: Key, task: LinearTask, size: int) -> Batch:
    """A fresh batch; its cost does not depend on the context length."""
    sigma_key, prompt_key = jax.random.split(rng_key)
    sigma = sample_sigma(task.noise, sigma_key, (size,))
    wide = jnp.arange(size) % WIDE_SHARE == WIDE_SHARE - 1
    prompts = sample_prompts(
        prompt_key,
        sigma,
        dim=task.dim,
        num_context=task.num_context,
        w_scale=jnp.where(wide, WIDE_SCALE, 1.0),
    )
    return replace(batch_of(prompts, task), weight=_importance(prompts.w))


def _importance(w: Float[Array, "batch dim"]) -> Float[Array, "batch"]:
    """p / ((1 - f) p + f q) with p = N(0, I), q = N(0, WIDE_SCALE^2 I), f = 1 / WIDE_SHARE."""
    exponent = 0.5 * (1 - WIDE_SCALE**-2) * jnp.sum(w * w, axis=-1)
    q_over_p = jnp.exp(exponent - w.shape[-1] * jnp.log(WIDE_SCALE))
    return 1 / (1 - 1 / WIDE_SHARE + q_over_p / WIDE_SHARE)


def _layer_map(parameters: Parameters, layer: int, gram: Array, row: slice) -> Array:
    """Rows `row` of A~ = I + sum_k P~_k G~ Q~_k, [batch, rows, d+1]."""
    identity = jnp.eye(gram.shape[-1], dtype=gram.dtype)[None, row]
    if "P" in parameters:
        P, Q = parameters["P"][layer], parameters["Q"][layer]
        return identity + jnp.einsum("hab,nbc,hcd->nad", P[:, row], gram, Q)
    dim = gram.shape[-1] - 1

    def spread(x_block: Array, y_entry: Array) -> Array:
        return jnp.concatenate(
            [jnp.broadcast_to(x_block[:, None], (x_block.size, dim)), y_entry[:, None]], axis=1
        )

    p = spread(parameters["p_x"][layer], parameters["p_y"][layer])
    q_x = parameters["q_x"][layer]
    q_y = parameters["q_y"][layer] if "q_y" in parameters else jnp.zeros_like(q_x)
    # P and Q are diagonal, so P G Q scales the entries of G: the four omegas, spread out.
    omegas = jnp.einsum("ha,hb->ab", p, spread(q_x, q_y))[None, row]
    return identity + omegas * gram[:, row]


def final_weights(
    parameters: Parameters, gram: Float[Array, "batch tokens tokens"], scale: float
) -> Float[Array, "batch dim"]:
    """Implicit weights after the last layer, raw coordinates.

    Only the last row of A~_L ... A~_1 is formed, from the left, and the last G~ never.
    """
    num_layers = next(iter(parameters.values())).shape[0]
    maps = []
    for layer in range(num_layers - 1):
        A = _layer_map(parameters, layer, gram, slice(None))
        maps.append(A)
        gram = A @ gram @ A.mT
    row = _layer_map(parameters, num_layers - 1, gram, slice(-1, None))
    for A in reversed(maps):
        row = row @ A
    return -scale * row[:, 0, :-1]


def losses(parameters: Parameters, batch: Batch, task: LinearTask) -> Float[Array, "batch"]:
    """Adjusted loss of each prompt (half MSE)."""
    w = final_weights(parameters, batch.gram, prediction_scale(task))
    return 0.5 * jnp.sum((w - batch.target) ** 2, axis=-1)


def training_loss(
    parameters: Parameters, batch: Batch, task: LinearTask, robust: Array
) -> Float[Array, ""]:
    """Mean of c log(1 + e/c) over prompts while `robust` is 1, of e itself when it is 0.

    Deep models are polynomials of high degree in Sigma: without the logarithm rare prompts decide
    the direction of every step.
    """
    each = losses(parameters, batch, task)
    faded = ROBUST_SCALE * jnp.log1p(each / ROBUST_SCALE)
    return jnp.mean(batch.weight * jnp.where(robust > 0, faded, each))
