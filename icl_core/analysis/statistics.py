"""Means over prompts."""

import numpy as np
from jaxtyping import Float


def mean_and_error(values: Float[np.ndarray, "*lead prompts"]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and its standard error over the last axis.

    NaN is no value and left out (the cosine of a vector without direction); where nothing is left
    both are NaN. Infinity counts: of losses, say `overflowed` first.
    """
    known = ~np.isnan(values)
    count = known.sum(-1)
    with np.errstate(all="ignore"):
        mean = np.where(known, values, 0).sum(-1) / count
        squares = np.where(known, (values - mean[..., None]) ** 2, 0).sum(-1)
        return mean, np.sqrt(squares / (count - 1) / count)


def overflowed(losses: Float[np.ndarray, "*lead prompts"]) -> Float[np.ndarray, "*lead prompts"]:
    """The losses with infinity in the place of NaN, which they become as inf - inf."""
    return np.where(np.isnan(losses), np.inf, losses)
