"""The linear task: two samplers, one distribution."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from icl_core.algorithms.ridge import OracleRR
from icl_core.errors import InputError
from icl_core.tasks.base import Context
from icl_core.tasks.linear import (
    LinearTask,
    Prompts,
    draw_prompts,
    moments_of,
    prompts_of,
    sample_tokens,
)
from icl_core.tasks.noise import CategoricalNoise, FixedNoise
from tests.cases import BATCH, COUNT, PAPER_TASKS, TASK, assert_close, some_prompts, some_tokens
from tests.hostile import ANY_JSON, assert_one_sentence

tokens_at = jax.jit(sample_tokens, static_argnames=("dim", "num_context"))
moments_at = jax.jit(prompts_of)


def size_of(task: LinearTask) -> dict[str, int]:
    return {"dim": task.dim, "num_context": task.num_context}


def statistics(prompts: Prompts) -> np.ndarray:
    """Sigma, alpha, lam, w, sigma and every product of two of them, [COUNT, statistics]."""
    moments = prompts.moments
    rows, columns = np.triu_indices(moments.Sigma.shape[-1])
    first = np.column_stack(
        [
            np.asarray(moments.Sigma)[:, rows, columns],
            moments.alpha,
            moments.lam,
            prompts.w,
            prompts.sigma,
        ]
    )
    left, right = np.triu_indices(first.shape[1])
    return np.concatenate([first, first[:, left] * first[:, right]], axis=1)


@pytest.mark.parametrize(("dim", "num_context"), [(3, 7), (3, 3), (3, 2), (1, 4), (1, 1)])
def test_both_samplers_draw_from_one_distribution(dim: int, num_context: int) -> None:
    """First, second and cross moments, each within 5 standard errors; 20,480 prompts each way."""
    task = TASK.replace(dim=dim, num_context=num_context)
    direct, by_tokens = [], []
    for seed in range(5):
        prompts = draw_prompts(task, seed, COUNT)
        # Noise levels in the reverse order: of the same law, and independent of the other draw.
        tokens = tokens_at(jax.random.key(seed), np.asarray(prompts.sigma)[::-1], **size_of(task))
        direct.append(statistics(prompts))
        by_tokens.append(statistics(moments_at(tokens)))
    one, other = np.concatenate(direct), np.concatenate(by_tokens)
    stderr = np.sqrt((one.var(0) + other.var(0)) / len(one))
    assert (abs(one.mean(0) - other.mean(0)) <= 5 * stderr + 1e-12).all()


def test_few_tokens_give_moments_of_low_rank() -> None:
    moments = draw_prompts(TASK.replace(num_context=2), 0, COUNT).moments
    assert (np.linalg.matrix_rank(moments.Sigma, rtol=1e-12) == 2).all()
    assert (np.linalg.matrix_rank(moments.gram(), rtol=1e-12) == 2).all()


def test_noiseless_moments_are_consistent() -> None:
    """sigma = 0: alpha = Sigma w and lam = w^T Sigma w."""
    prompts = draw_prompts(TASK.replace(noise=FixedNoise(value=0)), 0, COUNT)
    assert_close(prompts.moments.alpha, np.einsum("nij,nj->ni", prompts.moments.Sigma, prompts.w))
    assert_close(prompts.moments.lam, np.einsum("ni,ni->n", prompts.moments.alpha, prompts.w))


def test_a_million_tokens_obey_the_law_of_large_numbers() -> None:
    """Sigma / n = I and alpha / n = w within 7 / sqrt(n) per unit of scale, 4,096 times."""
    prompts = draw_prompts(TASK.replace(num_context=1_000_000), 0, COUNT)
    scale = 2 + np.abs(prompts.w).sum(-1)
    gap = np.abs(np.asarray(prompts.moments.alpha) / 1e6 - prompts.w).max(-1)
    assert np.abs(np.asarray(prompts.moments.Sigma) / 1e6 - np.eye(3)).max() < 1e-2
    assert (gap < 7e-3 * scale).all()


def test_moments_are_sums_over_tokens() -> None:
    tokens, moments = some_tokens(), some_prompts().moments
    for row in range(len(tokens.y)):
        table = np.column_stack([tokens.X[row], tokens.y[row]])
        assert_close(moments.gram()[row], table.T @ table)
    single = moments_of(tokens.X[0], tokens.y[0])
    assert_close(single.Sigma, moments.Sigma[0])


def test_tokens_follow_their_definition() -> None:
    sigma = jnp.asarray([0.0, 2.0])
    tokens = sample_tokens(jax.random.key(0), sigma, dim=3, num_context=5000)
    xi = np.asarray(tokens.y) - np.einsum("bnd,bd->bn", tokens.X, tokens.w)
    assert tokens.X.shape == (2, 5000, 3)
    assert_close(xi[0], np.zeros(5000), 1e-12)
    # Standard error of a standard deviation from 5,000 draws: 1 %.
    assert abs(xi[1].std() / 2 - 1) < 0.05


def test_draws_are_deterministic_and_independent_of_the_setting() -> None:
    """The same float64 numbers in a process with JAX's default types."""
    inside = draw_prompts(TASK, 7, COUNT)
    with jax.enable_x64(False):
        outside = draw_prompts(TASK, 7, COUNT)
    for one, other in zip(jax.tree.leaves(inside), jax.tree.leaves(outside), strict=True):
        assert np.asarray(other).dtype == np.float64
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(inside.w, draw_prompts(TASK, 8, COUNT).w)


