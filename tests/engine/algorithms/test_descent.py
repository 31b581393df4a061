"""Gradient descent and GD++ against their definitions on tokens (float64, 1e-10)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.errors import InputError
from tests.cases import assert_close, some_prompts, some_tokens

ETAS, GAMMAS = (0.9, 0.4, 1.3), (0.02, 0.05, 0.01)


def test_gradient_descent_follows_the_gradient_of_its_objective() -> None:
    tokens = some_tokens()

    def objective(w: jax.Array) -> jax.Array:
        residuals = jnp.einsum("bnd,bd->bn", tokens.X, w) - tokens.y
        return (residuals**2).sum() / (2 * 7)

    path = GradientDescent(etas=ETAS).weight_path(some_prompts())
    w = jnp.zeros((4, 3))
    for eta, step in zip(ETAS, path[1:], strict=True):
        w = w - eta * jax.grad(objective)(w)
        assert_close(step, w)


def test_gdpp_transforms_the_inputs_and_predicts_with_them() -> None:
    """By tokens: each step descends on the residuals with x, then x <- (I - gamma Sigma) x."""
    tokens = some_tokens()
    path = GDPlusPlus(etas=ETAS, gammas=GAMMAS).weight_path(some_prompts())
    for row in range(4):
        X, y = np.asarray(tokens.X[row]), np.asarray(tokens.y[row])
        x_t, prediction = np.asarray(tokens.w[row]), 0.0
        for step, (eta, gamma) in enumerate(zip(ETAS, GAMMAS, strict=True)):
            change = eta / 7 * y @ X
            prediction += change @ x_t
            Sigma = X.T @ X
            X, y, x_t = X - gamma * X @ Sigma, y - X @ change, x_t - gamma * Sigma @ x_t
            assert_close(path[step + 1, row] @ tokens.w[row], prediction)


def test_gdpp_without_gamma_is_gradient_descent() -> None:
    prompts = some_prompts()
    assert_close(
        GDPlusPlus(etas=ETAS, gammas=(0, 0, 0)).weight_path(prompts),
        GradientDescent(etas=ETAS).weight_path(prompts),
    )


def test_small_steps_reach_least_squares() -> None:
    tokens = some_tokens(dim=2, num_context=30)
    path = GradientDescent(etas=(0.7,) * 200).weight_path(some_prompts(2, 30))
    solution = [
        np.linalg.lstsq(X, y, rcond=None)[0] for X, y in zip(tokens.X, tokens.y, strict=True)
    ]
    assert_close(path[-1], np.stack(solution))


def test_a_single_number_is_one_step() -> None:
    assert GradientDescent(etas=0.5) == GradientDescent(etas=(0.5,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        {"etas": []},
        {"etas": ["a"]},
        {"etas": [1.0, float("nan")]},
        {"etas": [1e9]},
        {"etas": [0.1] * 1001},
        {"etas": {"0": 1}},
        {"etas": [[0.1]]},
        {"etas": None},
        {},
    ],
    ids=repr,
)
def test_bad_step_sizes(values: dict) -> None:
    with pytest.raises(InputError, match=r"etas|step"):
        GradientDescent.from_dict(values)


def test_as_many_gammas_as_etas() -> None:
    with pytest.raises(InputError, match="gammas"):
        GDPlusPlus(etas=(0.1, 0.1), gammas=(0.1,))
