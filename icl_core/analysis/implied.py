"""The ridge regression that a prediction is nearest to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.ridge import Spectrum

STRENGTHS = np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 241)])
"""Tried first; then the neighbourhood of the best is searched."""
BISECTIONS = 60


@dataclass(frozen=True, kw_only=True)
class Implied:
    """strength s [batch], and distance 1/2 ||w - ridge(s)||^2 [batch] (half MSE): what no ridge
    regression explains. strength 1e6 is as good as predicting nothing; NaN if w is infinite."""

    strength: np.ndarray
    distance: np.ndarray


def nearest_ridge(eigen: Spectrum, w: Float[np.ndarray, "batch dim"]) -> Implied:
    """The s >= 0 that minimises 1/2 ||w - (Sigma + s I)^-1 alpha||^2, for every prompt.

    Found by bisection where the derivative changes its sign, which says s to all digits; the
    distance itself, flat there, would say half of them.
    """
    values, a = np.asarray(eigen.eigenvalues), np.asarray(eigen.a)
    b = np.einsum("nij,ni->nj", np.asarray(eigen.U), np.asarray(w))

    def gaps(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of [batch, tries] strengths: Sigma + s I, and ridge(s) - w, [batch, tries, dim]."""
        total = values[:, None, :] + s[..., None]
        total = np.where(total == 0, 1, total)
        return total, a[:, None, :] / total - b[:, None, :]

    def distance(s: np.ndarray) -> np.ndarray:
        return 0.5 * (gaps(s)[1] ** 2).sum(-1)

    def slope(s: np.ndarray) -> np.ndarray:
        """[batch], the derivative of the distance by s."""
        total, gap = gaps(s[:, None])
        return -(gap * a[:, None, :] / total**2).sum(-1)[:, 0]

    best = distance(np.broadcast_to(STRENGTHS, (len(a), len(STRENGTHS)))).argmin(-1)
    low = STRENGTHS[np.maximum(best - 1, 0)]
    high = STRENGTHS[np.minimum(best + 1, len(STRENGTHS) - 1)]
    high = np.where(slope(low) >= 0, low, high)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = slope(middle) > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    strength = np.where(np.isfinite(b).all(-1), (low + high) / 2, np.nan)
    return Implied(strength=strength, distance=distance(strength[:, None])[:, 0])