def test_another_context_length_compiles_nothing(compilations: list[str]) -> None:
    draw_prompts(TASK, 0, COUNT)
    compilations.clear()
    for num_context in (1, 3, 20_000):
        draw_prompts(TASK.replace(num_context=num_context), 1, COUNT)
    assert not compilations


def test_noise_levels_come_from_the_law() -> None:
    drawn = draw_prompts(TASK.replace(noise=CategoricalNoise(values=(1, 3))), 0, COUNT)
    assert set(np.asarray(drawn.sigma).tolist()) == {1.0, 3.0}
    fixed = draw_prompts(TASK.replace(noise=FixedNoise(value=0.5)), 0, COUNT)
    assert (np.asarray(fixed.sigma) == 0.5).all()


@pytest.mark.parametrize("task", PAPER_TASKS.values(), ids=PAPER_TASKS)
def test_json_round_trip(task: LinearTask) -> None:
    again = LinearTask.from_dict(json.loads(json.dumps(task.to_dict())))
    assert again == task
    assert hash(again) == hash(task)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"dim": 0}, "dimension"),
        ({"dim": 65}, "dimension"),
        ({"dim": 2.5}, "dimension"),
        ({"dim": "ten"}, "dimension"),
        ({"dim": None}, "dimension"),
        ({"num_context": 0}, "context length"),
        ({"num_context": 10**7}, "context length"),
        ({"num_context": float("inf")}, "context length"),
        ({"noise": "uniform:5"}, "noise law"),
        ({"noise": {"kind": "gamma"}}, "noise law"),
        ({"noise": {"kind": "uniform", "sigma_max": -1}}, "sigma_max"),
        ({"noise": {"kind": "uniform", "sigma_max": 1, "extra": 1}}, "extra"),
        ({"noise": {"kind": "categorical", "values": []}}, "noise levels"),
        ({"extra": 1}, "extra"),
    ],
    ids=repr,
)
def test_bad_tasks_say_what_is_wrong(changes: dict, names: str) -> None:
    with pytest.raises(InputError, match=names) as caught:
        LinearTask.from_dict(TASK.to_dict() | changes)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("missing", ["dim", "num_context", "noise"])
def test_missing_entries(missing: str) -> None:
    values = {name: value for name, value in TASK.to_dict().items() if name != missing}
    with pytest.raises(InputError, match=missing) as caught:
        LinearTask.from_dict(values)
    assert_one_sentence(caught.value)


@given(ANY_JSON)
def test_any_json_is_a_task_or_one_sentence(value: object) -> None:
    plain = {"dim": 2, "num_context": 3, "noise": {"kind": "uniform", "sigma_max": 1}}
    for candidate in (value, *({**plain, name: value} for name in plain)):
        try:
            LinearTask.from_dict(candidate)
        except InputError as error:
            assert_one_sentence(error)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_draw_by_tokens_is_one_of_the_task(dtype: type) -> None:
    """Targets, truth and moments written out; means over prompts as the laws have them."""
    drawn = TASK.draw((3, 1), COUNT, 2, dtype)
    X, y, w = drawn.context.X, drawn.context.y, drawn.context.w
    assert {values.dtype for values in jax.tree.leaves(drawn)} == {np.dtype(dtype)}
    assert X.shape == (COUNT, TASK.num_context, TASK.dim)
    np.testing.assert_allclose(drawn.truth[5, 1], drawn.queries[5, 1] @ w[5], rtol=1e-5)
    noise = y - np.einsum("bnd,bd->bn", X, w)
    assert abs((noise**2).mean() - TASK.noise.second_moment) < 0.05
    assert abs((noise[:9] / drawn.context.sigma[:9, None]).std() - 1) < 0.3
    for inputs in (X, drawn.queries):
        assert_close((inputs**2).mean((0, 1)), TASK.query_variances, 0.05)
    np.testing.assert_array_equal(TASK.draw((3, 1), COUNT, 2, dtype).truth, drawn.truth)


def test_what_a_bare_context_hides_is_not_known() -> None:
    """Moments are the same; the noise level and the true weights are NaN, and so is the oracle."""
    tokens, asked = some_tokens(), np.ones((BATCH, 2, 3))
    bare = Context(X=tokens.X, y=tokens.y)
    found, known = prompts_of(bare), prompts_of(tokens)
    assert_close(found.moments.gram(), known.moments.gram())
    assert np.isnan(found.sigma).all()
    assert np.isnan(found.w).all()
    assert np.isnan(OracleRR().answers(bare, asked)[-1]).all()
    assert np.isfinite(OracleRR().answers(tokens, asked)).all()


def test_long_contexts_are_not_drawn_by_tokens() -> None:
    with pytest.raises(InputError, match="token by token"):
        TASK.replace(num_context=10_001).draw(0, 1)
