"""Baselines with free numbers, tuned on prompts of a task as the papers tune them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import optimize

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent, gradient_descent
from icl_core.algorithms.ridge import OracleRR, TunedRR, ols_variance, ridge, spectrum
from icl_core.analysis.loss import distance_loss
from icl_core.analysis.spectrum import in_bins
from icl_core.arrays import in_float64, without_rounding
from icl_core.errors import InputError
from icl_core.tasks.inputs import STANDARD
from icl_core.tasks.linear import LinearTask, draw_prompts

TUNING_SEED = 20_24


def tune_ridge(task: LinearTask, *, prompts: int = 16_384, seed: int = TUNING_SEED) -> TunedRR:
    """scale and highest of TunedRR that minimise the mean adjusted loss (Nelder-Mead)."""
    if task.num_context <= task.dim:
        raise InputError(
            f"TunedRR needs more tokens than dimensions: n = {task.num_context} and "
            f"d = {task.dim}; raise n or leave TunedRR out."
        )
    drawn = draw_prompts(task, seed, prompts)
    eigen = spectrum(drawn.moments)
    variance = ols_variance(eigen, drawn.num_context)
    target = OracleRR().weight_path(drawn)[-1]

    def objective(logs: np.ndarray) -> float:
        scale, highest = np.exp(logs)
        w = ridge(eigen, np.minimum(scale * variance, highest))
        return float(distance_loss(w[None], target, task.query_variances).mean())

    start = np.log([1.0, max(task.noise.highest**2, 1e-6)])
    # scipy's own first simplex steps by 5 % of the start, which is nothing where the start is 0.
    simplex = start + np.array([[0.0, 0.0], [0.5, 0.0], [0.0, -0.5]])
    found = optimize.minimize(
        objective,
        start,
        method="Nelder-Mead",
        bounds=np.log([(1e-3, 1e3), (1e-9, 1e6)]),
        options={"initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-9},
    )
    scale, highest = np.exp(found.x)
    return TunedRR(scale=float(scale), highest=float(highest))


def tune_descent(
    task: LinearTask, steps: int, *, prompts: int = 4096, seed: int = TUNING_SEED
) -> GradientDescent:
    """One step size for all steps, minimising the mean adjusted loss after the last one."""
    drawn = draw_prompts(task, seed, prompts)
    target = OracleRR().weight_path(drawn)[-1]

    def objective(log_eta: float) -> float:
        etas = np.full(steps, np.exp(log_eta))
        path = gradient_descent(drawn, etas)
        return float(distance_loss(path, target, task.query_variances)[-1].mean())

    # In units of the largest curvature of an endless context.
    bounds = np.log(np.array([1e-4, 4]) / task.query_variances.max())
    found: Any = optimize.minimize_scalar(objective, bounds=tuple(bounds), method="bounded")
    return GradientDescent(etas=(float(np.exp(found.x)),) * steps)


@dataclass(frozen=True, kw_only=True)
class _Eigenvalues:
    """Density of the eigenvalues of Sigma, all d of a prompt together: nodes and weights.

    A weight counts how often an eigenvalue occurs, times the variance of the query along its
    eigenvector. strength: E sigma^2 of the task; rest: what no estimate that is linear in y avoids,
    E over prompts of 1/2 sum_i lambda_i (E 1/(lambda_i + sigma^2) - 1/(lambda_i + E sigma^2)).
    """

    values: Float[np.ndarray, "nodes"]
    weight: Float[np.ndarray, "nodes"]
    strength: float
    rest: float


FIRST_ETAS, FIRST_GAMMAS = (0.4, 0.9, 2.0, 4.0), (-0.3, 0.15, 0.3, 0.6, 1.0)
"""Where a further step begins, in units of 1 / (a typical large eigenvalue)."""
FINALISTS = 4
"""Of the starts after some iterations, those improved to the end."""
TAILS = (0.85, 1.0, 1.0, 1.0, 1.0, 1.18)
"""Scales of Sigma dealt to the prompts in turn and undone by weights: a deep GD++ is a polynomial
of degree 3^K in lambda and must be told what lies beyond the eigenvalues of a few thousand."""


def _eigenvalues(task: LinearTask, prompts: int, seed: int) -> _Eigenvalues:
    Sigma = np.asarray(draw_prompts(task, seed, prompts).moments.Sigma)
    values, query = _values_and_query(Sigma, task.query_variances)
    weight = np.full(prompts, 1 / prompts)
    if task.inputs == STANDARD:
        values = values * np.resize(TAILS, prompts)[:, None]
        # p / q of inputs N(0, I) under the mixture q of N(0, s I) over the tails' s.
        log_ratio = [
            0.5 * (1 - 1 / s) * values.sum(-1) - 0.5 * task.dim * task.num_context * np.log(s)
            for s in TAILS
        ]
        weight = 1 / np.mean(np.exp(log_ratio), axis=0) / prompts
    values, weight = in_bins(values.ravel(), (weight[:, None] * query).ravel())
    strength = task.noise.second_moment
    sigma, prior = task.noise.nodes()
    safe = np.where(values > 0, values, 1.0)
    inverse = (prior / (safe[:, None] + sigma**2)).sum(-1)
    rest = 0.5 * np.sum(weight * values * (inverse - 1 / (safe + strength)))
    return _Eigenvalues(values=values, weight=weight, strength=strength, rest=float(rest))


def _values_and_query(Sigma: np.ndarray, variances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and the variance of the query along each eigenvector, both [prompts, d]."""
    if np.ptp(variances) == 0:
        values = np.asarray(without_rounding(np.linalg.eigvalsh(Sigma)))
        return values, np.broadcast_to(variances, values.shape)
    values, U = np.linalg.eigh(Sigma)
    query = np.einsum("nji,j->ni", U**2, variances)
    return np.asarray(without_rounding(values)), query


