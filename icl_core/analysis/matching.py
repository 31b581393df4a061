"""How far the implicit weights of one method's steps are from those of another's."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True, eq=False)
class Gaps:
    """Distances [rows, columns] of two families of predictions, in units of the first's size.

    gap = sqrt(E ||w_row - w_column||^2 / E ||w_row||^2), over prompts: for x_t ~ N(0, I) the root
    mean square gap of the two predictions. error: its standard error.
    """

    gap: np.ndarray
    error: np.ndarray

    def best(self) -> np.ndarray:
        """The first column of every row that is as near as the nearest, to two standard errors.

        A method that has converged stands still: its later steps are no nearer than its first.
        """
        known = np.isfinite(self.gap)
        gap = np.where(known, self.gap, np.inf)
        least = np.argmin(gap, axis=-1)[:, None]
        reach = np.take_along_axis(gap, least, 1) + 2 * np.take_along_axis(self.error, least, 1)
        return np.argmax(gap <= reach, axis=-1)


def prediction_gaps(
    rows: Float[np.ndarray, "rows batch dim"], columns: Float[np.ndarray, "columns batch dim"]
) -> Gaps:
    """The gap of every row to every column; the error is that of a ratio of two means."""
    size = np.sum(rows**2, axis=-1)
    apart = np.stack([np.sum((rows - column) ** 2, axis=-1) for column in columns], axis=1)
    with np.errstate(all="ignore"):
        mean = size.mean(-1)[:, None]
        ratio = apart.mean(-1) / mean
        spread = (apart - ratio[..., None] * size[:, None]).std(-1, ddof=1)
        error_of_ratio = spread / np.sqrt(size.shape[-1]) / mean
        gap = np.sqrt(ratio)
        error = np.where(gap > 0, error_of_ratio / (2 * np.where(gap > 0, gap, 1)), 0)
    return Gaps(gap=gap, error=error)
