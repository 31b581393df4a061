"""Hand-built weights run the algorithm exactly (float64, 1e-10)."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.analysis.spectrum import condition_numbers, transform
from icl_core.constructions import (
    CONSTRUCTIONS,
    TwoNoise,
    descent_weights,
    gdpp_model,
    gradient_descent_model,
    schedule,
)
from icl_core.constructions.matrices import (
    apply_layer,
    apply_layers,
    gradient_steps,
    starting_tokens,
)
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer, forward_tokens, omegas
from tests.cases import (
    DESCENT,
    PLUS_PLUS,
    SHAPES,
    assert_close,
    some_prompts,
    some_tokens,
)

forward_batch = jax.jit(jax.vmap(forward_tokens, in_axes=(None, 0, 0, 0)))


@pytest.mark.parametrize("method", [DESCENT, PLUS_PLUS], ids=["gd", "gdpp"])
@pytest.mark.parametrize(("dim", "num_context"), SHAPES)
def test_construction_is_algorithm_is_forward_pass(
    method: GradientDescent | GDPlusPlus, dim: int, num_context: int
) -> None:
    build = {GradientDescent: gradient_descent_model, GDPlusPlus: gdpp_model}[type(method)]
    model: LinearTransformer = build(method, dim=dim, num_context=num_context)
    tokens, prompts = some_tokens(dim, num_context), some_prompts(dim, num_context)
    path = method.weight_path(prompts)
    _, predictions = forward_batch(model, tokens.X, tokens.y, tokens.w)
    assert_close(model.weight_path(prompts), path)
    assert_close(predictions.T, np.einsum("lbd,bd->lb", path, tokens.w))


def test_omegas_of_the_constructions() -> None:
    """omega_xx = -gamma, omega_yx = -eta / n, the other two 0."""
    model = gdpp_model(PLUS_PLUS, dim=3, num_context=7)
    expected = jnp.asarray([[-0.02, 0, -0.9 / 7, 0], [-0.05, 0, -0.4 / 7, 0]])
    assert_close(omegas(model), expected)


@pytest.mark.parametrize("kappa", [1.3, 7.0, 4000.0])
def test_condition_numbers_are_those_of_the_map_in_fractions(kappa: float) -> None:
    """lambda (1 - gamma lambda)^2 with gamma lambda_max = 1/3 on both ends, nothing rounded."""
    low, high = 1 / Fraction(kappa), Fraction(1)
    excess = [high / low - 1]
    for _ in range(7):
        gamma = 1 / (3 * high)
        low, high = (end * (1 - gamma * end) ** 2 for end in (low, high))
        excess.append(high / low - 1)
    found = schedule(1 / kappa, 1.0, 7)
    np.testing.assert_allclose(found.excess, [float(value) for value in excess], rtol=1e-11)
    np.testing.assert_allclose(found.highest, (4 / 9) ** np.arange(8.0))


def test_the_condition_falls_by_four_ninths_and_then_is_squared() -> None:
    large, small = schedule(1e-9, 1.0, 1).excess, schedule(1 / 1.001, 1.0, 1).excess
    assert (1 + large[1]) / (1 + large[0]) == pytest.approx(4 / 9, rel=1e-8)
    assert small[1] / small[0] ** 2 == pytest.approx(3 / 4, rel=1e-2)
    for kappa in np.geomspace(1.001, 1e9, 40):
        before, after = schedule(1 / kappa, 1.0, 1).excess
        assert (1 + after) / (1 + before) > 4 / 9
        assert after < 0.75 * before**2


@pytest.mark.parametrize("kappa", [1.5, 20.0, 1e4])
def test_no_gamma_leaves_a_smaller_condition_number_than_the_best(kappa: float) -> None:
    """All of the spectrum's interval is looked at, for gammas around the best."""
    values = np.geomspace(1 / kappa, 1, 20_001)
    plan = schedule(1 / kappa, 1.0, 1, best=True)
    assert condition(values, plan.gammas[0]) == pytest.approx(1 + plan.excess[1], rel=1e-6)
    for factor in (0.9, 0.99, 1.01, 1.1):
        assert condition(values, factor * plan.gammas[0]) > 1 + plan.excess[1]
    assert plan.excess[1] < schedule(1 / kappa, 1.0, 1).excess[1]


