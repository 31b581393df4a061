"""The training objective is the evaluation's adjusted loss, in other coordinates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.paper import paper_model, paper_start, paper_steps
from icl_core.analysis.loss import adjusted_losses
from icl_core.arrays import in_float64, key_of
from icl_core.models.coordinates import prediction_scale, token_scale
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import UniformNoise
from icl_core.training import TrainingConfig
from icl_core.training.linear import as_model, as_parameters, initial_parameters
from icl_core.training.objective import batch_of, losses, sample_batch, training_loss

TASK = LinearTask(dim=3, num_context=9, noise=UniformNoise(sigma_max=2))


@in_float64
def start(parametrization, heads):
    starts = initial_parameters(key_of(1), parametrization, (1, 3, heads), TASK.dim)
    return jax.tree.map(lambda x: x[0], starts)


@pytest.mark.parametrize("parametrization", ["gdpp", "diag", "full"])
@pytest.mark.parametrize("heads", [1, 2])
@in_float64
def test_objective_equals_evaluation(parametrization, heads):
    parameters = start(parametrization, heads)
    prompts = draw_prompts(TASK, 0, 50)
    mine = losses(parameters, batch_of(prompts, TASK))
    model = as_model(parameters, TASK.dim).raw(TASK)
    np.testing.assert_allclose(mine, adjusted_losses(model, prompts)[-1], rtol=1e-8)


@in_float64
def test_coordinates_round_trip():
    keys = jax.random.split(key_of(2))
    P, Q = (jax.random.normal(key, (2, 1, 4, 4)) for key in keys)
    model = LinearTransformer(P=P, Q=Q)
    back = model.normalised(TASK).raw(TASK)
    np.testing.assert_allclose(back.P, P, rtol=1e-12)
    np.testing.assert_allclose(back.Q, Q, rtol=1e-12)


@pytest.mark.parametrize("parametrization", ["gdpp", "diag", "full"])
@in_float64
def test_parameters_round_trip(parametrization):
    parameters = start(parametrization, 2)
    back = as_parameters(as_model(parameters, TASK.dim), parametrization)
    assert back.keys() == parameters.keys()
    for name, values in parameters.items():
        np.testing.assert_array_equal(back[name], values)


@in_float64
def test_normalised_tokens_are_of_order_one():
    """D G D has unit expected diagonal: 20,000 prompts, 5 standard errors."""
    D = token_scale(TASK)
    gram = draw_prompts(TASK, 3, 20_000).moments.gram() * jnp.outer(D, D)[None]
    diagonal = jnp.diagonal(gram, axis1=1, axis2=2)
    assert (abs(diagonal.mean(0) - 1) < 5 * diagonal.std(0) / 20_000**0.5).all()
    assert prediction_scale(TASK) == pytest.approx((3 + 4 / 3) ** 0.5)


@in_float64
def test_rare_prompts_leave_expectations_as_they_are():
    """40,000 prompts with importance weights against as many without, 5 standard errors; and the
    tails, |w|^2 > 14 (4.5 times its mean) and a largest eigenvalue > 30, are seen at least five
    times as often."""
    wide = sample_batch(TASK, 5, 40_000)
    plain = batch_of(draw_prompts(TASK, 6, 40_000), TASK)
    both = wide, plain
    assert abs(wide.weight.mean() - 1) < 5 * wide.weight.std() / 200
    for values in (lambda b: b.gram[-1, -1], lambda b: jnp.sum(b.target**2, 0)):
        a, b = wide.weight * values(wide), values(plain)
        assert abs(a.mean() - b.mean()) < 5 * jnp.hypot(a.std(), b.std()) / 200
    Sigma = [jnp.moveaxis(b.gram[:-1, :-1], -1, 0) / token_scale(TASK)[0] ** 2 for b in both]
    longest = [jnp.linalg.eigvalsh(S)[:, -1] for S in Sigma]
    for far in ([jnp.sum(b.target**2, 0) > 14 for b in both], [top > 30 for top in longest]):
        assert far[0].mean() > 5 * far[1].mean()


@in_float64
def test_the_robust_loss_is_below_the_plain_one_and_fades():
    parameters = start("diag", 1)
    batch = batch_of(draw_prompts(TASK, 4, 64), TASK)
    each = losses(parameters, batch)
    assert training_loss(parameters, batch, jnp.asarray(False)) == pytest.approx(each.mean())
    robust = training_loss(parameters, batch, jnp.asarray(True))
    assert robust == pytest.approx(np.log1p(np.asarray(each)).mean())


def test_the_papers_recipe_learns():
    config = TrainingConfig(parametrization="diag", num_layers=1)
    state = paper_start(config, TASK.dim, key_of(0))
    state, values = paper_steps(state, key_of(1), TASK, steps=600, batch=64)
    assert values.shape == (600,)
    assert np.mean(values[-50:]) < 0.95 * np.mean(values[:50])
    model = paper_model(state, TASK.dim)
    assert model.P.shape == (1, 1, 4, 4)
