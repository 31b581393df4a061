"""What every method promises, whatever it is: one test per promise, one row of `METHODS` each."""

import importlib
import json
import pkgutil
from dataclasses import dataclass, replace
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core import algorithms
from icl_core.algorithms import Method
from icl_core.algorithms.truth import TrueWeights
from icl_core.checkpoints import Checkpoint, checkpoint_bytes, parse_checkpoint
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import Prompts, prompts_of
from icl_core.validation import Config
from tests.cases import (
    BATCH,
    METHODS,
    SHAPES,
    TASK,
    MethodCase,
    assert_close,
    some_prompts,
)

each_method = pytest.mark.parametrize("case", METHODS, ids=lambda case: case.name)
each_rotating_method = pytest.mark.parametrize(
    "case", [case for case in METHODS if case.rotates], ids=lambda case: case.name
)


def with_moments(prompts: Prompts, **changes: jax.Array) -> Prompts:
    return replace(prompts, moments=replace(prompts.moments, **changes))


@pytest.mark.parametrize(
    ("case", "dim", "num_context"),
    [
        pytest.param(case, dim, num_context, id=f"{case.name}-d{dim}-n{num_context}")
        for case in METHODS
        for dim, num_context in SHAPES
        if num_context > dim or not case.needs_many_tokens
    ],
)
def test_path_has_one_row_per_step_and_starts_at_zero(
    case: MethodCase, dim: int, num_context: int
) -> None:
    method = case.build(TASK.replace(dim=dim, num_context=num_context))
    path = method.weight_path(some_prompts(dim, num_context))
    assert path.shape == (case.steps + 1, BATCH, dim)
    assert path.dtype == jnp.float64
    assert not path[0].any()
    assert np.isfinite(path).all()


@dataclass(frozen=True)
class Compiled:
    """The path of a compiled method, one prompt at a time, and the slope of its last row's size
    along one direction of the moments: by gradient, and by a central difference of step 1e-5."""

    path: jax.Array
    slope: jax.Array
    difference: jax.Array


@cache
def compiled(case: MethodCase) -> Compiled:
    """One compilation for what follows from it."""
    method, prompts = case.build(TASK), some_prompts()
    rng = np.random.default_rng(4)
    along = jax.tree.map(lambda moment: rng.standard_normal(moment.shape), prompts.moments)
    along = replace(along, Sigma=along.Sigma + along.Sigma.mT)

    def alone(one: Prompts) -> jax.Array:
        batch_of_one = jax.tree.map(lambda leaf: leaf[None], one)
        return method.weight_path(replace(batch_of_one, num_context=prompts.num_context))[:, 0]

    @jax.jit
    @partial(jax.value_and_grad, has_aux=True)
    def size(step: jax.Array) -> tuple[jax.Array, jax.Array]:
        moved = jax.tree.map(lambda moment, by: moment + step * by, prompts.moments, along)
        rows = replace(prompts, moments=moved, num_context=jnp.zeros(BATCH))
        path = jax.vmap(alone, out_axes=1)(rows)
        return (path[-1] ** 2).sum(), path

    ((below, _), _), ((_, path), slope), ((above, _), _) = (
        size(jnp.asarray(at)) for at in (-1e-5, 0.0, 1e-5)
    )
    return Compiled(path=path, slope=slope, difference=(above - below) / 2e-5)


@each_method
def test_jit_and_vmap_change_nothing(case: MethodCase) -> None:
    """So no prompt sees another."""
    assert_close(compiled(case).path, case.build(TASK).weight_path(some_prompts()))


@each_method
def test_gradient_is_the_slope(case: MethodCase) -> None:
    np.testing.assert_allclose(compiled(case).slope, compiled(case).difference, rtol=1e-6)


@each_method
def test_new_prompts_or_another_context_length_compile_nothing(
    case: MethodCase, compilations: list[str]
) -> None:
    method = case.build(TASK)
    first, other = (jax.tree.map(jnp.asarray, some_prompts(num_context=n)) for n in (7, 9))
    method.weight_path(first)
    compilations.clear()
    method.weight_path(other)
    assert not compilations


@each_method
def test_numpy_and_xla_give_the_same(case: MethodCase, compilations: list[str]) -> None:
    """On numpy arrays a method is numpy and compiles nothing."""
    method, prompts = case.build(TASK), some_prompts()
    path = method.weight_path(prompts)
    assert isinstance(path, np.ndarray)
    assert not compilations
    moments = jax.tree.map(jnp.asarray, prompts.moments)
    program = jax.jit(lambda moments: method.weight_path(replace(prompts, moments=moments)))
    assert_close(path, program(moments))


@each_method
def test_json_round_trip(case: MethodCase) -> None:
    method = case.build(TASK)
    if isinstance(method, Config):
        again = type(method).from_dict(json.loads(json.dumps(method.to_dict())))
        assert again == method
        assert hash(again) == hash(method)
    else:
        assert isinstance(method, LinearTransformer)
        checkpoint = Checkpoint(model=method, parametrization="full", task=TASK, seed=0)
        again = parse_checkpoint("a model", checkpoint_bytes(checkpoint)).model
        assert_close(
            again.weight_path(some_prompts()), method.weight_path(some_prompts()), tolerance=0
        )


@each_rotating_method
def test_rotated_inputs_rotate_the_weights(case: MethodCase) -> None:
    method, prompts = case.build(TASK), some_prompts()
    R, _ = np.linalg.qr(np.random.default_rng(5).standard_normal((TASK.dim, TASK.dim)))
    rotated = with_moments(
        prompts,
        Sigma=np.einsum("ij,njk,lk->nil", R, prompts.moments.Sigma, R),
        alpha=prompts.moments.alpha @ jnp.asarray(R).T,
    )
    assert_close(method.weight_path(rotated), np.asarray(method.weight_path(prompts)) @ R.T)


@each_rotating_method
def test_without_targets_the_prediction_is_zero(case: MethodCase) -> None:
    """alpha = 0 and lam = 0: no direction is left to prefer. (FULL has directions of its own.)"""
    method, prompts = case.build(TASK), some_prompts()
    empty = with_moments(prompts, alpha=jnp.zeros((BATCH, TASK.dim)), lam=jnp.zeros(BATCH))
    assert not method.weight_path(empty).any()


@each_method
def test_answers_are_the_weights_at_the_queries(case: MethodCase) -> None:
    method, drawn = case.build(TASK), TASK.draw(7, BATCH, queries=3)
    path = method.weight_path(prompts_of(drawn.context))
    expected = np.einsum("sbd,bqd->sbq", path, drawn.queries)
    assert_close(method.answers(drawn.context, drawn.queries), expected)


def test_every_method_is_in_the_table() -> None:
    """Of `icl_core.algorithms`, wherever it stands there; the truth alone is no method of a
    learner."""
    written = set()
    for module in pkgutil.iter_modules(algorithms.__path__, f"{algorithms.__name__}."):
        found = vars(importlib.import_module(module.name)).values()
        written |= {
            value
            for value in found
            if isinstance(value, type) and issubclass(value, Method) and value is not Method
        }
    assert len(written) > 10
    assert written - {type(case.build(TASK)) for case in METHODS} == {TrueWeights}
