"""Training one layer W_K, W_Q, W_V, P: its answer is the model's, and it finds gradient descent."""

import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.loss import distance_loss
from icl_core.arrays import in_float64
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask, Tokens, draw_prompts, prompts_of
from icl_core.tasks.noise import FixedNoise
from icl_core.training.attention import AttentionTraining, layer_weights, train_attention

TASK = LinearTask(dim=1, num_context=4, noise=FixedNoise(value=0), inputs=UniformInputs())
SHORT = AttentionTraining(steps=2400, batch=128, snapshots=5)


@in_float64
def test_implicit_weights_are_those_of_the_linear_transformer() -> None:
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal((4, 4)) for name in ("W_K", "W_Q", "W_V", "P")}
    X, w = rng.standard_normal((5, 6, 3)), rng.standard_normal((5, 3))
    y = np.einsum("bnd,bd->bn", X, w)
    prompts = prompts_of(Tokens(X=X, y=y, sigma=np.zeros(5), w=w))  # type: ignore[arg-type]
    model = LinearTransformer(
        P=(arrays["P"] @ arrays["W_V"])[None, None],
        Q=(arrays["W_K"].T @ arrays["W_Q"])[None, None],
    )
    found = layer_weights({k: jnp.asarray(v) for k, v in arrays.items()}, X, y)
    np.testing.assert_allclose(found, model.weight_path(prompts)[-1], rtol=1e-10)


def test_one_dimension_becomes_the_best_step() -> None:
    """Loss within 1 % of the best there can be, the product of the weights within 3 %."""
    *_, last = train_attention(TASK, SHORT)
    writes, compares = last.weights.PW_V, last.weights.W_KQ
    product = writes[-1, -1] * compares[0, 0]
    assert product == pytest.approx(-one_layer_step(TASK) / 4, rel=0.03)
    prompts = draw_prompts(TASK, 1, 20_000)
    alpha = np.asarray(prompts.moments.alpha)
    variance = TASK.query_variances
    mine, best = (
        float(np.asarray(distance_loss(step * alpha[None], prompts.w, variance)).mean())
        for step in (-product, one_layer_step(TASK) / 4)
    )
    assert mine < 1.01 * best
    assert best == pytest.approx(one_layer_loss(TASK), rel=0.05)


def test_runs_depend_on_the_seed_alone() -> None:
    config = SHORT.replace(steps=40)
    assert config.marks() == [0, 2, 10, 22, 40]
    one, again, other = (
        list(train_attention(TASK, config.replace(seed=seed)))[-1] for seed in (1, 1, 2)
    )
    assert one.step == 40
    np.testing.assert_array_equal(one.weights.P, again.weights.P)
    assert one.train_loss == again.train_loss
    assert not np.array_equal(one.weights.P, other.weights.P)
