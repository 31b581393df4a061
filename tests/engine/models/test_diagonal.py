"""Many DIAG models at once against the transformer itself (float64, 1e-10)."""

import numpy as np

from icl_core.analysis.loss import distance_loss
from icl_core.models.diagonal import AT_ONCE, OmegaModel, losses_of
from icl_core.models.linear import LinearTransformer, block_diagonal, omegas
from tests.cases import assert_close, diag_model, some_prompts


def test_losses_are_those_of_the_transformer() -> None:
    prompts = some_prompts()
    models = [diag_model(layers=3, heads=heads) for heads in (1, 2)]
    found = losses_of(
        np.stack([np.asarray(omegas(model)) for model in models]), prompts.moments, prompts.w
    )
    for model, losses in zip(models, found, strict=True):
        assert_close(losses, distance_loss(model.weight_path(prompts), prompts.w))


def test_weights_are_those_of_the_transformer_in_any_number_of_steps() -> None:
    prompts, model = some_prompts(), diag_model(layers=3)
    own = model.weight_path(prompts)
    found = OmegaModel(omegas=np.asarray(omegas(model)), steps=5).weight_path(prompts)
    assert_close(found[:4], own)
    assert_close(found[4:], np.stack([own[-1]] * 2))


def test_an_omega_that_is_off_is_a_model_without_it() -> None:
    """omega_xy = omega_yy = 0 is q_y = 0: GD++."""
    prompts, model = some_prompts(), diag_model(layers=3)
    values = np.asarray(omegas(model)) * np.array([1.0, 0.0, 1.0, 0.0])
    plain = LinearTransformer(
        P=model.P, Q=block_diagonal(model.Q[..., 0, 0], 0 * model.Q[..., 0, 0], 3)
    )
    assert_close(
        losses_of(values[None], prompts.moments, prompts.w)[0],
        distance_loss(plain.weight_path(prompts), prompts.w),
    )


def test_more_models_or_other_depths_compile_nothing(compilations: list[str]) -> None:
    prompts, rng = some_prompts(), np.random.default_rng(0)
    losses_of(0.01 * rng.standard_normal((1, 2, 4)), prompts.moments, prompts.w)
    compilations.clear()
    many = 0.01 * rng.standard_normal((AT_ONCE + 2, 5, 4))
    found = losses_of(many, prompts.moments, prompts.w)
    assert not compilations
    assert found.shape == (AT_ONCE + 2, 6, 4)
    assert_close(found[-1:], losses_of(many[-1:], prompts.moments, prompts.w))
