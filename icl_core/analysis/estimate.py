"""A mean over prompts with its standard error."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """Means over prompts and their standard errors, two arrays of one shape."""

    mean: np.ndarray
    stderr: np.ndarray

    @classmethod
    def of(cls, values: Float[np.ndarray, "*rest prompts"]) -> "Estimate":
        """Over the last axis. NaN is a loss that overflowed, and counts as infinite."""
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.where(np.isnan(values), np.inf, values)
            error = values.std(-1, ddof=1) / np.sqrt(values.shape[-1])
            return cls(mean=values.mean(-1), stderr=error)


@dataclass(frozen=True, kw_only=True, eq=False)
class MedianEstimate(Estimate):
    """The same with the median, for losses whose mean is decided by rare prompts."""

    median: np.ndarray

    @classmethod
    def of(cls, values: Float[np.ndarray, "*rest prompts"]) -> "MedianEstimate":
        """Over the last axis; see `Estimate.of`."""
        known = Estimate.of(values)
        return cls(mean=known.mean, stderr=known.stderr, median=np.median(values, axis=-1))
