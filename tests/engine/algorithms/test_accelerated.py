"""Momentum, Chebyshev, conjugate gradients and Newton against other routes (float64, 1e-10)."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse.linalg import cg as scipy_cg

from icl_core.algorithms.accelerated import (
    SOLVERS,
    Chebyshev,
    ConjugateGradient,
    HeavyBall,
    Newton,
)
from icl_core.algorithms.descent import GradientDescent
from icl_core.algorithms.ridge import ridge, spectrum
from icl_core.errors import InputError
from tests.cases import BATCH, assert_close, some_prompts

S = 0.7


def systems(prompts, s=S):
    """H and alpha of every prompt."""
    Sigma = np.asarray(prompts.moments.Sigma)
    return Sigma + s * np.eye(Sigma.shape[-1]), np.asarray(prompts.moments.alpha)


def energies(path, H, alpha):
    """1/2 <w, H w> - <alpha, w>, [steps, batch]."""
    return 0.5 * np.einsum("kni,nij,knj->kn", path, H, path) - np.einsum("ni,kni->kn", alpha, path)


def test_heavy_ball_follows_its_definition() -> None:
    prompts = some_prompts()
    path = HeavyBall(steps=5, strength=S, eta=0.3, momentum=0.4).weight_path(prompts)
    H, alpha = systems(prompts)
    w = before = np.zeros_like(alpha)
    for step in path[1:]:
        slope = alpha - np.einsum("nij,nj->ni", H, w)
        w, before = w + 0.3 / 7 * slope + 0.4 * (w - before), w
        assert_close(step, w)


def test_heavy_ball_without_momentum_is_gradient_descent() -> None:
    prompts = some_prompts()
    assert_close(
        HeavyBall(steps=3, eta=0.4, momentum=0).weight_path(prompts),
        GradientDescent(etas=(0.4,) * 3).weight_path(prompts),
    )


def test_chebyshev_error_is_the_scaled_chebyshev_polynomial() -> None:
    prompts = some_prompts()
    H, alpha = systems(prompts)
    path = np.asarray(Chebyshev(steps=4, strength=S).weight_path(prompts))
    for row in range(BATCH):
        h, U = np.linalg.eigh(H[row])
        solution = np.linalg.solve(H[row], alpha[row])
        for k in range(5):
            T = np.polynomial.chebyshev.Chebyshev.basis(k)
            centre, radius = (h[0] + h[-1]) / 2, (h[-1] - h[0]) / 2
            shrink = T((centre - h) / radius) / T(centre / radius)
            assert_close(path[k, row] - solution, U @ (shrink * (U.T @ -solution)))


def test_conjugate_gradients_are_scipys() -> None:
    prompts = some_prompts()
    H, alpha = systems(prompts)
    path = ConjugateGradient(steps=3, strength=S).weight_path(prompts)
    for row in range(BATCH):
        seen: list[np.ndarray] = []
        scipy_cg(H[row], alpha[row], rtol=0, maxiter=3, callback=lambda w: seen.append(w.copy()))  # noqa: B023
        assert_close(path[1:, row], np.stack(seen))


def test_conjugate_gradients_are_the_best_of_all_that_see_gradients() -> None:
    """In energy, after every step; exact after d steps and still from then on."""
    prompts = some_prompts(dim=5, num_context=12)
    H, alpha = systems(prompts)
    paths = [
        np.asarray(method(steps=9, strength=S).weight_path(prompts))
        for method in (ConjugateGradient, HeavyBall, Chebyshev)
    ]
    best, *others = (energies(path, H, alpha) for path in paths)
    for other in others:
        assert np.all(best <= other + 1e-9)
    assert_close(paths[0][5:], np.broadcast_to(paths[0][5], paths[0][5:].shape), 1e-9)


def test_newton_iterates_on_matrices() -> None:
    prompts = some_prompts()
    H, alpha = systems(prompts)
    path = Newton(steps=4, strength=S).weight_path(prompts)
    for row in range(BATCH):
        h = np.linalg.eigvalsh(H[row])
        X = 2 / (h[0] + h[-1]) * np.eye(3)
        for step in path[1:, row]:
            assert_close(step, X @ alpha[row])
            X = X @ (2 * np.eye(3) - H[row] @ X)


@pytest.mark.parametrize("method", SOLVERS)
@pytest.mark.parametrize(("dim", "num_context"), [(3, 7), (3, 2), (1, 1)])
@pytest.mark.parametrize("s", [0.0, S])
def test_all_end_at_ridge(method, dim: int, num_context: int, s: float) -> None:
    prompts = some_prompts(dim, num_context)
    path = method(steps=200, strength=s).weight_path(prompts)
    assert_close(path[-1], ridge(spectrum(prompts.moments), jnp.asarray(s)), 1e-8)


@pytest.mark.parametrize("method", SOLVERS)
@pytest.mark.parametrize(
    "values", [{"steps": 0}, {"steps": 1001}, {}, {"steps": 2, "strength": -1}]
)
def test_bad_choices(method, values: dict) -> None:
    with pytest.raises(InputError):
        method.from_dict(values)


@pytest.mark.parametrize("values", [{"eta": 1e9}, {"eta": "a"}, {"momentum": 2}])
def test_bad_heavy_balls(values: dict) -> None:
    with pytest.raises(InputError):
        HeavyBall.from_dict({"steps": 2} | values)
