"""From a table to contexts and queries in the units that a model was trained in.

In training x ~ N(0, I_d), w ~ N(0, I_d) and y = <w, x> + noise, so that E y^2 = d + E sigma^2
(`LinearTask.target_variance`). Targets are centred and scaled to that mean square by the context's
own mean and standard deviation, for no other targets are known to a forward pass. Then, where
inputs are uncorrelated, |w|^2 = R^2 E y^2 and sigma^2 = (1 - R^2) E y^2: both lie where training
had them if R^2 does. Inputs are standardised or whitened by the context's rows as well, or by those
of the whole table, which are known where the inputs of queries are. Predictions go the way back,
into the data's own units.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int
from sklearn.model_selection import ShuffleSplit

Scale = Literal["raw", "standard", "white"]
SCALES: tuple[Scale, ...] = get_args(Scale)
Fit = Literal["context", "table"]
FITS: tuple[Fit, ...] = get_args(Fit)
SPLITS = 100
LONGEST = 200
"""Most rows of a context."""
HELD_OUT = (0.25, 200)
"""Share of a table's rows that a split holds out, and their largest number."""
RANK = 1e-10
"""Principal components of less variance, relative to the largest, count as none."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Splits:
    """Random rows: context [splits, longest], of which a context of n rows has the first n, and
    held_out [splits, m], the same for every n."""

    context: Int[np.ndarray, "splits longest"]
    held_out: Int[np.ndarray, "splits m"]

    @classmethod
    def of(cls, rows: int, seed: int) -> "Splits":
        """SPLITS of a table with so many rows, by scikit-learn's ShuffleSplit."""
        share, most = HELD_OUT
        held_out = min(int(share * rows), most)
        drawn = ShuffleSplit(
            SPLITS,
            train_size=longest_context(rows),
            test_size=held_out,
            random_state=seed,
        ).split(np.empty((rows, 1)))
        context, held_out = zip(*drawn, strict=True)
        return cls(context=np.array(context), held_out=np.array(held_out))


def longest_context(rows: int) -> int:
    """The most rows that a context can have, of a table with so many."""
    return min(rows - min(int(HELD_OUT[0] * rows), HELD_OUT[1]), LONGEST)


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """Contexts X [splits, n, d], y [splits, n] and queries [splits, m, d] in a model's units.

    A prediction in the data's units is `answer * unit + centre`, both [splits, 1].
    """

    X: Float[np.ndarray, "splits n dim"]
    y: Float[np.ndarray, "splits n"]
    queries: Float[np.ndarray, "splits m dim"]
    centre: Float[np.ndarray, "splits 1"]
    unit: Float[np.ndarray, "splits 1"]

    def in_units(self, answers: Float[np.ndarray, "*steps splits m"]) -> np.ndarray:
        """Predictions in the data's own units."""
        return answers * self.unit + self.centre


def prepare(
    features: Float[np.ndarray, "rows features"],
    target: Float[np.ndarray, "rows"],
    splits: Splits,
    n: int,
    *,
    scale: Scale,
    fit: Fit,
    dim: int,
    target_variance: float,
) -> Prepared:
    """Contexts of n rows and their queries; where there are more features than `dim`, their first
    `dim` principal components.

    raw: inputs as they stand (components of the centred ones). standard: each centred and divided
    by its standard deviation (components of these, all by one factor, so that they have variance 1
    on average). white: the principal components of the standardised inputs, each with variance 1.
    """
    rows, held_out = splits.context[:, :n], splits.held_out
    y = target[rows]
    centre, spread = _mean_and_deviation(y)
    unit = spread / np.sqrt(target_variance)
    X, queries = features[rows], features[held_out]
    known = X if fit == "context" else features[None]
    X, queries = _scaled(known, X, queries, scale=scale, dim=dim)
    return Prepared(X=X, y=(y - centre) / unit, queries=queries, centre=centre, unit=unit)


def _mean_and_deviation(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Over the second axis, which is kept; what does not vary counts as of deviation 1."""
    deviation = values.std(axis=1, keepdims=True)
    size = np.abs(values).max(axis=1, keepdims=True)
    return values.mean(axis=1, keepdims=True), np.where(deviation > 1e-12 * size, deviation, 1.0)


def _scaled(
    known: np.ndarray, *parts: np.ndarray, scale: Scale, dim: int
) -> tuple[np.ndarray, ...]:
    """Inputs [splits, rows, features] as `prepare` says, by what is known of their law."""
    projected = dim < known.shape[-1]
    if scale == "raw" and not projected:
        return parts
    mean, deviation = _mean_and_deviation(known)
    unit = np.ones_like(deviation) if scale == "raw" else deviation
    standard, parts = (known - mean) / unit, tuple((part - mean) / unit for part in parts)
    if scale == "standard" and not projected:
        return parts
    variance, axes = np.linalg.eigh(standard.mT @ standard / standard.shape[1])
    variance, axes = variance[:, ::-1][:, :dim], axes[:, :, ::-1][:, :, :dim]
    if scale == "white":
        has = variance > RANK * variance[:, :1]
        axes = axes * np.where(has, 1 / np.sqrt(np.where(has, variance, 1)), 0)[:, None]
    elif scale == "standard":
        axes = axes / np.sqrt(np.maximum(variance.mean(axis=1), RANK))[:, None, None]
    return tuple(part @ axes for part in parts)
