"""The two-noise construction on prompts of growing length (paper 2, Theorem 5.2).

In the theorem's units, x ~ N(0, I/n): see `constructions.two_noise`. Everything here is a function
of Sigma's eigenvalues and of w and the noise in its eigenbasis, which are drawn once and serve all
noise levels. Losses are adjusted, half MSE, 1/2 |w - ridge|^2: the same as in the units of all
other tasks, for both have the same w.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from icl_core.algorithms.ridge import Spectrum, noise_posterior
from icl_core.analysis.loss import LossSummary, summarize
from icl_core.constructions.two_noise import TwoNoise
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import FixedNoise

DECADE = (1, 1.5, 2, 3, 5, 7)
CONTEXTS = (*(int(step * 10**k) for k in range(1, 5) for step in DECADE), 100_000)
"""Context lengths n."""
PROMPTS = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Bank:
    """Prompts at every n, without their noise level.

    eigenvalues [N, P, d] of Sigma; w, z [P, d] in its eigenbasis, the noise being
    X^T xi = sigma sqrt(eigenvalues) z; rest [N, P], chi-square with n - d degrees of freedom.
    """

    contexts: np.ndarray
    eigenvalues: np.ndarray
    w: np.ndarray
    z: np.ndarray
    rest: np.ndarray

    def alpha(self, sigma: float) -> np.ndarray:
        """[N, P, d]."""
        return self.eigenvalues * self.w + sigma * np.sqrt(self.eigenvalues) * self.z

    def lam(self, sigma: float) -> np.ndarray:
        """[N, P]."""
        seen = (np.sqrt(self.eigenvalues) * self.w + sigma * self.z) ** 2
        return seen.sum(-1) + sigma**2 * self.rest


@dataclass(frozen=True, kw_only=True, eq=False)
class TwoNoiseLimit:
    """How the construction for two noise levels comes to the optimal ridge regression.

    losses[method]: adjusted loss (half MSE) at every n, arrays [N], mean over prompts and both
    levels; fitted: of the same two layers with the best omegas for each n; sigmas [S]; low, median,
    high [N, S]: 10, 50 and 90 % quantiles over prompts of what the construction multiplies alpha
    by; limit, optimum [S]: the same as n grows, and 1 / (1 + sigma^2); both exact.
    """

    levels: tuple[float, float]
    dim: int
    contexts: np.ndarray
    losses: dict[str, LossSummary]
    fitted: LossSummary
    sigmas: np.ndarray
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    limit: np.ndarray
    optimum: np.ndarray


@lru_cache(maxsize=4)
def bank(dim: int, prompts: int = PROMPTS, seed: int = 0) -> Bank:
    """Prompts of d dimensions for every n of `CONTEXTS`, none of which is below d."""
    rng = np.random.default_rng((seed, 1))
    w, z = rng.standard_normal((2, prompts, dim))
    values, rest = [], []
    for n in CONTEXTS:
        task = LinearTask(dim=dim, num_context=n, noise=FixedNoise(value=0.0))
        Sigma = np.asarray(draw_prompts(task, (seed, n), prompts).moments.Sigma) / n
        values.append(np.maximum(np.linalg.eigvalsh(Sigma), 0))
        rest.append(rng.chisquare(n - dim, prompts) if n > dim else np.zeros(prompts))
    return Bank(
        contexts=np.array(CONTEXTS), eigenvalues=np.stack(values), w=w, z=z, rest=np.stack(rest)
    )


def layer_factor(found: Bank, method: TwoNoise, sigmas: np.ndarray) -> np.ndarray:
    """-omega_yx (1 + omega_yy lam^1), [S, N, P]: the construction's w is alpha times this.

    `method` is the construction for n = 1; lam^1 = lam + 2 omega_yx |alpha|^2 + omega_yx^2
    <alpha, Sigma alpha>, a quadratic in sigma for each prompt.
    """
    ends = np.array([0.0, 1.0, -1.0])
    fixed, up, down = (_residual(found, method.omega_yx, sigma) for sigma in ends)
    slope, bend = (up - down) / 2, (up + down) / 2 - fixed
    s = np.asarray(sigmas, float)[:, None, None]
    residual = fixed + s * (slope + s * bend)
    return -method.omega_yx * (1 + method.omega_yy / found.contexts[:, None] * residual)


def _residual(found: Bank, omega: float, sigma: float) -> np.ndarray:
    """lam^1, [N, P]."""
    squares = found.alpha(sigma) ** 2
    residual = found.lam(sigma) + 2 * omega * squares.sum(-1)
    return residual + omega**2 * (found.eigenvalues * squares).sum(-1)


def fitted_losses(found: Bank, levels: tuple[float, float]) -> np.ndarray:
    """As `two_noise_losses`, of the same two layers with the best omegas for each n, [N, P / 2].

    A search over A = -omega_yx with the best omega_yy for each, in closed form. Fitted on the first
    half of the prompts, measured on the others.
    """
    parts = []
    for sigma in levels:
        alpha, values = found.alpha(sigma), found.eigenvalues
        optimum = alpha / (values + sigma**2)
        square = alpha**2
        sums = square, alpha * optimum, optimum**2, values * square
        parts.append([part.sum(-1) for part in sums] + [found.lam(sigma)])
    aa, ao, oo, energy, lam = (np.stack(part, axis=-1) for part in zip(*parts, strict=True))
    half = aa.shape[1] // 2
    losses = np.empty((len(aa), aa.shape[1] - half))
    for row, products in enumerate(zip(aa, ao, oo, energy, lam, strict=True)):
        seen = [part[:half] for part in products]
        search: Any = minimize_scalar(
            lambda A, seen=seen: _fitted(A, *seen)[1].mean(),
            bounds=(0.01, 1.5),
            method="bounded",
            options={"xatol": 1e-4},
        )
        A = float(search.x)
        b, _ = _fitted(A, *seen)
        losses[row] = _fitted(A, *(part[half:] for part in products), b=b)[1].mean(-1)
    return losses


def _fitted(
    A: float,
    aa: np.ndarray,
    ao: np.ndarray,
    oo: np.ndarray,
    energy: np.ndarray,
    lam: np.ndarray,
    b: float | None = None,
) -> tuple[float, np.ndarray]:
    """The best omega_yy for A (or b), and each loss 1/2 |A (1 + b lam^1) alpha - optimum|^2.

    aa, ao, oo: products of alpha and the optimum; energy: <alpha, Sigma alpha>.
    """
    residual = lam - 2 * A * aa + A * A * energy
    if b is None:
        pull = A * residual * (ao - A * aa)
        b = float(pull.sum() / (A * A * residual**2 * aa).sum())
    factor = A * (1 + b * residual)
    return b, 0.5 * np.maximum(factor * (factor * aa - 2 * ao) + oo, 0)


def two_noise_losses(found: Bank, levels: tuple[float, float]) -> dict[str, np.ndarray]:
    """Adjusted loss (half MSE) of each prompt at each n, [N, P], the mean of both levels."""
    method = TwoNoise(low=levels[0], high=levels[1], num_context=1)
    mixed = (levels[0] ** 2 + levels[1] ** 2) / 2
    totals: dict[str, np.ndarray] = {}
    factors = layer_factor(found, method, np.array(levels))
    for sigma, factor in zip(levels, factors, strict=True):
        alpha, values = found.alpha(sigma), found.eigenvalues
        ridges = [alpha / (values + level**2) for level in levels]
        optimum = alpha / (values + sigma**2)
        weight = _posterior(found, sigma, levels)
        answers = {
            "two_noise": factor[..., None] * alpha,
            "const_rr": alpha / (values + mixed),
            "bayes_rr": weight[..., :1] * ridges[0] + weight[..., 1:] * ridges[1],
        }
        for name, w in answers.items():
            loss = 0.5 * ((w - optimum) ** 2).sum(-1)
            totals[name] = totals.get(name, 0) + loss / len(levels)
    return totals


def _posterior(found: Bank, sigma: float, levels: tuple[float, float]) -> np.ndarray:
    """p(level | prompt), [N, P, 2]."""
    shape = found.eigenvalues.shape
    flat = found.eigenvalues.reshape(-1, shape[-1])
    a = found.alpha(sigma).reshape(flat.shape)
    eigen = Spectrum(eigenvalues=flat, U=np.zeros((0, 0, 0)), a=a, lam=found.lam(sigma).ravel())
    n = np.repeat(found.contexts, shape[1])[:, None]
    return noise_posterior(eigen, np.array(levels), np.full(2, 0.5), n).reshape(*shape[:2], 2)


def two_noise_limit(levels: tuple[float, float], *, dim: int = 10) -> TwoNoiseLimit:
    """Both figures of the theorem, at every n."""
    found = bank(dim)
    method = TwoNoise(low=levels[0], high=levels[1], num_context=1)
    sigmas = np.linspace(0, 1.5 * levels[1], 25)
    factors = layer_factor(found, method, sigmas).swapaxes(0, 1)
    low, median, high = np.quantile(factors, [0.1, 0.5, 0.9], axis=-1)
    losses = two_noise_losses(found, levels)
    return TwoNoiseLimit(
        levels=levels,
        dim=dim,
        contexts=found.contexts,
        losses={name: summarize(values) for name, values in losses.items()},
        fitted=summarize(fitted_losses(found, levels)),
        sigmas=sigmas,
        low=low,
        median=median,
        high=high,
        limit=np.array([method.limit(sigma) for sigma in sigmas]),
        optimum=1 / (1 + sigmas**2),
    )
