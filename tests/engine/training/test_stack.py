"""Training layers of attention, tied or not: the loss is the model's, and GD++ is found."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.analysis.loss import distance_loss
from icl_core.analysis.recursion import exact_losses, sample_spectra, tune_steps
from icl_core.arrays import in_float64
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask, Tokens, draw_prompts, prompts_of
from icl_core.tasks.noise import FixedNoise
from icl_core.training import stack
from icl_core.training.objective import losses
from icl_core.training.recipe import FACTORS
from icl_core.training.stack import StackTraining, products, train_stack
from tests.hostile import assert_one_sentence

TASK = LinearTask(dim=3, num_context=6, noise=FixedNoise(value=0), inputs=UniformInputs())
SHORT = StackTraining(steps=1500, batch=128, snapshots=3, learning_rate=3e-3)


@in_float64
def test_the_loss_is_that_of_the_linear_transformer() -> None:
    """Three tied layers: through W_K, W_Q, W_V, P and moments, and by implicit weights."""
    rng = np.random.default_rng(0)
    weights = {name: jnp.asarray(rng.standard_normal((1, 4, 4)) / 2) for name in FACTORS}
    X, w = rng.uniform(-0.5, 0.5, (5, 6, 3)), rng.standard_normal((5, 3))
    drawn = Tokens(X=X, y=np.einsum("bnd,bd->bn", X, w), sigma=np.zeros(5), w=w)  # type: ignore[arg-type]
    known = products(weights, 3)
    path = LinearTransformer(P=known["P"], Q=known["Q"]).weight_path(prompts_of(drawn))
    variance, on = jnp.asarray(TASK.inputs.variance), jnp.ones((), jnp.int32)
    batch = stack._batch(jnp.asarray(np.moveaxis(X, 0, -1)), jnp.asarray(w.T), variance, on)
    expected = distance_loss(path, w, TASK.query_variances)[-1]
    np.testing.assert_allclose(jax.jit(losses)(known, batch), expected, rtol=1e-9)


def test_two_tied_layers_become_gdpp() -> None:
    """Within 5 % of the best two tied steps, and below what two of gradient descent reach."""
    *_, last = train_stack(TASK, SHORT)
    known = products({name: jnp.asarray(values) for name, values in last.weights.items()}, 2)
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


def test_runs_depend_on_the_seed_alone() -> None:
    config = SHORT.replace(layers=3, blocks=3, steps=40)
    assert config.marks() == [0, 10, 40]
    one, again, other = (
        list(train_stack(TASK, config.replace(seed=seed)))[-1] for seed in (1, 1, 2)
    )
    assert one.weights["P"].shape == (3, 4, 4)
    assert jax.tree.all(jax.tree.map(np.array_equal, one.weights, again.weights))
    assert one.train_loss == again.train_loss
    assert not np.array_equal(one.weights["P"], other.weights["P"])


@pytest.mark.parametrize("changes", [{"blocks": 3}, {"layers": 0}, {"clip": 0.0}, {"wider": 0.5}])
def test_bad_settings_are_one_sentence(changes: dict) -> None:
    with pytest.raises(InputError) as caught:
        StackTraining(**changes)
    assert_one_sentence(caught.value)
