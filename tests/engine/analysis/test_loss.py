"""The adjusted loss against its definition, sampled; and how evaluation goes about it."""

from dataclasses import dataclass

import jax
import numpy as np
import pytest

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import ConstRR, OracleRR
from icl_core.algorithms.truth import TrueWeights
from icl_core.analysis.loss import (
    CHUNK,
    adjusted_losses,
    evaluate,
    noise_profile,
    prompt_losses,
    summarize,
)
from icl_core.errors import InputError
from icl_core.tasks.base import Context, Draw
from icl_core.tasks.linear import prompts_of, sample_tokens
from icl_core.tasks.noise import FixedNoise, sample_sigma
from tests.cases import COUNT, DESCENT, TASK, assert_close, full_model, some_prompts

CONST = ConstRR(strength=1.0)


def test_adjusted_loss_is_loss_minus_oracle_loss() -> None:
    """Half squared errors at one sampled query a prompt, 200,000 prompts by tokens: the mean
    difference is the exact adjusted loss of 50,000 other prompts within 5 standard errors."""
    count = 200_000

    @jax.jit
    def sampled(key: jax.Array) -> tuple[jax.Array, ...]:
        keys = jax.random.split(key, 3)
        sigma = sample_sigma(TASK.noise, keys[0], (count,))
        tokens = sample_tokens(keys[1], sigma, dim=TASK.dim, num_context=TASK.num_context)
        prompts = prompts_of(tokens)
        x_query = jax.random.normal(keys[2], tokens.w.shape, tokens.w.dtype)
        return (
            x_query,
            tokens.w,
            *(method.weight_path(prompts)[-1] for method in (OracleRR(), DESCENT, CONST)),
        )

    x_query, truth, oracle, *found = map(np.asarray, sampled(jax.random.key(0)))

    def half_squared_error(w: np.ndarray) -> np.ndarray:
        return 0.5 * ((w - truth) * x_query).sum(-1) ** 2

    exact = evaluate({"gd": DESCENT, "const": CONST}, TASK, prompts=50_000)
    for w, summary in zip(found, exact.values(), strict=True):
        excess = half_squared_error(w) - half_squared_error(oracle)
        stderr = np.hypot(excess.std() / np.sqrt(count), summary.stderr[-1])
        assert abs(excess.mean() - summary.final) < 5 * stderr
        assert stderr < 0.05 * summary.final


@dataclass(frozen=True)
class Asked:
    """A method that is known by its answers alone."""

    method: Method

    def answers(self, context: Context, queries: np.ndarray) -> np.ndarray:
        return self.method.answers(context, queries)


@pytest.mark.parametrize("against", [OracleRR(), TrueWeights()])
def test_sampled_losses_are_the_exact_ones(against: Method) -> None:
    """Of the same methods by their answers alone, on other prompts: 4 standard errors by step."""
    methods = {"gd": DESCENT, "const": CONST, "model": full_model(layers=1)}
    asked = {name: Asked(method) for name, method in methods.items()}
    exact = evaluate(methods, TASK, prompts=200_000, seed=8, against=against)
    sampled = evaluate(asked, TASK, prompts=20_000, seed=9, against=against)
    for name in methods:
        stderr = np.hypot(exact[name].stderr, sampled[name].stderr)
        assert (np.abs(exact[name].mean - sampled[name].mean) < 4 * stderr).all(), name
        assert (stderr < 0.05 * exact[name].mean).all(), name


def test_exact_and_sampled_losses_are_of_the_same_prompts() -> None:
    """Beside a method that is sampled others are exact, on its contexts: so the difference is that
    of the queries alone, and none with the weights' own answers."""
    both = {"exact": DESCENT, "sampled": Asked(DESCENT)}
    losses = prompt_losses(both, TASK, prompts=3000, seed=3)
    excess = summarize(losses["sampled"] - losses["exact"])
    assert (np.abs(excess.mean) < 4 * excess.stderr).all()
    alone = summarize(losses["sampled"] - prompt_losses(both, TASK, prompts=3000, seed=4)["exact"])
    assert (excess.stderr < 0.7 * alone.stderr).all()
    assert not prompt_losses({"it": Asked(OracleRR())}, TASK, prompts=10, seed=1)["it"][-1].any()


