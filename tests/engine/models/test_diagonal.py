"""Many DIAG models at once against the transformer itself (float64, 1e-10)."""

import numpy as np

from icl_core.analysis.loss import distance_loss
from icl_core.models.diagonal import OmegaModel, losses_of
from icl_core.models.linear import LinearTransformer, block_diagonal, diagonal_model, omegas
from tests.cases import assert_close, diag_model, some_prompts

NAMES, VALUES = ("p_x", "p_y", "q_x", "q_y"), (0.1, -0.2, 0.15, 0.05)


def test_losses_are_those_of_the_transformer() -> None:
    prompts = some_prompts()
    models = [diag_model(layers=3, heads=heads) for heads in (1, 2)]
    found = losses_of(
        np.stack([np.asarray(omegas(model)) for model in models]), prompts.moments, prompts.w
    )
    for model, losses in zip(models, found, strict=True):
        assert_close(losses, distance_loss(model.weight_path(prompts), prompts.w))


def test_weights_are_those_of_the_transformer_in_any_dimension() -> None:
    numbers = {name: np.full((3, 1), value) for name, value in zip(NAMES, VALUES, strict=True)}
    values = omegas(diagonal_model(**numbers, dim=3))
    for dim in (1, 3, 5):
        prompts = some_prompts(dim)
        own = diagonal_model(**numbers, dim=dim).weight_path(prompts)
        assert_close(OmegaModel(omegas=np.asarray(values)).weight_path(prompts), own)


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


def test_every_model_has_its_own_losses() -> None:
    prompts, rng = some_prompts(), np.random.default_rng(0)
    many = 0.01 * rng.standard_normal((23, 5, 4))
    found = losses_of(many, prompts.moments, prompts.w)
    assert found.shape == (23, 6, 4)
    assert_close(found[-1:], losses_of(many[-1:], prompts.moments, prompts.w))


def test_overflow_is_no_warning() -> None:
    prompts = some_prompts()
    found = losses_of(np.full((1, 12, 4), 1e9), prompts.moments, prompts.w)
    assert not np.isfinite(found[0, -1]).any()
