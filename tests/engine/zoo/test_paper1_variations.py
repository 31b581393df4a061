"""The shipped trainings that struggle: of these settings, and true on other prompts."""

import numpy as np
import pytest

from icl_core.analysis.floors import one_layer_loss
from icl_core.analysis.recursion import exact_losses, sample_spectra
from icl_core.analysis.statistics import mean_and_error
from icl_core.training import RunConfig
from icl_core.zoo.paper1 import variations
from icl_core.zoo.paper1.one_layer import MAIN, task_of
from icl_core.zoo.paper1.store import Part, load_part
from icl_core.zoo.paper1.variations import (
    PREFIX,
    REFERENCE,
    SCALES,
    VARIANTS,
    descents,
    evaluation_at,
    halfway,
    parameters_of,
    plateaus,
)


def test_shipped_parts_are_of_these_settings() -> None:
    for name in variations.names():
        assert load_part(name).settings == variations.settings_of(name)


@pytest.mark.parametrize("variant", ["heads2", "norm1", "norm2", "grok"])
def test_the_shipped_losses_are_the_weights(variant: str) -> None:
    """Measured again on other prompts, paired with gradient descent: 5 standard errors."""
    part, model = load_part(PREFIX + variant), VARIANTS[variant].trainee.model
    test = evaluation_at(1.0, 99)
    for seed in (0, 1):
        parameters = parameters_of(part, seed)
        found = test.answers(model, parameters)
        excess, error = mean_and_error(test.losses(found) - test.of_descent("gd1"))
        again = one_layer_loss(task_of(MAIN)) + excess
        assert abs(again - part["loss"][seed, -1]) < 5 * (error + part["error"][seed, -1])


def test_the_movie_ends_with_the_weights() -> None:
    part = load_part(f"{PREFIX}heads2")
    parameters = parameters_of(part, 3)
    compares = parameters["W_K"][0, 1].T @ parameters["W_Q"][0, 1]
    np.testing.assert_allclose(part["W_KQ"][3, -1, 0, 1], compares, atol=1e-3)


def test_the_reference_is_exact_and_sampled_alike() -> None:
    """Sampled losses within 5 standard errors of the recursion over eigenvalues, at every alpha
    where no rare prompt decides."""
    reference, task = load_part(REFERENCE), task_of(MAIN)
    values = sample_spectra(task)
    for name, descent in descents().items():
        for alpha, (mean, error) in zip(SCALES[:4], reference[f"{name}:shift"], strict=False):
            exact = alpha**2 * exact_losses(descent, task, alpha**2 * values)[-1]
            assert abs(exact.mean() - mean) < 5 * error, (name, alpha)


def test_plateaus_are_interpolated_crossings() -> None:
    steps = np.array([[0, 10, 30]] * 2)
    loss = np.array([[0.4, halfway() + 0.01, halfway() - 0.03], [0.4, 0.39, 0.38]])
    part = Part(name="some", arrays={"steps": steps, "loss": loss}, settings={})
    assert plateaus(part).tolist() == pytest.approx([15.0, np.inf])
    assert halfway() == pytest.approx((0.5 * MAIN / 12 + one_layer_loss(task_of(MAIN))) / 2)


def test_a_part_is_built_from_a_short_run(monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunConfig(steps=8, batch=4, snapshots=5)
    trainee = variations.BlockTrainee(task=task_of(MAIN), tasks=8)
    short = variations.Variant(trainee=trainee, run=run, seeds=2, descent="gd1")
    monkeypatch.setattr(variations, "VARIANTS", {"short": short})
    part = variations.build_part(f"{PREFIX}short")
    assert part["loss"].shape == part["train_loss"].shape == (2, len(run.marks()))
    assert part["W_KQ"].shape == (2, 2, 1, 1, MAIN + 1, MAIN + 1)
    assert part["shift"].shape == (2, 2, len(SCALES), 2)
    assert np.all(np.abs(part["loss"][:, 0] - 0.5 * MAIN / 12) < 5 * part["error"][:, 0])
    np.testing.assert_array_equal(part["steps"][:, ::4], part["frames"])
