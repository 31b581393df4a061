"""One layer applied again and again, changing targets alone (paper 1, section 4.2, figure 10)."""

import numpy as np

from icl_core.arrays import Array, WeightPath, namespace, numpy_or_xla, scan
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
    return _roll_out(weights.PW_V[-1], weights.W_KQ.T, np.float64(damping), moments, steps)


@numpy_or_xla(static=("steps",))
def _roll_out(
    writes: np.ndarray, compares: np.ndarray, damping: np.float64, moments: Moments, steps: int
) -> WeightPath:
    xp = namespace(moments)
    Sigma, alpha, lam = moments.Sigma, moments.alpha, moments.lam

    def step(state: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
        a, v = state
        Sigma_v = xp.matvec(Sigma, v)
        now = a[:, None] * alpha - Sigma_v
        energy = a**2 * lam - 2 * a * xp.vecdot(v, alpha) + xp.vecdot(v, Sigma_v)
        read_x = Sigma @ writes[:-1] + now * writes[-1]
        read_y = now @ writes[:-1] + energy * writes[-1]
        u = read_x @ compares[:, :-1].T + read_y[:, None] * compares[:, -1]
        keep = 1 + damping * u[:, -1]
        a, v = a * keep, v * keep[:, None] - damping * u[:, :-1]
        return (a, v), v

    start = xp.zeros_like(alpha)
    _, path = scan(step, (xp.ones_like(lam), start), None, steps)
    return xp.concatenate([start[None], path])


def unstable_share(eigenvalues: np.ndarray, step: float) -> float:
    """Fraction of prompts whose largest eigenvalue exceeds 2 / step: descent with that eta/n, or
    damping times it, diverges there."""
    return float(np.mean(np.asarray(eigenvalues) * step > 2))
