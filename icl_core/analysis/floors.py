"""What no model of a kind can fall below (all half MSE, adjusted)."""

from functools import lru_cache

import numpy as np

from icl_core.algorithms.ridge import BayesRR, ConstRR
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.tasks.linear import LinearTask

SPECTRA, NEIGHBOURS = 50_000, 250
"""Prompts drawn for the exact floors, which then err by less than 0.1 %."""


def one_layer_loss(task: LinearTask) -> float:
    """Exact unadjusted half loss of the best single layer, any parametrization.

    1/2 d (d+1+v) / (n+d+1+v) with v = E[sigma_tau^2]; proved global over P, Q for Gaussian inputs
    (Ahn et al. 2023; Mahankali et al. 2023).
    """
    d, n, v = task.dim, task.num_context, task.noise.second_moment
    return 0.5 * d * (d + 1 + v) / (n + d + 1 + v)


def one_layer_step(task: LinearTask) -> float:
    """The step size eta of gradient descent that reaches `one_layer_loss`."""
    d, n, v = task.dim, task.num_context, task.noise.second_moment
    return n / (n + d + 1 + v)


def floors(task: LinearTask, *, prompts: int = 100_000, seed: int = 1) -> dict[str, LossSummary]:
    """Sampled floors: "bayes_rr" for every predictor, "const_rr" for GD++ at any depth."""
    return evaluate(
        {"bayes_rr": BayesRR(noise=task.noise), "const_rr": ConstRR.of(task)},
        task,
        prompts=prompts,
        seed=seed,
    )


@lru_cache(maxsize=64)
def oracle_loss(task: LinearTask) -> float:
    """Half loss of ridge that is told sigma: E 1/2 sum_i sigma^2 / (lambda_i + sigma^2).

    lambda are the eigenvalues of Sigma; what "adjusted" subtracts. For n >= d.
    """
    sigma, prior, values = _sigma_and_eigenvalues(task)
    return 0.5 * task.dim * float(np.mean((sigma**2 / (values + sigma**2)) @ prior))


def one_layer_floor(task: LinearTask) -> float:
    """`one_layer_loss`, adjusted. For n >= d."""
    return one_layer_loss(task) - oracle_loss(task)


@lru_cache(maxsize=64)
def const_rr_floor(task: LinearTask) -> float:
    """Adjusted half loss of ridge with E sigma^2, which GD++ of no depth can fall below.

    E 1/2 sum_i lambda_i (lambda_i + sigma^2) (1/(lambda_i + E sigma^2) - 1/(lambda_i + sigma^2))^2,
    exact over w and noise. For n >= d.
    """
    sigma, prior, values = _sigma_and_eigenvalues(task)
    total = values + sigma**2
    gap = 1 / (values + task.noise.second_moment) - 1 / total
    return 0.5 * task.dim * float(np.mean((values * total * gap**2) @ prior))


def ridge_profile(task: LinearTask, strength: float, sigmas: np.ndarray) -> np.ndarray:
    """Adjusted half loss of ridge regression of one strength s at each fixed noise level.

    E 1/2 sum_i lambda_i (lambda_i + sigma^2) (1/(lambda_i + s) - 1/(lambda_i + sigma^2))^2, exact
    over w and noise. With s = sigma_0^2 it is what any model trained at sigma_0 alone tends to: the
    optimum of every class that holds GD++, as the layers grow. For n >= d.
    """
    values = _eigenvalues(task.dim, task.num_context)[:, None]
    total = values + sigmas**2
    gap = 1 / (values + strength) - 1 / total
    return 0.5 * task.dim * np.mean(values * total * gap**2, axis=0)


def _sigma_and_eigenvalues(task: LinearTask) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quadrature of sigma [nodes] with its weights, and eigenvalues [count, 1]."""
    sigma, prior = task.noise.nodes()
    met = prior > 0
    return sigma[met], prior[met], _eigenvalues(task.dim, task.num_context)[:, None]


@lru_cache(maxsize=8)
def _eigenvalues(dim: int, num_context: int) -> np.ndarray:
    """Of all prompts together, ascending; means of NEIGHBOURS of them, for f is smooth."""
    X = np.random.default_rng(0).standard_normal((SPECTRA, num_context, dim))
    values = np.linalg.eigvalsh(X.transpose(0, 2, 1) @ X)
    return np.sort(values, axis=None).reshape(-1, NEIGHBOURS).mean(-1)
