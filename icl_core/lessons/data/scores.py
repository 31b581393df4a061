"""Predictions of held-out rows, and their errors over random splits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import quantile_test

LARGEST = 1e300
"""Errors count as no larger, so that quantiles between them are numbers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """Predictions [splits, m] of held-out rows by method, the model first, and what was true."""

    by_method: Mapping[str, Float[np.ndarray, "splits m"]]
    truth: Float[np.ndarray, "splits m"]


class Middle(NamedTuple):
    """The median over splits, and the 10 % and 90 % quantiles."""

    median: float
    low: float
    high: float


def interval(values: Float[np.ndarray, "splits"]) -> tuple[float, float]:
    """95 % interval of the median, whatever the law of the values (order statistics, scipy)."""
    ends = quantile_test(np.minimum(values, LARGEST), p=0.5).confidence_interval()
    return float(ends.low), float(ends.high)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Root mean square errors of each split, by method, in the data's units, infinite where a
    prediction has left the numbers; the standard deviation of its held-out targets."""

    rmse: Mapping[str, Float[np.ndarray, "splits"]]
    deviation: Float[np.ndarray, "splits"]

    @classmethod
    def of(cls, predicted: Predicted) -> "Scores":
        errors = {name: p - predicted.truth for name, p in predicted.by_method.items()}
        return cls(
            rmse={name: _root_mean_square(error) for name, error in errors.items()},
            deviation=predicted.truth.std(axis=1),
        )

    @cached_property
    def middle(self) -> Mapping[str, Middle]:
        """What is typical of each method."""
        errors = np.minimum(list(self.rmse.values()), LARGEST)
        found = np.quantile(errors, (0.5, 0.1, 0.9), axis=1).T.tolist()
        return {name: Middle(*each) for name, each in zip(self.rmse, found, strict=True)}

    def r2(self, method: str) -> float:
        """1 - mean square error / variance of the held-out targets, the median over splits whose
        targets vary; minus infinity where none do."""
        vary = self.deviation > 0
        with np.errstate(all="ignore"):
            shares = (self.rmse[method][vary] / self.deviation[vary]) ** 2
        return float(1 - np.median(shares)) if vary.any() else -np.inf


def _root_mean_square(errors: Float[np.ndarray, "splits m"]) -> Float[np.ndarray, "splits"]:
    """Over rows, by their largest, so that no square overflows."""
    with np.errstate(all="ignore"):
        largest = np.abs(errors).max(axis=1)
        scaled = errors / np.where(largest > 0, largest, 1)[:, None]
        found = largest * np.sqrt(np.mean(scaled**2, axis=1))
    return np.where(np.isnan(found), np.inf, found)
