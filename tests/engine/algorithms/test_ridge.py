"""Ridge regressions against linear algebra and probability done another way (numpy, scipy)."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from scipy import integrate, stats

from icl_core.algorithms.ridge import (
    AdaRR,
    BayesRR,
    ConstRR,
    OracleRR,
    TunedRR,
    bayes_deviation,
    bayes_ridge,
    log_likelihood,
    nodes_needed,
    noise_posterior,
    ols_variance,
    ridge,
    spectrum,
)
from icl_core.tasks.linear import LinearTask, Tokens, draw_prompts
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, NoiseLaw, UniformNoise
from tests.cases import BATCH, assert_close, some_prompts, some_tokens

FEW_AND_MANY = pytest.mark.parametrize(
    ("dim", "num_context"), [(2, 5), (3, 3), (4, 2)], ids=["n>d", "n=d", "n<d"]
)


def by_rows(tokens: Tokens) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.asarray(X), np.asarray(y)) for X, y in zip(tokens.X, tokens.y, strict=True)]


@FEW_AND_MANY
def test_const_and_oracle_solve_their_equations(dim: int, num_context: int) -> None:
    tokens, prompts = some_tokens(dim, num_context), some_prompts(dim, num_context)
    const = ConstRR(strength=0.7).weight_path(prompts)[-1]
    oracle = OracleRR().weight_path(prompts)[-1]
    for row, (X, y) in enumerate(by_rows(tokens)):
        eye = np.eye(dim)
        assert_close(const[row], np.linalg.solve(X.T @ X + 0.7 * eye, X.T @ y))
        variance = float(tokens.sigma[row]) ** 2
        assert_close(oracle[row], np.linalg.solve(X.T @ X + variance * eye, X.T @ y))


@FEW_AND_MANY
@pytest.mark.parametrize("strength", [0.0, 1e-12], ids=["OLS", "nearly OLS"])
def test_vanishing_strength_is_least_norm_least_squares(
    dim: int, num_context: int, strength: float
) -> None:
    """Eigenvalues that are 0 but for rounding must not be divided by."""
    tokens = some_tokens(dim, num_context)
    w = ridge(spectrum(some_prompts(dim, num_context).moments), np.asarray(strength))
    expected = [np.linalg.lstsq(X, y, rcond=None)[0] for X, y in by_rows(tokens)]
    assert_close(w, np.stack(expected), tolerance=1e-8)


def test_ols_variance_is_the_unbiased_residual_variance() -> None:
    tokens = some_tokens(2, 5)
    found = ols_variance(spectrum(some_prompts(2, 5).moments), 5.0)
    expected = [np.linalg.lstsq(X, y, rcond=None)[1][0] / 3 for X, y in by_rows(tokens)]
    assert_close(found, expected)


@pytest.mark.parametrize(("dim", "num_context"), [(3, 3), (4, 2)], ids=["n=d", "n<d"])
def test_adarr_is_undefined_without_residual_degrees_of_freedom(dim: int, num_context: int) -> None:
    w = AdaRR().weight_path(some_prompts(dim, num_context))
    assert np.isnan(w[-1]).all()


def test_adarr_and_tunedrr_use_the_residual_variance() -> None:
    prompts = some_prompts(2, 5)
    eigen = spectrum(prompts.moments)
    variance = ols_variance(eigen, 5.0)
    cap = float(jnp.median(variance))
    assert_close(AdaRR().weight_path(prompts)[-1], ridge(eigen, variance))
    assert_close(TunedRR(scale=1, highest=1e6).weight_path(prompts), AdaRR().weight_path(prompts))
    assert_close(
        TunedRR(scale=1.5, highest=cap).weight_path(prompts)[-1],
        ridge(eigen, np.minimum(1.5 * variance, cap)),
    )


@FEW_AND_MANY
def test_log_likelihood_is_that_of_the_targets(dim: int, num_context: int) -> None:
    """log N(y; 0, X X^T + s I_n) up to one constant per prompt."""
    tokens = some_tokens(dim, num_context)
    variances = np.asarray([0.01, 0.3, 1.0, 9.0])
    eigen = spectrum(some_prompts(dim, num_context).moments)
    inverse = 1 / (eigen.eigenvalues[:, None, :] + variances[None, :, None])
    found = log_likelihood(eigen, inverse, variances, float(num_context))
    for row, (X, y) in enumerate(by_rows(tokens)):
        expected = [
            stats.multivariate_normal(
                np.zeros(num_context), X @ X.T + s * np.eye(num_context)
            ).logpdf(y)
            for s in variances
        ]
        assert_close(found[row] - found[row, 0], np.asarray(expected) - expected[0], 1e-9)


def posterior_mean(X: np.ndarray, y: np.ndarray, sigma: float) -> tuple[float, np.ndarray]:
    """(density of y up to a constant, mean of w given y), from the joint normal of (y, w)."""
    covariance = X @ X.T + sigma**2 * np.eye(len(y))
    solved = np.linalg.solve(covariance, y)
    log_density = -0.5 * (np.linalg.slogdet(covariance)[1] + y @ solved)
    return float(np.exp(log_density)), X.T @ solved


@FEW_AND_MANY
def test_bayes_mixes_the_posteriors_of_a_categorical_law(dim: int, num_context: int) -> None:
    tokens = some_tokens(dim, num_context)
    law = CategoricalNoise(values=(0.3, 1.0, 2.0))
    w = BayesRR(noise=law).weight_path(some_prompts(dim, num_context))[-1]
    for row, (X, y) in enumerate(by_rows(tokens)):
        densities, means = zip(*(posterior_mean(X, y, s) for s in law.values), strict=True)
        assert_close(w[row], np.average(np.stack(means), axis=0, weights=densities))


@FEW_AND_MANY
def test_the_deviation_is_that_of_a_mixture_of_posteriors(dim: int, num_context: int) -> None:
    """Of <w, x>: from the joint normal of (y, <w, x>) at each noise level."""
    tokens, prompts = some_tokens(dim, num_context), some_prompts(dim, num_context)
    law = CategoricalNoise(values=(0.3, 1.0, 2.0))
    queries = np.random.default_rng(1).standard_normal((BATCH, 3, dim))
    nodes, prior = law.nodes()
    n = prompts.num_context
    found = bayes_deviation(spectrum(prompts.moments), nodes, prior, n, queries)
    for row, (X, y) in enumerate(by_rows(tokens)):
        for query, deviation in zip(queries[row], np.asarray(found)[row], strict=True):
            densities, moments = [], []
            for sigma in law.values:
                density, w = posterior_mean(X, y, sigma)
                inverse = np.linalg.inv(X @ X.T + sigma**2 * np.eye(len(y)))
                variance = query @ query - query @ X.T @ inverse @ X @ query
                densities.append(density)
                moments.append((query @ w, variance + (query @ w) ** 2))
            mean, square = np.average(moments, axis=0, weights=densities)
            assert_close(deviation, np.sqrt(square - mean**2), 1e-6)


@FEW_AND_MANY
@pytest.mark.parametrize("sigma", [0.02, 1.5])
def test_bayes_integrates_over_a_uniform_law(dim: int, num_context: int, sigma: float) -> None:
    """Against adaptive quadrature to 1e-6; little noise makes the posterior narrow."""
    tokens = some_tokens(dim, num_context, sigma)
    w = BayesRR(noise=UniformNoise(sigma_max=3)).weight_path(some_prompts(dim, num_context, sigma))[
        -1
    ]
    for row, (X, y) in enumerate(by_rows(tokens)):

        def both(level: float, X: np.ndarray = X, y: np.ndarray = y) -> np.ndarray:
            density, mean = posterior_mean(X, y, level)
            return density * np.append(mean, 1.0)

        # Without noise, targets that X cannot explain have no density and no covariance.
        lowest = 1e-4 if num_context > dim else 0.0
        peaks = sigma * np.asarray([0.3, 1, 3])
        total, _ = integrate.quad_vec(both, lowest, 3, points=peaks[peaks < 3], epsrel=1e-9)
        assert_close(w[row], total[:-1] / total[-1], 1e-6)


@FEW_AND_MANY
@pytest.mark.parametrize(
    "law",
    [
        FixedNoise(value=0.8),
        FixedNoise(value=0),
        CategoricalNoise(values=(0.8,)),
        CategoricalNoise(values=(0.8, 0.8)),
        UniformNoise(sigma_max=0),
    ],
    ids=lambda law: law.label(),
)
def test_bayes_with_a_single_noise_level_is_the_oracle(
    dim: int, num_context: int, law: NoiseLaw
) -> None:
    prompts = some_prompts(dim, num_context, law.highest)
    assert_close(BayesRR(noise=law).weight_path(prompts), OracleRR().weight_path(prompts), 1e-9)


@pytest.mark.parametrize("num_context", [20_000, 500_000])
def test_bayes_is_resolved_at_any_context_length(num_context: int) -> None:
    """Twice the nodes change the distance to the true noise level's ridge by less than 1 %."""
    law = UniformNoise(sigma_max=5)
    task = LinearTask(dim=10, num_context=num_context, noise=law)
    prompts = draw_prompts(task, 0, 64)
    oracle = OracleRR().weight_path(prompts)[-1]
    nodes, prior = law.nodes(2 * nodes_needed(num_context))
    eigen = spectrum(prompts.moments)
    finer = bayes_ridge(eigen, nodes, prior, prompts.num_context)
    found = BayesRR(noise=law).weight_path(prompts)[-1]

    def loss(w: Array) -> float:
        return float(((w - oracle) ** 2).sum(-1).mean())

    assert_close(loss(found), loss(finer), 0.01)


def test_posterior_is_a_distribution_over_the_levels() -> None:
    prompts = some_prompts(2, 5)
    nodes, prior = CategoricalNoise(values=(0.3, 2.0, 2.0)).nodes()
    assert nodes.tolist() == [0.3, 2.0]
    assert_close(prior, np.array([1 / 3, 2 / 3]))
    posterior = noise_posterior(spectrum(prompts.moments), nodes, prior, 5.0)
    assert_close(posterior.sum(-1), np.ones(BATCH))
    assert (posterior > 0).all()
