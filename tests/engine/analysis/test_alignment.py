"""Symmetries of a model, and models aligned by them."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from icl_core.analysis.alignment import align, balanced, distance, mixed, rotated
from icl_core.analysis.parts import as_float64, read_part
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer, omegas
from icl_core.tasks.linear import Prompts, Tokens, prompts_of
from tests.cases import assert_close, diag_model, full_model, some_prompts, some_tokens

SHAPES = [(3, 2, 1), (3, 1, 1), (1, 2, 1), (3, 3, 2), (10, 4, 1)]
"""(d, L, H)."""


def some_rotation(dim: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return ortho_group.rvs(dim, random_state=rng) if dim > 1 else np.array([[-1.0]])


def some_mixing(layers: int, heads: int) -> np.ndarray:
    return np.random.default_rng(4).standard_normal((layers, heads, heads)) + 2 * np.eye(heads)


def turned_prompts(rotation: np.ndarray, sign: float = 1.0) -> Prompts:
    """`some_prompts` with inputs O x (and so weights O w), and y times a sign."""
    tokens = some_tokens(dim=len(rotation))
    turned = Tokens(
        X=tokens.X @ rotation.T, y=sign * tokens.y, sigma=tokens.sigma, w=tokens.w @ rotation.T
    )
    return prompts_of(turned)


def nudged(model: LinearTransformer, size: float) -> LinearTransformer:
    rng = np.random.default_rng(5)
    P, Q = (stack + size * rng.standard_normal(stack.shape) for stack in (model.P, model.Q))
    return LinearTransformer(P=P, Q=Q)


@pytest.mark.parametrize(("dim", "layers", "heads"), SHAPES)
def test_a_copy_in_other_words_is_recognised(dim, layers, heads):
    model = full_model(dim, layers=layers, heads=heads)
    turn = some_rotation(dim)
    copy = rotated(mixed(as_float64(model), -some_mixing(layers, heads)), turn)
    found = align(copy, model)
    assert found.before > 0.1
    assert found.after < 1e-8
    reference = balanced(model)
    assert_close(found.model.P, reference.P, 1e-8)
    assert_close(found.model.Q, reference.Q, 1e-8)
    assert_close(found.rotation @ turn, np.eye(dim), 1e-8)


@pytest.mark.parametrize(("dim", "layers", "heads"), SHAPES)
def test_an_aligned_model_predicts_the_same(dim, layers, heads):
    model = full_model(dim, layers=layers, heads=heads)
    other = nudged(model, 0.05)
    own = other.weight_path(some_prompts(dim))
    still = align(other, model, rotate=False)
    assert_close(still.rotation, np.eye(dim))
    assert_close(still.model.weight_path(some_prompts(dim))[-1], own[-1])
    found = align(other, model)
    there = found.model.weight_path(turned_prompts(found.rotation))
    assert_close(there[-1], own[-1] @ found.rotation.T)


@pytest.mark.parametrize("heads", [1, 2])
def test_alignment_comes_no_farther_than_the_words_known_to_be_close(heads):
    model = full_model(layers=2, heads=heads)
    near = nudged(model, 0.01)
    known = distance(balanced(near), balanced(model))
    copy = rotated(mixed(near, some_mixing(2, heads)), some_rotation(3))
    found = align(copy, model)
    assert found.after <= known + 1e-9 < found.before
    back = align(model, copy)
    assert back.after == pytest.approx(found.after, abs=1e-6)


@pytest.mark.parametrize("heads", [1, 2])
def test_balanced_models_have_equal_sizes_and_angles(heads):
    model = full_model(layers=3, heads=heads)
    even = balanced(model)
    flat = [stack.reshape(3, heads, -1) for stack in (even.P, even.Q)]
    assert_close(*(part @ part.swapaxes(1, 2) for part in flat))
    again = balanced(even)
    assert_close(again.P, even.P)
    prompts = some_prompts()
    assert_close(even.weight_path(prompts), read_part(model).weight_path(prompts))


def test_heads_of_zeros_change_nothing():
    model = full_model(layers=2, heads=1)
    padded = as_float64(model.padded(2, 2))
    found = align(padded, as_float64(model.padded(2, 2)))
    assert found.after < 1e-8
    prompts = some_prompts()
    assert_close(found.model.weight_path(prompts)[-1], model.weight_path(prompts)[-1])


def test_diag_models_look_the_same_from_everywhere():
    model = as_float64(diag_model(layers=2, heads=2))
    turned = rotated(model, some_rotation(3))
    assert_close(turned.P, model.P)
    assert_close(align(model, model).rotation, np.eye(3))


def test_omegas_do_not_depend_on_the_words():
    model = full_model(layers=3, heads=2)
    copy = rotated(mixed(as_float64(model), some_mixing(3, 2)), some_rotation(3))
    assert_close(omegas(copy), omegas(model))


def test_a_flipped_y_is_a_flipped_x():
    model = as_float64(full_model(layers=3))
    flipped = rotated(model, -np.eye(3))
    path = model.weight_path(some_prompts())
    assert_close(flipped.weight_path(turned_prompts(np.eye(3), sign=-1.0)), -path)


def test_coordinates_cannot_be_scaled_between_layers():
    """The residual stream carries them: what would undo x -> 2 x after layer 1 does not exist."""
    model = as_float64(full_model(layers=2))
    scale, back = np.diag([2.0, 2, 2, 1]), np.diag([0.5, 0.5, 0.5, 1])
    P, Q = model.P.copy(), model.Q.copy()
    P[1], Q[1] = scale @ P[1] @ back, back @ Q[1] @ back
    changed = LinearTransformer(P=P, Q=Q)
    prompts = some_prompts()
    gap = np.abs(changed.weight_path(prompts)[-1] - model.weight_path(prompts)[-1]).max()
    assert gap > 1e-3


def test_distances_say_what_they_mean():
    model = as_float64(full_model())
    opposite = LinearTransformer(P=-model.P, Q=-model.Q)
    nothing = LinearTransformer(P=0 * model.P, Q=0 * model.Q)
    assert distance(model, model) == 0
    assert distance(nothing, nothing) == 0
    assert distance(model, nothing) == pytest.approx(1)
    assert distance(model, opposite) == pytest.approx(2**0.5)


def test_models_of_other_shapes_are_refused():
    with pytest.raises(InputError, match="shape"):
        align(full_model(layers=1), full_model(layers=2))
