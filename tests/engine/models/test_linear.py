"""Identities of the linear transformer, in float64 to 1e-10."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.models.linear import (
    LinearTransformer,
    block_diagonal,
    diagonal_model,
    forward_tokens,
    gram_path,
    implicit_weights,
    information_flow,
    omegas,
)
from tests.cases import (
    BATCH,
    SHAPES,
    assert_close,
    diag_model,
    full_model,
    some_prompts,
    some_tokens,
)

each_shape = pytest.mark.parametrize(("dim", "num_context"), SHAPES, ids=lambda size: str(size))
forward = jax.jit(forward_tokens)
forward_batch = jax.jit(jax.vmap(forward_tokens, in_axes=(None, 0, 0, 0)))
each_head_count = pytest.mark.parametrize("heads", [1, 2], ids=["H1", "H2"])


@each_head_count
@each_shape
def test_tokens_moments_and_flow_agree(dim: int, num_context: int, heads: int) -> None:
    """The definition, token by token; the products A_l ... A_1; the recursion of Lemma 4.3."""
    model = full_model(dim, heads=heads)
    tokens = some_tokens(dim, num_context)
    x_query = np.random.default_rng(3).standard_normal((BATCH, dim))
    steps, predictions = forward_batch(model, tokens.X, tokens.y, x_query)
    moments = some_prompts(dim, num_context).moments
    flow = information_flow(model, moments)

    assert steps.shape == (BATCH, 3, num_context + 1, dim + 1)
    assert_close(flow.w, implicit_weights(model, moments))
    assert_close(predictions.T, np.einsum("lbd,bd->lb", flow.w, x_query))
    x = np.einsum("lbij,bnj->blni", flow.M, tokens.X)
    x += np.einsum("lbi,bn->blni", flow.u, tokens.y)
    y = np.einsum("lb,bn->bln", flow.a, tokens.y)
    y -= np.einsum("lbi,bni->bln", flow.w, tokens.X)
    assert_close(steps[:, :, :-1, :-1], x)
    assert_close(steps[:, :, :-1, -1], y)


def test_query_is_never_attended_to() -> None:
    model, tokens = full_model(3), some_tokens()
    few, many = (
        forward(model, tokens.X[0], tokens.y[0], scale * tokens.w[0]) for scale in (1, 100)
    )
    assert_close(few[0][:, :-1], many[0][:, :-1])
    assert_close(100 * few[1], many[1])


@each_head_count
def test_full_with_diagonal_weights_is_diag(heads: int) -> None:
    """DIAG written out as the update of x and y by the four omegas (paper 2, section 4.2)."""
    model, tokens = diag_model(3, heads=heads), some_tokens()
    X, y, x_t, y_t = tokens.X[0], tokens.y[0], tokens.w[0], 0.0
    steps, _ = forward(model, X, y, x_t)
    for layer, (xx, xy, yx, yy) in enumerate(np.asarray(omegas(model))):
        Sigma, alpha, lam = X.T @ X, y @ X, y @ y
        x_t, y_t = (
            x_t + xx * Sigma @ x_t + xy * y_t * alpha,
            y_t + yx * alpha @ x_t + yy * lam * y_t,
        )
        X, y = (
            X + xx * X @ Sigma + xy * np.outer(y, alpha),
            y + yx * X @ alpha + yy * lam * y,
        )
        assert_close(steps[layer + 1, :-1], np.column_stack([X, y]))
        assert_close(steps[layer + 1, -1], np.append(x_t, y_t))


def test_block_diagonal_lays_out_x_then_y() -> None:
    matrix = block_diagonal(jnp.asarray([[2.0]]), jnp.asarray([[5.0]]), 3)
    assert_close(matrix, jnp.diag(jnp.asarray([2.0, 2.0, 2.0, 5.0]))[None, None])


def test_two_half_heads_are_one() -> None:
    one = full_model(3)
    two = LinearTransformer(
        P=jnp.concatenate([one.P, one.P], axis=1), Q=jnp.concatenate([one.Q, one.Q], axis=1) / 2
    )
    moments = some_prompts().moments
    assert two.num_heads == 2
    assert_close(implicit_weights(two, moments), implicit_weights(one, moments))
    assert_close(omegas(two), omegas(one))


def test_padding_with_layers_of_zeros_changes_nothing() -> None:
    model, moments = full_model(3), some_prompts().moments
    padded = model.padded(5)
    short, long = implicit_weights(model, moments), implicit_weights(padded, moments)
    assert padded.num_layers == 5
    assert_close(long[:3], short)
    assert_close(long[3:], jnp.broadcast_to(short[-1], (3, BATCH, 3)))
    assert_close(model.padded(2).P, model.P)


def test_gdpp_is_diag_without_q_y() -> None:
    """omega_xy = omega_yy = 0: alpha is never added to x, lam never to y."""
    numbers = jnp.asarray([[0.1], [0.2]])
    model = diagonal_model(p_x=numbers, p_y=-numbers, q_x=numbers, q_y=0 * numbers, dim=3)
    flow = information_flow(model, some_prompts().moments)
    assert not omegas(model)[:, jnp.asarray([1, 3])].any()
    assert_close(flow.a, jnp.ones((3, BATCH)))
    assert not flow.u.any()


def test_shape_properties() -> None:
    model = full_model(3, layers=2, heads=2)
    assert (model.num_layers, model.num_heads, model.dim) == (2, 2, 3)


@each_head_count
def test_numpy_and_xla_give_the_same(heads: int) -> None:
    here = full_model(heads=heads), some_prompts().moments
    there = jax.tree.map(jnp.asarray, here)
    for function in (implicit_weights, information_flow, gram_path):
        found, other = (jax.tree.leaves(function(*given)) for given in (here, there))
        for ours, theirs in zip(found, other, strict=True):
            assert isinstance(ours, np.ndarray)
            assert isinstance(theirs, jax.Array)
            assert_close(ours, theirs)
    assert_close(omegas(here[0]), omegas(there[0]))