def test_pairing_with_the_oracle_lowers_the_error() -> None:
    """The same adjusted loss as a difference of plain losses has a larger error, on the same
    prompts and queries and more so on different ones."""
    asked = {"gd": Asked(DESCENT), "oracle": Asked(OracleRR())}
    paired = evaluate(asked, TASK, prompts=5000, seed=3)["gd"]
    plain, other = (
        prompt_losses(asked, TASK, prompts=5000, seed=seed, against=None) for seed in (3, 4)
    )
    difference = summarize(plain["gd"] - plain["oracle"][-1])
    unpaired = summarize(plain["gd"] - other["oracle"][-1])
    assert (np.abs(paired.mean - difference.mean) < 4 * difference.stderr).all()
    assert (paired.stderr < difference.stderr).all()
    assert (difference.stderr < unpaired.stderr).all()
    assert paired.stderr[-1] < 0.7 * unpaired.stderr[-1]


def test_a_task_without_moments_is_sampled_against_the_truth() -> None:
    """What a task must offer is its draw alone."""

    class Constant:
        """Every target of a prompt is the same number."""

        dim, num_context = 2, 5

        def draw(self, seed: object, count: int, queries: int = 1) -> Draw:
            rng = np.random.default_rng(seed)
            level = rng.standard_normal((count, 1))
            X, asked = (rng.standard_normal((count, k, 2)) for k in (5, queries))
            y, truth = (np.broadcast_to(level, (count, k)) for k in (5, queries))
            return Draw(context=Context(X=X, y=y), queries=asked, truth=truth)

    class Mean:
        """The mean of the context's targets, in one step."""

        def answers(self, context: Context, queries: np.ndarray) -> np.ndarray:
            mean = np.broadcast_to(context.y.mean(1, keepdims=True), queries.shape[:2])
            return np.stack([0 * mean, mean])

    methods = {"mean": Mean(), "gd": DESCENT}
    losses = evaluate(methods, Constant(), prompts=4000, seed=0, against=None)
    assert_close(losses["mean"].final, 0)
    assert abs(losses["mean"].mean[0] - 0.5) < 4 * losses["mean"].stderr[0]
    assert losses["gd"].final > 0.1
    assert np.isnan(evaluate(methods, Constant(), prompts=10)["mean"].mean).all()


def test_per_prompt_loss_is_half_the_squared_distance_to_the_oracle() -> None:
    prompts = some_prompts()
    oracle, const = (method.weight_path(prompts) for method in (OracleRR(), CONST))
    expected = 0.5 * ((np.asarray(const) - np.asarray(oracle)[-1]) ** 2).sum(-1)
    assert_close(adjusted_losses(CONST, prompts), expected)
    assert not np.asarray(adjusted_losses(OracleRR(), prompts))[-1].any()


def test_summary_is_over_the_last_axis() -> None:
    losses = np.random.default_rng(0).exponential(size=(2, 3, 500))
    summary = summarize(losses)
    assert summary.count == 500
    assert_close(summary.mean, losses.mean(-1))
    assert_close(summary.stderr, losses.std(-1, ddof=1) / np.sqrt(500))
    assert_close(summary.median, np.median(losses, axis=-1))
    assert_close(summary.low, np.quantile(losses, 0.1, axis=-1))
    assert_close(summary.high, np.quantile(losses, 0.9, axis=-1))
    assert summary.mean.shape == (2, 3)
    assert summarize(losses[0]).final == pytest.approx(losses[0, -1].mean())


