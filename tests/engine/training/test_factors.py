"""Training W_K, W_Q, W_V, P: losses are the model's, and gradient descent and GD++ are found."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.loss import distance_loss
from icl_core.analysis.recursion import exact_losses, sample_spectra, tune_steps
from icl_core.arrays import in_float64
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask, Tokens, draw_prompts, prompts_of
from icl_core.tasks.noise import FixedNoise
from icl_core.training import RunConfig, run
from icl_core.training.factors import (
    Contexts,
    FactorTrainee,
    layer_weights,
    moments,
    products,
)
from icl_core.training.objective import losses
from icl_core.training.recipe import FACTORS
from tests.hostile import assert_one_sentence

SCALAR = LinearTask(dim=1, num_context=4, noise=FixedNoise(value=0), inputs=UniformInputs())
TASK = SCALAR.replace(dim=3, num_context=6)
SHORT = RunConfig(steps=2400, batch=128, snapshots=5, cooling=0.5)
TIED = FactorTrainee(task=TASK, layers=2)


@in_float64
def test_implicit_weights_of_one_layer_are_those_of_the_linear_transformer() -> None:
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal((1, 4, 4)) for name in FACTORS}
    X, w = rng.standard_normal((5, 6, 3)), rng.standard_normal((5, 3))
    y = np.einsum("bnd,bd->bn", X, w)
    prompts = prompts_of(Tokens(X=X, y=y, sigma=np.zeros(5), w=w))  # type: ignore[arg-type]
    model = LinearTransformer(
        P=(arrays["P"] @ arrays["W_V"])[None], Q=(arrays["W_K"].mT @ arrays["W_Q"])[None]
    )
    found = layer_weights({k: jnp.asarray(v) for k, v in arrays.items()}, X, y)
    np.testing.assert_allclose(found, model.weight_path(prompts)[-1], rtol=1e-10)


@in_float64
def test_the_loss_of_layers_is_that_of_the_linear_transformer() -> None:
    """Three tied layers: through W_K, W_Q, W_V, P and moments, and by implicit weights."""
    rng = np.random.default_rng(0)
    weights = {name: jnp.asarray(rng.standard_normal((1, 4, 4)) / 2) for name in FACTORS}
    X, w = rng.uniform(-0.5, 0.5, (5, 6, 3)), rng.standard_normal((5, 3))
    drawn = Tokens(X=X, y=np.einsum("bnd,bd->bn", X, w), sigma=np.zeros(5), w=w)  # type: ignore[arg-type]
    known = products(weights, 3)
    path = LinearTransformer(P=known["P"], Q=known["Q"]).weight_path(prompts_of(drawn))
    variance, on = jnp.asarray(TASK.inputs.variance), jnp.ones((), jnp.int32)
    last = jnp.asarray(np.moveaxis(X, 0, -1))
    batch = moments(Contexts(X=last, w=jnp.asarray(w.T), variance=variance, on=on))
    expected = distance_loss(path, w, TASK.query_variances)[-1]
    np.testing.assert_allclose(jax.jit(losses)(known, batch), expected, rtol=1e-9)


def test_one_dimension_becomes_the_best_step() -> None:
    """Loss within 1 % of the best there can be, the product of the weights within 3 %."""
    *_, last = run(FactorTrainee(task=SCALAR), SHORT)
    W_K, W_Q, W_V, P = (np.asarray(last.parameters[name][0], float) for name in FACTORS)
    product = (P @ W_V)[-1, -1] * (W_K.T @ W_Q)[0, 0]
    assert product == pytest.approx(-one_layer_step(SCALAR) / 4, rel=0.03)
    prompts = draw_prompts(SCALAR, 1, 20_000)
    alpha = np.asarray(prompts.moments.alpha)
    variance = SCALAR.query_variances
    mine, best = (
        float(np.asarray(distance_loss(step * alpha[None], prompts.w, variance)).mean())
        for step in (-product, one_layer_step(SCALAR) / 4)
    )
    assert mine < 1.01 * best
    assert best == pytest.approx(one_layer_loss(SCALAR), rel=0.05)


def test_two_tied_layers_become_gdpp() -> None:
    """Within 5 % of the best two tied steps, and below what two of gradient descent reach."""
    *_, last = run(TIED, RunConfig(steps=1500, batch=128, learning_rate=3e-3, cooling=0.5))
    known = products({name: jnp.asarray(values) for name, values in last.parameters.items()}, 2)
    model = LinearTransformer(P=known["P"], Q=known["Q"])
    prompts = draw_prompts(TASK, 1, 20_000)
    mine = distance_loss(model.weight_path(prompts), prompts.w, TASK.query_variances)[-1].mean()
    values = sample_spectra(TASK)
    gd, gdpp = (
        float(exact_losses(method, TASK, values)[-1].mean())
        for method in (tune_steps(TASK, 2, preconditioned=p) for p in (False, True))
    )
    assert float(mine) < 1.05 * gdpp
    assert float(mine) < 0.6 * gd


@pytest.mark.parametrize(
    "trainee", [FactorTrainee(task=SCALAR), FactorTrainee(task=TASK, layers=3, blocks=3)]
)
def test_runs_depend_on_the_seed_alone(trainee: FactorTrainee) -> None:
    config = SHORT.replace(steps=40)
    assert config.marks() == [0, 2, 10, 22, 40]
    assert config.replace(snapshots=3).marks() == [0, 10, 40]
    one, again, other = (list(run(trainee, config.replace(seed=seed)))[-1] for seed in (1, 1, 2))
    size = trainee.task.dim + 1
    assert one.step == 40
    assert one.parameters["P"].shape == (trainee.blocks, size, size)
    assert jax.tree.all(jax.tree.map(np.array_equal, one.parameters, again.parameters))
    assert one.train_loss == again.train_loss
    assert not np.array_equal(one.parameters["P"], other.parameters["P"])


@pytest.mark.parametrize("changes", [{"blocks": 3}, {"layers": 0}, {"wider": 0.5}])
def test_bad_settings_are_one_sentence(changes: dict) -> None:
    with pytest.raises(InputError) as caught:
        TIED.replace(**changes)
    assert_one_sentence(caught.value)
