"""What weights are made of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.analysis.parts import diagonal_part, parts_of, read_masks, read_part
from icl_core.models.linear import LinearTransformer, omegas
from tests.cases import assert_close, diag_model, full_model, some_prompts


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_read_entries_are_those_that_predictions_depend_on(layers):
    """Against the derivative of a prediction by every entry."""
    model = full_model(layers=layers)
    prompts = some_prompts()

    def said(model: LinearTransformer) -> jax.Array:
        return jnp.square(model.weight_path(prompts)[-1]).sum()

    slope = jax.grad(said)(jax.tree.map(jnp.asarray, model))
    for found, mask in zip((slope.P, slope.Q), read_masks(layers, 3), strict=True):
        np.testing.assert_array_equal(np.abs(found[:, 0]) > 1e-12, mask)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_read_part_predicts_the_same(layers):
    model = full_model(layers=layers, heads=2)
    prompts = some_prompts()
    own, part = (m.weight_path(prompts)[-1] for m in (model, read_part(model)))
    assert_close(part, own)


def test_parts_add_up_and_rest_is_the_best_of_its_rank():
    stack = full_model(layers=2, heads=2).P
    parts = parts_of(stack)
    assert_close(parts.diagonal + parts.rest(4), stack)
    assert_close(parts.shares.sum(-1), np.ones((2, 2)))
    off = stack - parts.diagonal
    sizes = np.sqrt(np.linalg.eigvalsh(off.swapaxes(-1, -2) @ off))[..., ::-1]
    whole = np.square(stack).sum((-2, -1))
    for rank in range(5):
        left = np.square(parts.leftover(rank)).sum((-2, -1))
        assert_close(left, np.square(sizes[..., rank:]).sum(-1), 1e-9)
        assert_close(left / whole, parts.shares[..., rank + 1 :].sum(-1), 1e-9)
        assert np.linalg.matrix_rank(parts.rest(rank)).max() == rank


def test_diag_models_are_all_diagonal():
    model = diag_model(layers=2, heads=2)
    assert_close(parts_of(model.Q).shares[..., 0], np.ones((2, 2)))
    assert_close(diagonal_part(model).P, model.P)
    assert_close(omegas(diagonal_part(full_model())), omegas(full_model()))
    assert parts_of(np.zeros((1, 1, 3, 3))).shares.tolist() == [[[1, 0, 0, 0]]]
