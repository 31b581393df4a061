"""What no model of a kind can fall below (all half MSE, adjusted)."""

from functools import lru_cache

import numpy as np

from icl_core.algorithms.ridge import BayesRR, ConstRR
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.tasks.inputs import InputLaw
from icl_core.tasks.linear import LinearTask

SPECTRA, NEIGHBOURS = 50_000, 250
"""Prompts drawn for the exact floors, which then err by less than 0.1 %."""


def one_layer_loss(task: LinearTask) -> float:
    """Exact unadjusted half loss of the best single layer, any parametrization.

    1/2 sum_j c_j (1 - n c_j / (T + (n + kappa - 2) c_j + v)) with c_j the variances of the inputs,
    T their sum, kappa their kurtosis, v = E[sigma_tau^2]: one step with a step size for each
    coordinate. For x ~ N(0, I) it is 1/2 d (d+1+v) / (n+d+1+v), proved global over P, Q (Ahn et al.
    2023; Mahankali et al. 2023); uniform inputs of variance s without noise have
    1/2 s d (d-0.2) / (n+d-0.2). That no other entry of P, Q helps follows from the symmetry of the
    coordinates' signs: of all products of moments alpha_j alone changes sign with x_j and with w.
    """
    c, v = task.query_variances, task.noise.second_moment
    curvature = c.sum() + (task.num_context + task.inputs.kurtosis - 2) * c + v
    return float(0.5 * np.sum(c * (1 - task.num_context * c / curvature)))


def one_layer_step(task: LinearTask) -> float:
    """The best step size eta of one step of gradient descent; it reaches `one_layer_loss` where
    all coordinates have one variance.

    n A / (B + v A) with A = n sum c^2, B = n T sum c^2 + n (n + kappa - 2) sum c^3, in the notation
    of `one_layer_loss`; for equal variances s it is n / (s (n + d + kappa - 2) + v).
    """
    c, v, n = task.query_variances, task.noise.second_moment, task.num_context
    square, cube = np.sum(c**2), np.sum(c**3)
    return float(n * square / ((c.sum() + v) * square + (n + task.inputs.kurtosis - 2) * cube))


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
    """Half loss of ridge that is told sigma: E 1/2 sum_i q_i sigma^2 / (lambda_i + sigma^2).

    lambda are the eigenvalues of Sigma, q_i the variance of the query along eigenvector i; what
    "adjusted" subtracts. For n >= d.
    """
    sigma, prior, values, query = _sigma_and_eigenvalues(task)
    return 0.5 * task.dim * float(np.mean(query * ((sigma**2 / (values + sigma**2)) @ prior)))


def one_layer_floor(task: LinearTask) -> float:
    """`one_layer_loss`, adjusted. For n >= d."""
    return one_layer_loss(task) - oracle_loss(task)


@lru_cache(maxsize=64)
def const_rr_floor(task: LinearTask) -> float:
    """Adjusted half loss of ridge with E sigma^2, which GD++ of no depth can fall below.

    E 1/2 sum_i q_i lambda_i (lambda_i + sigma^2) (1/(lambda_i + E sigma^2) - 1/(lambda_i +
    sigma^2))^2, exact over w and noise. For n >= d.
    """
    sigma, prior, values, query = _sigma_and_eigenvalues(task)
    total = values + sigma**2
    gap = 1 / (values + task.noise.second_moment) - 1 / total
    return 0.5 * task.dim * float(np.mean(query * ((values * total * gap**2) @ prior)))


def ridge_profile(task: LinearTask, strength: float, sigmas: np.ndarray) -> np.ndarray:
    """Adjusted half loss of ridge regression of one strength s at each fixed noise level.

    E 1/2 sum_i q_i lambda_i (lambda_i + sigma^2) (1/(lambda_i + s) - 1/(lambda_i + sigma^2))^2,
    exact over w and noise. With s = sigma_0^2 it is what any model trained at sigma_0 alone tends
    to: the optimum of every class that holds GD++, as the layers grow. For n >= d.
    """
    spectrum, query = _eigenvalues(task.dim, task.num_context, task.inputs)
    values = spectrum[:, None]
    total = values + sigmas**2
    gap = 1 / (values + strength) - 1 / total
    return 0.5 * task.dim * np.mean(query[:, None] * values * total * gap**2, axis=0)


def _sigma_and_eigenvalues(
    task: LinearTask,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Quadrature of sigma [nodes] with its weights, eigenvalues [count, 1] and q [count]."""
    sigma, prior = task.noise.nodes()
    met = prior > 0
    values, query = _eigenvalues(task.dim, task.num_context, task.inputs)
    return sigma[met], prior[met], values[:, None], query


@lru_cache(maxsize=8)
def _eigenvalues(dim: int, num_context: int, inputs: InputLaw) -> tuple[np.ndarray, np.ndarray]:
    """Of all prompts together, ascending, with the variance of the query along each; means of
    NEIGHBOURS of them, for f is smooth."""
    X = inputs.draw(np.random.default_rng(0), (SPECTRA, num_context, dim))
    variances = inputs.variances(dim)
    if np.ptp(variances) == 0:
        values = np.linalg.eigvalsh(X.transpose(0, 2, 1) @ X)
        values = np.sort(values, axis=None).reshape(-1, NEIGHBOURS).mean(-1)
        return values, np.full_like(values, variances[0])
    values, U = np.linalg.eigh(X.transpose(0, 2, 1) @ X)
    query = np.einsum("nji,j->ni", U**2, variances).ravel()
    order = np.argsort(values, axis=None)
    both = np.stack([values.ravel()[order], query[order]])
    values, query = both.reshape(2, -1, NEIGHBOURS).mean(-1)
    return values, query
