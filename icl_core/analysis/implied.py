"""The ridge regression that a prediction is nearest to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.ridge import Spectrum

STRENGTHS = np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 241)])
"""Tried first; then the neighbourhood of the best is searched."""
GOLDEN = (np.sqrt(5) - 1) / 2
ITERATIONS = 60


@dataclass(frozen=True, kw_only=True)
class Implied:
    """strength s [batch], and distance 1/2 ||w - ridge(s)||^2 [batch] (half MSE): what no ridge
    regression explains. strength 1e6 is as good as predicting nothing."""

    strength: np.ndarray
    distance: np.ndarray


def nearest_ridge(eigen: Spectrum, w: Float[np.ndarray, "batch dim"]) -> Implied:
    """The s >= 0 that minimises 1/2 ||w - (Sigma + s I)^-1 alpha||^2, for every prompt."""
    values, a = np.asarray(eigen.eigenvalues), np.asarray(eigen.a)
    b = np.einsum("nij,ni->nj", np.asarray(eigen.U), np.asarray(w))

    def distance(s: np.ndarray) -> np.ndarray:
        """[batch, tries]"""
        total = values[:, None, :] + s[..., None]
        solution = a[:, None, :] / np.where(total == 0, 1, total)
        return 0.5 * ((solution - b[:, None, :]) ** 2).sum(-1)

    tried = distance(np.broadcast_to(STRENGTHS, (len(a), len(STRENGTHS))))
    best = tried.argmin(-1)
    low = STRENGTHS[np.maximum(best - 1, 0)]
    high = STRENGTHS[np.minimum(best + 1, len(STRENGTHS) - 1)]
    for _ in range(ITERATIONS):
        inner = np.stack([high - GOLDEN * (high - low), low + GOLDEN * (high - low)], axis=-1)
        left, right = distance(inner).T
        low = np.where(left > right, inner[:, 0], low)
        high = np.where(left > right, high, inner[:, 1])
    candidates = np.stack([(low + high) / 2, STRENGTHS[best]], axis=-1)
    found = distance(candidates)
    rows, index = np.arange(len(a)), found.argmin(-1)
    return Implied(strength=candidates[rows, index], distance=found[rows, index])
