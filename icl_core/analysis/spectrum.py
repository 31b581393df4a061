"""What one GD++ layer does to the Hessian's eigenvalues (paper 1, appendix A.10, figure 13).

GD++ transforms the inputs, x <- (I - gamma Sigma) x, so an eigenvalue lambda of Sigma becomes
lambda (1 - gamma lambda)^2. gamma is not divided by n.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import optimize

from icl_core.arrays import Array, without_rounding
from icl_core.constructions.second_order import relative_gamma
from icl_core.tasks.linear import LinearTask, draw_prompts

NODES = 3000
"""Nodes of `in_bins`."""
BEST_NODES, COARSE = 400, 7
"""Gammas that `best_gamma` chooses from; it first looks at one in so many."""


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


def median_with_error(values: Float[np.ndarray, "prompts"]) -> tuple[float, float]:
    """Median over prompts and its standard error, from order statistics half a deviation away.

    The number of values below the true median is binomial, of deviation sqrt(prompts)/2: whatever
    their distribution, infinite ones included.
    """
    step = 0.5 / np.sqrt(len(values))
    low, middle, high = np.quantile(values, [0.5 - step, 0.5, 0.5 + step])
    return float(middle), float(high - low) / 2


def conditions_after(
    eigenvalues: Float[np.ndarray, "prompts dim"], gammas: Float[np.ndarray, "gammas"], layers: int
) -> Float[np.ndarray, "layers gammas prompts"]:
    """Condition number of every prompt after 1, ..., `layers` layers of each gamma."""
    values = np.broadcast_to(
        eigenvalues.T[:, None, :], (eigenvalues.shape[1], len(gammas), len(eigenvalues))
    )
    found = []
    for _ in range(layers):
        values = transform(values, gammas[:, None])
        low, high = values.min(0), values.max(0)
        found.append(np.divide(high, low, out=np.full_like(high, np.inf), where=low > 0))
    return np.stack(found)


def best_gamma(
    eigenvalues: Float[np.ndarray, "prompts dim"], layers: int = 1, *, near: float | None = None
) -> float:
    """The gamma that minimises the median condition number after `layers` layers, by grid.

    The grid has BEST_NODES values from 0 to 1 / (mean largest eigenvalue) * 1.2; of those next to
    `near`, or to the best of one in COARSE, all are tried.
    """
    grid = np.linspace(0, 1.2 / eigenvalues.max(-1).mean(), BEST_NODES)

    def lowest(places: np.ndarray) -> int:
        found = conditions_after(eigenvalues, grid[places], layers)[-1]
        return int(places[np.argmin(np.median(found, axis=-1))])

    coarse = np.arange(0, BEST_NODES, COARSE)
    middle = lowest(coarse) if near is None else int(np.argmin(np.abs(grid - near)))
    return float(grid[lowest(np.arange(BEST_NODES)[max(middle - COARSE, 0) : middle + COARSE + 1])])


def interval_condition(
    low: float, high: float, gamma: float | Float[np.ndarray, "gammas"]
) -> np.ndarray:
    """kappa++ of all eigenvalues from `low` to `high` after a layer (paper 1, appendix A.10).

    With f(lambda) = lambda (1 - gamma lambda)^2 it is f(1/(3 gamma)) / min(f(low), f(high)) where
    the peak lies inside. Elsewhere, at gamma = 0 say, the largest value is at one of the ends and
    the paper's formula does not hold. inf from gamma = 1/high on, where the root of f comes inside
    and the paper's formula would fall again.
    """
    gamma = np.asarray(gamma, float)
    ends = transform(np.array([low, high]), gamma[..., None])
    inside = (3 * gamma * low < 1) & (3 * gamma * high > 1)
    top = np.where(inside, 4 / 27 / np.where(inside, gamma, 1.0), ends.max(-1))
    bottom = np.where(gamma * high < 1, ends.min(-1), 0.0)
    return np.divide(top, bottom, out=np.full_like(top, np.inf), where=bottom > 0)


def interval_gamma(low: float, high: float) -> float:
    """The gamma of the smallest `interval_condition`: both ends go to one value.

    1 / (low + sqrt(low high) + high); of two eigenvalues alone it makes a condition number of 1.
    """
    return float(relative_gamma(high / low - 1, best=True) / high)


def two_step_losses(
    eigenvalues: Float[np.ndarray, "prompts dim"], gammas: Float[np.ndarray, "gammas"]
) -> Float[np.ndarray, "gammas"]:
    """Loss of two GD++ steps of one gamma and the best shared step size, relative to no step.

    Per eigenvalue R = (1 - s q_1)(1 - s q_2) with s = eta/n, q_1 = lambda, q_2 = f(lambda) (see
    `analysis.recursion`): the mean of R^2 is a quartic in s, minimised at a root of its slope.
    """
    first, found = eigenvalues.ravel(), []
    for gamma in gammas:
        second = transform(first, gamma)
        total, product = first + second, first * second
        quartic = np.array(
            [
                np.mean(product**2),
                -2 * np.mean(total * product),
                np.mean(total**2 + 2 * product),
                -2 * np.mean(total),
                1.0,
            ]
        )
        roots = np.roots(np.polyder(quartic))
        found.append(np.polyval(quartic, roots[np.isreal(roots)].real).min())
    return np.array(found)


def two_step_gamma(eigenvalues: Float[np.ndarray, "prompts dim"]) -> float:
    """The gamma of the smallest of `two_step_losses`, up to 1 / (mean largest eigenvalue)."""
    grid = np.linspace(0, 1 / eigenvalues.max(-1).mean(), 21)
    place = int(np.argmin(two_step_losses(eigenvalues, grid)))
    bounds = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
    best = optimize.minimize_scalar(
        lambda gamma: two_step_losses(eigenvalues, np.array([gamma]))[0],
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-6 * grid[-1]},
    )
    return float(best.x)


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


def _eigenvalues(Sigma: Float[Array, "batch dim dim"]) -> Float[Array, "batch dim"]:
    return without_rounding(np.linalg.eigvalsh(Sigma))
