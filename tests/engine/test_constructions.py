"""Hand-built weights run the algorithm exactly (float64, 1e-10)."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.algorithms import Method
from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.analysis.spectrum import condition_numbers, transform
from icl_core.constructions import (
    CONSTRUCTIONS,
    TwoNoise,
    gdpp_model,
    gradient_descent_model,
    schedule,
)
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


@pytest.mark.parametrize("x64", [True, False], ids=["float64", "float32"])
def test_weights_have_the_default_type(x64: bool) -> None:
    with jax.enable_x64(x64):
        model: Method = gradient_descent_model(DESCENT, dim=3, num_context=7)
        assert model.P.dtype == jnp.result_type(float)


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