def test_summary_at_an_index_is_the_summary_of_those_losses() -> None:
    losses = np.random.default_rng(1).exponential(size=(2, 3, 50))
    row = summarize(losses).at((1, slice(2)))
    for name, expected in vars(summarize(losses[1, :2])).items():
        assert_close(getattr(row, name), expected)


def test_blown_up_losses_spoil_the_mean_only() -> None:
    losses = np.asarray([[1.0, 2.0, 3.0, 4.0, last] for last in (np.inf, np.nan, 1e300)])
    summary = summarize(losses)
    assert np.isinf(summary.mean[:2]).all()
    assert summary.median.tolist() == [3.0, 3.0, 3.0]
    assert summary.low.tolist() == [1.4, 1.4, 1.4]
    assert (summary.high > 1e299).all()


def test_losses_that_are_undefined_everywhere_stay_so() -> None:
    summary = summarize(np.full((2, 5), np.nan))
    assert np.isnan(summary.mean).all()
    assert np.isnan(summary.median).all()


def test_chunks_are_a_prefix_of_longer_runs() -> None:
    """Beyond one chunk, more prompts keep the earlier ones: 5,000 begin 8,192."""
    assert COUNT == CHUNK
    short = prompt_losses({"const": CONST}, TASK, prompts=5000, seed=3)["const"]
    long = prompt_losses({"const": CONST}, TASK, prompts=2 * COUNT, seed=3)["const"]
    assert short.shape == (2, 5000)
    np.testing.assert_array_equal(short, long[:, :5000])


def test_evaluation_depends_on_the_seed_and_on_nothing_else() -> None:
    methods = {"const": CONST, "model": full_model()}
    first = prompt_losses(methods, TASK, prompts=COUNT, seed=3)
    with jax.enable_x64(False):
        again = prompt_losses({"model": full_model()}, TASK, prompts=COUNT, seed=3)
    other = prompt_losses(methods, TASK, prompts=COUNT, seed=4)
    assert again["model"].dtype == np.float64
    np.testing.assert_array_equal(first["model"], again["model"])
    assert not np.array_equal(first["model"], other["model"])


def test_second_evaluation_compiles_nothing(compilations: list[str]) -> None:
    for noise in (TASK.noise, FixedNoise(value=1)):
        prompt_losses({"const": CONST}, TASK.replace(noise=noise), prompts=COUNT, seed=3)
    compilations.clear()
    other = TASK.replace(num_context=9, noise=FixedNoise(value=0.1))
    prompt_losses({"const": ConstRR(strength=2.0)}, other, prompts=COUNT, seed=4)
    evaluate({"const": CONST}, TASK, prompts=COUNT, seed=5)
    assert not compilations


@pytest.mark.parametrize("prompts", [0, 1, -5, 10**9, 2.5, "many", None])
def test_bad_numbers_of_prompts(prompts: object) -> None:
    with pytest.raises(InputError, match="number of prompts"):
        evaluate({"const": CONST}, TASK, prompts=prompts)  # type: ignore[arg-type]


def test_noise_profile_is_an_evaluation_at_each_level() -> None:
    sigmas = np.asarray([0.0, 0.5, 2.0])
    profile = noise_profile({"const": CONST, "gd": DESCENT}, TASK, sigmas, prompts=COUNT, seed=3)
    assert profile["gd"].mean.shape == (3, 3)
    for row, sigma in enumerate(sigmas):
        fixed = TASK.replace(noise=FixedNoise(value=float(sigma)))
        single = evaluate({"gd": DESCENT}, fixed, prompts=COUNT, seed=3)["gd"]
        assert_close(profile["gd"].mean[row], single.mean)
        assert_close(profile["gd"].high[row], single.high)
    at_one = noise_profile({"const": CONST}, TASK, np.asarray([1.0]), prompts=COUNT)["const"]
    assert_close(at_one.mean[0, -1], 0.0)
