"""Hand-built weights run the algorithm exactly (float64, 1e-10)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.algorithms import Method
from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.constructions import gdpp_model, gradient_descent_model
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
