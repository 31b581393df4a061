"""One layer applied again and again, changing targets alone (paper 1, section 4.2, figure 10)."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from icl_core.arrays import WeightPath
from icl_core.constructions.matrices import AttentionWeights
from icl_core.tasks.linear import Moments


def roll_out(
    weights: AttentionWeights, moments: Moments, *, damping: float, steps: int
) -> WeightPath:
    """Implicit weights after 0..steps applications of the layer, [steps+1, batch, d].

    Only the y entry of every token is updated, each update times `damping`: inputs stay as they
    are, or small stray updates of theirs would add up. A token's y is a y_i - <v, x_i> throughout,
    and the query's -<v, x>: with G the second moments of (x, y) at a step, g = G times the last row
    of P W_V and u = W_K^T W_Q's transpose times g,
        a <- a (1 + damping u_y),    v <- v (1 + damping u_y) - damping u_x.
    Overflow becomes inf and NaN.
    """
    numbers = jnp.asarray(weights.PW_V[-1]), jnp.asarray(weights.W_KQ.T), jnp.asarray(damping)
    return _roll_out(*numbers, moments, jnp.arange(steps))


@jax.jit
def _roll_out(
    writes: Array, compares: Array, damping: Array, moments: Moments, steps: Array
) -> WeightPath:
    Sigma, alpha, lam = (jnp.asarray(m) for m in (moments.Sigma, moments.alpha, moments.lam))

    def step(state: tuple[Array, Array], _: Array) -> tuple[tuple[Array, Array], Array]:
        a, v = state
        Sigma_v = jnp.einsum("nij,nj->ni", Sigma, v)
        now = a[:, None] * alpha - Sigma_v
        energy = a**2 * lam - 2 * a * jnp.sum(v * alpha, -1) + jnp.sum(v * Sigma_v, -1)
        read_x = jnp.einsum("nij,j->ni", Sigma, writes[:-1]) + now * writes[-1]
        read_y = jnp.einsum("ni,i->n", now, writes[:-1]) + energy * writes[-1]
        u = jnp.einsum("ij,nj->ni", compares[:, :-1], read_x)
        u += jnp.einsum("i,n->ni", compares[:, -1], read_y)
        keep = 1 + damping * u[:, -1]
        a, v = a * keep, v * keep[:, None] - damping * u[:, :-1]
        return (a, v), v

    start = jnp.zeros_like(alpha)
    _, path = jax.lax.scan(step, (jnp.ones_like(lam), start), steps)
    return jnp.concatenate([start[None], path])


def unstable_share(eigenvalues: np.ndarray, step: float) -> float:
    """Fraction of prompts whose largest eigenvalue exceeds 2 / step: descent with that eta/n, or
    damping times it, diverges there."""
    return float(np.mean(np.asarray(eigenvalues) * step > 2))
