"""Errors by eigenvalue against the methods themselves, and against exact fractions."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.algorithms.accelerated import solvers
from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.convergence import (
    Convergence,
    cg_errors,
    chebyshev_errors,
    convergence,
    gdpp_errors,
    heavy_ball_errors,
    solver_errors,
    spectrum_excess,
)
from icl_core.constructions.second_order import schedule, second_order_model
from icl_core.models.linear import forward_tokens
from icl_core.tasks.linear import Moments, Prompts
from tests.cases import assert_close

KAPPA, DIM, STEPS = 50.0, 5, 8
VALUES = KAPPA ** -np.linspace(0, 1, DIM)
"""The eigenvalues: the largest is 1."""
PATHS = solvers(STEPS) | {"gd": GradientDescent(etas=(2 / (1 + 1 / KAPPA),) * STEPS)}
forward_axes = jax.jit(jax.vmap(forward_tokens, in_axes=(None, None, None, 0)))
METHODS = [*PATHS, "gdpp_tuned", "theorem_51"]


def rotation(dim: int = DIM) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(3).standard_normal((dim, dim)))[0]


def turned_prompt() -> tuple[Prompts, np.ndarray]:
    """One prompt with the eigenvalues `VALUES`, and its solution."""
    U = rotation()
    Sigma, solution = U @ np.diag(VALUES) @ U.T, U @ np.ones(DIM)
    alpha = Sigma @ solution
    moments = Moments(
        Sigma=jnp.asarray(Sigma[None]),
        alpha=jnp.asarray(alpha[None]),
        lam=jnp.asarray([solution @ alpha]),
    )
    prompts = Prompts(
        moments=moments, sigma=jnp.zeros(1), w=jnp.asarray(solution[None]), num_context=jnp.ones(())
    )
    return prompts, solution


@pytest.fixture(scope="module")
def found() -> Convergence:
    return convergence(np.array([KAPPA]), dim=DIM, steps=STEPS)


@pytest.mark.parametrize("method", PATHS)
def test_errors_are_those_of_the_method_in_weight_space(found: Convergence, method: str) -> None:
    prompts, solution = turned_prompt()
    path = np.asarray(PATHS[method].weight_path(prompts))[:, 0]
    errors = np.linalg.norm(path - solution, axis=-1) / np.linalg.norm(solution)
    assert_close(found.errors[method][:, 0], errors, 1e-10)


@pytest.mark.parametrize("method", solvers(STEPS))
def test_a_solver_without_a_formula_is_run(method: str) -> None:
    """It comes to the same, eigenvalue by eigenvalue; at a perfect condition too."""
    kappas = np.array([1.0, 3.0, KAPPA])
    left = solver_errors(solvers(STEPS)[method], spectrum_excess(kappas, DIM))
    assert left.shape == (STEPS + 1, len(kappas), DIM)
    own = convergence(kappas, dim=DIM, steps=STEPS).errors[method]
    assert_close(np.sqrt(np.mean(left**2, axis=-1)), own, 1e-12)


@pytest.mark.parametrize("layers", [1, 2, 5, 8])
@pytest.mark.parametrize("best", [False, True])
def test_the_construction_has_these_errors_by_moments_and_by_tokens(
    found: Convergence, layers: int, best: bool
) -> None:
    """Once as a linear transformer on moments, once token by token."""
    prompts, solution = turned_prompt()
    plan = schedule(1 / KAPPA, 1.0, layers, best=best, every=best)
    # Padded with layers that do nothing, so that all compile once.
    model = second_order_model(plan, dim=DIM).padded(STEPS)
    expected = found.errors["gdpp_tuned" if best else "theorem_51"][layers, 0]
    w = np.asarray(model.weight_path(prompts))[-1, 0]
    assert_close(np.linalg.norm(w - solution) / np.sqrt(DIM), expected, 1e-10)

    X = jnp.asarray(np.diag(np.sqrt(VALUES)) @ rotation().T)
    _, answers = forward_axes(model, X, X @ jnp.asarray(solution), jnp.eye(DIM))
    assert_close(answers[:, -1], w, 1e-10)


def test_every_eigenvalue_has_the_error_of_the_construction() -> None:
    """Relatively, while the error is far above rounding."""
    prompts, _ = turned_prompt()
    plan = schedule(1 / KAPPA, 1.0, 6)
    w = np.asarray(second_order_model(plan, dim=DIM).padded(STEPS).weight_path(prompts))[-1, 0]
    excess = spectrum_excess(np.array([KAPPA]), DIM)
    errors, _ = gdpp_errors(excess, np.array([KAPPA - 1]), 6, best=False, every=False)
    np.testing.assert_allclose(1 - rotation().T @ w, errors[-1, 0], rtol=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_a_perfect_condition_takes_one_step(method: str) -> None:
    errors = convergence(np.array([1.0]), dim=4, steps=3).errors[method][:, 0]
    assert_close(errors, [1, 0, 0, 0])


def test_conjugate_gradients_are_exact_at_any_condition() -> None:
    """Against the same method in fractions, where nothing is rounded."""
    values = [Fraction(1), Fraction(1, 50), Fraction(1, 3000), Fraction(1, 10**6)]
    left, direction = [Fraction(1)] * 4, list(values)
    residual = list(values)
    expected = [1.0]
    for _ in range(3):
        energy = sum(r * r for r in residual)
        length = energy / sum(v * p * p for v, p in zip(values, direction, strict=True))
        left = [e - length * p for e, p in zip(left, direction, strict=True)]
        residual = [v * e for v, e in zip(values, left, strict=True)]
        turn = sum(r * r for r in residual) / energy
        direction = [r + turn * p for r, p in zip(residual, direction, strict=True)]
        expected.append(float(sum(e * e for e in left)) ** 0.5 / 2)
    excess = np.array([[float(1 / v - 1) for v in values]])
    errors = np.sqrt(np.mean(cg_errors(excess, 4)[:, 0] ** 2, axis=-1))
    np.testing.assert_allclose(errors[:4], expected, rtol=1e-9)
    assert errors[4] == 0


def test_no_polynomial_of_the_same_degree_has_a_smaller_largest_error_than_chebyshev() -> None:
    """On a dense spectrum, where the largest error of k steps is 1 / T_k((kappa+1) / (kappa-1))."""
    kappa = 30.0
    z = (kappa + 1) / (kappa - 1)
    excess = spectrum_excess(np.array([kappa]), 2001)
    bound = np.array([kappa - 1])
    largest = np.abs(chebyshev_errors(excess, bound, 6)).max(-1)[:, 0]
    T = [np.polynomial.chebyshev.Chebyshev.basis(k)(z) for k in range(7)]
    np.testing.assert_allclose(largest, 1 / np.array(T), rtol=1e-5)
    assert (np.abs(heavy_ball_errors(excess, bound, 6)).max(-1)[:, 0] >= largest - 1e-12).all()
