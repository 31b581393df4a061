"""Means over prompts with their standard errors, as results hold them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.analysis.statistics import mean_and_error, overflowed


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """Means over prompts and their standard errors, two arrays of one shape."""

    mean: np.ndarray
    stderr: np.ndarray

    @classmethod
    def of(cls, losses: Float[np.ndarray, "*rest prompts"]) -> "Estimate":
        """Over the last axis; losses that overflowed are infinite."""
        mean, stderr = mean_and_error(overflowed(losses))
        return cls(mean=mean, stderr=stderr)


@dataclass(frozen=True, kw_only=True, eq=False)
class MedianEstimate(Estimate):
    """The same with the median, for losses whose mean is decided by rare prompts."""

    median: np.ndarray

    @classmethod
    def of(cls, losses: Float[np.ndarray, "*rest prompts"]) -> "MedianEstimate":
        """Over the last axis; losses that overflowed are infinite."""
        mean, stderr = mean_and_error(overflowed(losses))
        return cls(mean=mean, stderr=stderr, median=np.median(losses, axis=-1))