@jax.jit
@jax.value_and_grad
def _gdpp_loss(numbers: Array, values: Array, weight: Array, strength: Array, rest: Array) -> Array:
    """log of the mean adjusted loss (half MSE) of GD++ with etas/n and n gammas in two rows.

    Per eigenvalue the weights are f alpha. Over w and the noise, given lambda, the loss is exact:
    1/2 lambda (lambda + s)(f - 1/(lambda + s))^2 with s = E sigma^2, and `rest`.
    """
    f, m = jnp.zeros_like(values), jnp.ones_like(values)
    for eta, gamma in numbers.T:
        f = f + eta * m * m * (1 - values * f)
        m = m - gamma * values * m**3
    total = values + strength
    gap = 1 / jnp.where(total > 0, total, 1) - f
    excess = 0.5 * jnp.sum(weight * values * total * gap**2)
    return jnp.log(excess + rest)


def tune_gdpp(task: LinearTask, steps: int, *, prompts: int = 16_384) -> GDPlusPlus:
    """A step size and a gamma for each step that minimise the mean adjusted loss after the last."""
    return gdpp_ladder(task, steps, prompts=prompts)[-1]


@in_float64
def gdpp_ladder(
    task: LinearTask,
    steps: int,
    *,
    prompts: int = 16_384,
    seed: int = TUNING_SEED,
    thorough: bool = False,
) -> tuple[GDPlusPlus, ...]:
    """The best GD++ of 1, 2, ..., `steps` steps.

    One more step at a time, put before or behind those found, and all improved together (L-BFGS).
    The loss is exact over w, noise and query, so that only spectra are sampled. `thorough` follows
    every start to its end: without noise the good optima of deep models are rare.
    """
    drawn = _eigenvalues(task, prompts, seed)
    return tuple(
        GDPlusPlus(
            etas=tuple(map(float, etas * task.num_context)), gammas=tuple(map(float, gammas))
        )
        for etas, gammas in _rungs(drawn, steps, thorough)
    )


def _rungs(drawn: _Eigenvalues, steps: int, thorough: bool) -> Iterator[np.ndarray]:
    """etas/n and gammas, [2, K] for K = 1..steps."""
    known = [jnp.asarray(part) for part in (drawn.values, drawn.weight, drawn.strength, drawn.rest)]
    scale = float(np.sum(drawn.weight * drawn.values**2) / np.sum(drawn.weight * drawn.values))

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _gdpp_loss(jnp.asarray(flat.reshape(2, -1) / scale), *known)
        # Where the polynomial overflows, the line search must turn back.
        finite = np.isfinite(value) and np.isfinite(slope).all()
        return (float(value), np.asarray(slope).ravel() / scale) if finite else (1e3, 0 * flat)

    def descend(start: np.ndarray, iterations: int) -> optimize.OptimizeResult:
        options = {"maxiter": iterations, "ftol": 1e-12, "gtol": 1e-8}
        return optimize.minimize(objective, start, jac=True, method="L-BFGS-B", options=options)

    best = np.empty((2, 0))
    for _ in range(steps):
        fresh = [np.array([[eta], [gamma]]) for eta in FIRST_ETAS for gamma in FIRST_GAMMAS]
        starts = [np.hstack(pair) for new in fresh for pair in ((new, best), (best, new))]
        points = [start.ravel() for start in starts]
        if not thorough:
            tried = sorted((descend(point, 25) for point in points), key=lambda run: run.fun)
            points = [run.x for run in tried[:FINALISTS]]
        runs = [descend(point, 1000) for point in points]
        best = min(runs, key=lambda run: run.fun).x.reshape(2, -1)
        yield best / scale