def condition(values: np.ndarray, gamma: float) -> float:
    return float(condition_numbers(transform(values, gamma)[None])[0])


@pytest.mark.parametrize("levels", [(0.2, 2.0), (1.0, 3.0), (0.7, 0.7)])
def test_the_two_noise_line_is_optimal_at_both_levels(levels: tuple[float, float]) -> None:
    method = TwoNoise(low=levels[0], high=levels[1], num_context=123)
    for sigma in levels:
        assert method.limit(sigma) == pytest.approx(1 / (1 + sigma**2), rel=1e-14)


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_a_construction_uses_what_it_says(name: str) -> None:
    """The omegas that are not 0."""
    built = CONSTRUCTIONS[name]
    model = built.example(3, 7)
    used = np.abs(np.asarray(omegas(model))).max(0) > 0
    assert [o for o, u in zip(("xx", "xy", "yx", "yy"), used, strict=True) if u] == list(built.uses)
    assert built.about
    assert built.source.startswith("paper ")


SIZES = ((45, 12, 8, 100, 1.0, 0.0), (4, 3, 1, 7, 0.5, 0.0), (2, 5, 2, 30, 0.3, 0.0))
SIZES += ((1, 1, 1, 1, 0.9, 0.4), (6, 2, 3, 1, 0.7, 0.2))


@pytest.mark.parametrize(("n", "inputs", "outputs", "layers", "eta", "gamma"), SIZES)
def test_four_matrices_run_gradient_descent_from_any_start(
    n: int, inputs: int, outputs: int, layers: int, eta: float, gamma: float
) -> None:
    """W_0 ~ N(0, 1); the first row is the unit test of the paper's notebook."""
    rng = np.random.default_rng(n)
    X = rng.uniform(-0.5, 0.5, (n, inputs))
    Y, query = rng.standard_normal((n, outputs)), rng.standard_normal(inputs)
    W_0 = rng.standard_normal((outputs, inputs))
    weights = descent_weights(W_0, eta=eta, num_context=n, gamma=gamma)
    path = apply_layers(weights, starting_tokens(X, Y, query, W_0), layers)
    W = gradient_steps(X, Y, W_0, eta=eta, steps=layers, gamma=gamma)
    assert_close(-path[:, -1, inputs:], np.einsum("loi,i->lo", W, query))
    # Targets have become residuals of the change of W.
    changed = Y - np.einsum("loi,ni->lno", W - W_0, X)
    assert_close(path[:, :-1, inputs:], changed)


def test_four_matrices_run_gdpp_from_zero() -> None:
    rng = np.random.default_rng(3)
    X, Y, query = rng.random((9, 4)) - 0.5, rng.standard_normal((9, 2)), rng.standard_normal(4)
    zero = np.zeros((2, 4))
    weights = descent_weights(zero, eta=0.8, num_context=9, gamma=0.3)
    path = apply_layers(weights, starting_tokens(X, Y, query, zero), 20)
    W = gradient_steps(X, Y, zero, eta=0.8, steps=20, gamma=0.3)
    assert_close(-path[:, -1, 4:], np.einsum("loi,i->lo", W, query))
    with pytest.raises(InputError, match="W_0"):
        gradient_steps(X, Y, np.ones((2, 4)), eta=0.8, steps=2, gamma=0.3)


def test_four_matrices_are_the_models_p_and_q() -> None:
    """P W_V and W_K^T W_Q of the block are P and Q of `gdpp_model`; a layer's parts add up."""
    weights = descent_weights(np.zeros((1, 3)), eta=0.9, num_context=7, gamma=0.02)
    model = gdpp_model(PLUS_PLUS, dim=3, num_context=7)
    assert_close(weights.PW_V, model.P[0, 0])
    assert_close(weights.W_KQ, model.Q[0, 0])
    tokens = np.random.default_rng(0).standard_normal((6, 4))
    trace = apply_layer(weights, tokens)
    gram = tokens[:-1].T @ tokens[:-1]
    assert_close(trace.output, tokens + tokens @ (weights.PW_V @ gram @ weights.W_KQ).T)
    assert_close(trace.scores, trace.queries @ trace.keys.T)
