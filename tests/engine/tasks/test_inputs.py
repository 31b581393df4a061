"""Input laws: moments as stated, text and JSON forms, and every floor of the engine obeys them."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.algorithms.descent import GradientDescent
from icl_core.algorithms.ridge import BayesRR, ConstRR, OracleRR
from icl_core.algorithms.truth import TrueWeights
from icl_core.analysis.floors import (
    const_rr_floor,
    one_layer_floor,
    one_layer_loss,
    one_layer_step,
    oracle_loss,
)
from icl_core.analysis.loss import adjusted_losses, distance_loss, prompt_losses
from icl_core.analysis.tuning import gdpp_ladder, tune_descent
from icl_core.errors import InputError
from icl_core.models.coordinates import prediction_scale, token_scale
from icl_core.models.linear import Normalised
from icl_core.tasks.inputs import (
    GaussianInputs,
    InputLaw,
    UniformInputs,
    format_inputs,
    inputs_from_dict,
    inputs_to_dict,
    parse_inputs,
)
from icl_core.tasks.linear import LinearTask, draw_prompts, prompts_of, sample_tokens
from icl_core.tasks.noise import FixedNoise
from icl_core.training.objective import batch_of, losses
from tests.cases import COUNT, TASK, assert_close, full_model
from tests.hostile import ANY_JSON, assert_one_sentence

LAWS: tuple[InputLaw, ...] = (
    GaussianInputs(),
    GaussianInputs(condition=9.0, scale=0.5),
    UniformInputs(width=1.5),
)
UNIFORM = TASK.replace(inputs=UniformInputs(width=1.5))
TASKS = tuple(TASK.replace(inputs=law) for law in LAWS)
tokens_at = jax.jit(sample_tokens, static_argnames=("dim", "num_context", "inputs"))


def within(values: np.ndarray, expected: np.ndarray, errors: float = 5) -> bool:
    """Means over the first axis within so many standard errors."""
    stderr = values.std(0) / np.sqrt(len(values))
    return bool((abs(values.mean(0) - expected) <= errors * stderr).all())


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_moments_of_both_samplers(law: InputLaw) -> None:
    """100,000 inputs of 3 coordinates: means, covariance and fourth moments."""
    shape, c = (100_000, 3), law.variances(3)
    by_jax = np.asarray(law.sample(jax.random.key(0), shape, jnp.float64))
    for x in (law.draw(np.random.default_rng(0), shape), by_jax):
        assert within(x, np.zeros(3))
        assert within(np.einsum("ni,nj->nij", x, x), np.diag(c))
        assert within(x**4, law.kurtosis * c**2)
    assert c.mean() == pytest.approx(law.variance)
    assert c.max() / c.min() == pytest.approx(getattr(law, "condition", 1.0))
    assert_close(law.scaled(3.0).variances(3), 9 * c)


@pytest.mark.parametrize("num_context", [7, 2])
@pytest.mark.parametrize("law", LAWS[1:], ids=repr)
def test_prompts_and_tokens_are_of_one_distribution(law: InputLaw, num_context: int) -> None:
    """First and second moments of Sigma, alpha, lam; 20,480 prompts each, 5 standard errors."""
    task = TASK.replace(num_context=num_context, inputs=law)
    sides: list[list[np.ndarray]] = [[], []]
    for seed in range(5):
        drawn = draw_prompts(task, seed, COUNT)
        sigma = np.asarray(drawn.sigma)[::-1]
        tokens = tokens_at(jax.random.key(seed), sigma, dim=3, num_context=num_context, inputs=law)
        for side, prompts in zip(sides, (drawn, prompts_of(tokens)), strict=True):
            gram = np.asarray(prompts.moments.gram()).reshape(COUNT, -1)
            side.append(np.concatenate([gram, gram * gram[:, -1:], gram * gram[:, :1]], axis=1))
    one, other = (np.concatenate(side) for side in sides)
    stderr = np.sqrt((one.var(0) + other.var(0)) / len(one))
    assert (abs(one.mean(0) - other.mean(0)) <= 5 * stderr).all()


def test_blocks_of_tokens_make_the_same_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    task = UNIFORM.replace(noise=FixedNoise(value=0.0))
    whole = draw_prompts(task, 3, 64)
    monkeypatch.setattr("icl_core.tasks.linear.BLOCK", 7 * 3 * 5)
    pieces = draw_prompts(task, 3, 64)
    assert_close(pieces.moments.Sigma, whole.moments.Sigma, 1e-14)


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_text_and_json_round_trips(law: InputLaw) -> None:
    assert parse_inputs(format_inputs(law)) == law
    assert inputs_from_dict(json.loads(json.dumps(inputs_to_dict(law)))) == law
    task = TASK.replace(inputs=law)
    again = LinearTask.from_dict(json.loads(json.dumps(task.to_dict())))
    assert again == task
    assert hash(again) == hash(task)


def test_tasks_of_old_files_have_standard_inputs() -> None:
    """And are written as they always were."""
    assert "inputs" not in TASK.to_dict()
    assert LinearTask.from_dict(TASK.to_dict()).inputs == GaussianInputs()
    assert parse_inputs("gaussian") == GaussianInputs()
    assert parse_inputs("gaussian:4") == GaussianInputs(condition=4.0)


@pytest.mark.parametrize(
    "text", ["", "levy", "uniform:1,2", "uniform:x", "uniform:0", "gaussian:0.5", "uniform:nan"]
)
def test_bad_laws_are_one_sentence(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_inputs(text)
    assert_one_sentence(caught.value)


@given(ANY_JSON | st.fixed_dictionaries({"kind": st.just("uniform"), "width": ANY_JSON}))
def test_any_json_is_a_law_or_one_sentence(value: object) -> None:
    try:
        LinearTask.from_dict(TASK.to_dict() | {"inputs": value})
    except InputError as error:
        assert_one_sentence(error)


def test_long_contexts_need_gaussian_inputs() -> None:
    with pytest.raises(InputError, match="token by token") as caught:
        UNIFORM.replace(num_context=20_000)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_one_layer_floor_and_step(task: LinearTask) -> None:
    """16,384 prompts, 5 standard errors: the step of each coordinate reaches the floor, the best
    common step is best on the same prompts."""
    drawn = [draw_prompts(task, seed, COUNT) for seed in range(4)]
    alpha = np.concatenate([prompts.moments.alpha for prompts in drawn])
    w = np.concatenate([prompts.w for prompts in drawn])
    c, v = task.query_variances, task.noise.second_moment
    n, kappa = task.num_context, task.inputs.kurtosis

    def loss(step: object) -> np.ndarray:
        return 0.5 * np.sum(c * (np.asarray(step) * alpha / n - w) ** 2, axis=-1)

    best = loss(n / (c.sum() + (n + kappa - 2) * c + v))
    assert abs(best.mean() - one_layer_loss(task)) < 5 * best.std() / np.sqrt(best.size)
    eta = one_layer_step(task)
    assert loss(0.9 * eta).mean() > loss(eta).mean() < loss(1.1 * eta).mean()
    assert loss(eta).mean() >= best.mean() * (1 - 1e-3)
    assert tune_descent(task, 1).etas[0] == pytest.approx(eta, rel=0.02)


def test_the_papers_oracle() -> None:
    """n = d = 10, U(-1/2, 1/2), no noise: eta* = 6.06, loss 0.2062 (facts of paper 1)."""
    task = LinearTask(
        dim=10, num_context=10, noise=FixedNoise(value=0), inputs=UniformInputs(width=1)
    )
    assert one_layer_step(task) == pytest.approx(6.06, abs=5e-3)
    assert one_layer_loss(task) == pytest.approx(0.2062, abs=5e-5)
    gd = GradientDescent(etas=(one_layer_step(task),))
    plain = prompt_losses({"gd": gd}, task, prompts=10_000, seed=5, against=TrueWeights())["gd"]
    assert plain[0].mean() == pytest.approx(0.4167, rel=0.03)
    assert within(plain[1], np.asarray(0.2062))


def test_plain_and_adjusted_losses_agree_where_all_can_be_known() -> None:
    """sigma = 0 and n >= d; for n < d the plain loss is larger by what is unknowable."""
    gd = {"gd": GradientDescent(etas=(2.0,))}
    task = UNIFORM.replace(noise=FixedNoise(value=0))
    for n, equal in ((7, True), (2, False)):
        given = task.replace(num_context=n)
        adjusted = prompt_losses(gd, given, prompts=500, seed=1)["gd"]
        plain = prompt_losses(gd, given, prompts=500, seed=1, against=TrueWeights())["gd"]
        assert np.allclose(adjusted, plain, rtol=1e-6) is equal
        # Of d - n directions nothing is known: half their number times the variance.
        unknown = 0.5 * task.inputs.variance * max(task.dim - n, 0)
        assert within((plain - adjusted)[-1], np.asarray(unknown)) or equal


@pytest.mark.parametrize("task", TASKS[1:], ids=repr)
def test_exact_floors_are_what_sampling_finds(task: LinearTask) -> None:
    """16,384 prompts, 5 standard errors; and GD++ does not fall below the best constant ridge."""
    drawn = [draw_prompts(task, seed, COUNT) for seed in range(4)]
    c = task.query_variances
    oracle = np.concatenate(
        [np.asarray(distance_loss(OracleRR().weight_path(p), p.w, c))[-1] for p in drawn]
    )
    (plus_plus,) = gdpp_ladder(task, 1, prompts=2 * COUNT)
    methods = {"const": ConstRR.of(task), "gdpp": plus_plus, "bayes": BayesRR(noise=task.noise)}
    found = {
        name: values[-1]
        for name, values in prompt_losses(methods, task, prompts=4 * COUNT, seed=1).items()
    }
    assert within(oracle, np.asarray(oracle_loss(task)))
    assert within(found["const"], np.asarray(const_rr_floor(task)))
    assert found["gdpp"].mean() > found["const"].mean() > found["bayes"].mean()
    if np.ptp(c) == 0:
        assert within(found["gdpp"], np.asarray(one_layer_floor(task)))


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_the_training_objective_is_the_evaluations_loss(task: LinearTask) -> None:
    prompts = draw_prompts(task, 0, 50)
    P, Q = 0.15 * np.random.default_rng(1).standard_normal((2, 2, 1, 4, 4))
    mine = losses({"P": jnp.asarray(P), "Q": jnp.asarray(Q)}, batch_of(prompts, task))
    raw = Normalised(P=P, Q=Q).raw(task)  # type: ignore[arg-type]
    theirs = adjusted_losses(raw, prompts, task.query_variances)[-1]
    np.testing.assert_allclose(mine, theirs, rtol=1e-8)


def test_normalised_tokens_of_uniform_inputs_are_of_order_one() -> None:
    D = token_scale(UNIFORM)
    gram = np.asarray(draw_prompts(UNIFORM, 3, COUNT).moments.gram()) * np.outer(D, D)
    assert within(np.diagonal(gram, axis1=1, axis2=2), np.ones(4))
    s = 1.5**2 / 12
    assert prediction_scale(UNIFORM) == pytest.approx(((3 * s + 4 / 3) / s) ** 0.5)


def test_second_moments_of_each_prompts_queries() -> None:
    prompts, model = draw_prompts(UNIFORM, 0, 50), full_model()
    path, c = model.weight_path(prompts), UNIFORM.query_variances
    each = np.broadcast_to(np.diag(c), (50, 3, 3))
    assert_close(distance_loss(path, prompts.w, each), distance_loss(path, prompts.w, c))
