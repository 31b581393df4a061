"""What one GD++ layer does to the Hessian's eigenvalues (paper 1, appendix A.10, figure 13).

GD++ transforms the inputs, x <- (I - gamma Sigma) x, so an eigenvalue lambda of Sigma becomes
lambda (1 - gamma lambda)^2. gamma is not divided by n.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from icl_core.arrays import in_float64, without_rounding
from icl_core.tasks.linear import LinearTask, draw_prompts

NODES = 3000
"""Nodes of `in_bins`."""


@dataclass(frozen=True, kw_only=True)
class SpectrumBank:
    """Hessian eigenvalues of many prompts, ascending, [prompts, d]; the prompt shown is row 0."""

    eigenvalues: np.ndarray
    num_context: int

    @property
    def lowest(self) -> float:
        """Mean smallest eigenvalue over prompts."""
        return float(self.eigenvalues[:, 0].mean())

    @property
    def highest(self) -> float:
        """Mean largest eigenvalue over prompts."""
        return float(self.eigenvalues[:, -1].mean())


def transform(
    eigenvalues: Float[np.ndarray, "*shape"], gamma: float | np.ndarray, layers: int = 1
) -> Float[np.ndarray, "*shape"]:
    """lambda (1 - gamma lambda)^2, applied once per layer with the same gamma."""
    for _ in range(layers):
        eigenvalues = eigenvalues * (1 - gamma * eigenvalues) ** 2
    return eigenvalues


def condition_numbers(eigenvalues: Float[np.ndarray, "prompts dim"]) -> np.ndarray:
    """Largest over smallest eigenvalue of each prompt; inf where the smallest is 0."""
    low, high = eigenvalues.min(-1), eigenvalues.max(-1)
    return np.divide(high, low, out=np.full_like(high, np.inf), where=low > 0)


def best_gamma(eigenvalues: Float[np.ndarray, "prompts dim"], layers: int = 1) -> float:
    """The gamma that minimises the median condition number after `layers` layers, by grid.

    The grid has 400 values from 0 to 1 / (mean largest eigenvalue) * 1.2.
    """
    grid = np.linspace(0, 1.2 / eigenvalues.max(-1).mean(), 400)
    medians = [np.median(condition_numbers(transform(eigenvalues, g, layers))) for g in grid]
    return float(grid[int(np.argmin(medians))])


@in_float64
def hessian_spectrum(task: LinearTask, *, prompts: int = 2000, seed: int = 0) -> SpectrumBank:
    """Eigenvalues of Sigma = sum x x^T over prompts of the task (unnormalised, as gamma is)."""
    Sigma = draw_prompts(task, seed, prompts).moments.Sigma
    return SpectrumBank(eigenvalues=np.asarray(_eigenvalues(Sigma)), num_context=task.num_context)


def in_bins(
    values: Float[np.ndarray, "count"], weight: Float[np.ndarray, "count"]
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted means of neighbours, at most NODES, and the sums of their weights.

    Finest at both ends, where polynomials blow up.
    """
    order = np.argsort(values)
    values, weight = values[order], weight[order]
    fractions = (1 - np.cos(np.linspace(0, np.pi, NODES + 1))) / 2
    edges = np.unique(np.round(fractions * len(values)).astype(int))[:-1]
    total = np.add.reduceat(weight, edges)
    return np.add.reduceat(weight * values, edges) / total, total


@jax.jit
def _eigenvalues(Sigma: Float[Array, "batch dim dim"]) -> Float[Array, "batch dim"]:
    return without_rounding(jnp.linalg.eigvalsh(Sigma))
