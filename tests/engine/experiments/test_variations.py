"""The shipped trainings that struggle: of these settings, and true on other prompts."""

import numpy as np
import pytest

from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_loss
from icl_core.analysis.recursion import exact_losses, sample_spectra
from icl_core.experiments.shared import MAIN, halfway, plateaus, task_of
from icl_core.experiments.variations.build import train_variant
from icl_core.experiments.variations.evaluation import descents, evaluation_at
from icl_core.experiments.variations.results import Course, load_algorithms, load_course
from icl_core.experiments.variations.settings import SCALES, VARIANTS, Variant, model_name
from icl_core.models.blocks import BlockTransformer
from icl_core.training import RunConfig
from icl_core.training.tokens import BlockTrainee
from icl_core.zoo.library import PRETRAINED, find_entry, load_model
from icl_core.zoo.movies import load_movie


def _model(variant: str, seed: int) -> BlockTransformer:
    return load_model(find_entry(model_name(variant, seed))).holding(BlockTransformer).model


@pytest.mark.parametrize("variant", ["heads2", "norm1", "norm2", "grok"])
def test_the_shipped_losses_are_the_weights(variant: str) -> None:
    """Measured again on other prompts, paired with gradient descent: 5 standard errors."""
    loss = load_course(variant).loss
    test = evaluation_at(1.0, 99)
    for seed in (0, 1):
        model = _model(variant, seed)
        assert model.shape == VARIANTS[variant].trainee.model
        excess = Estimate.of(test.losses(test.answers(model)) - test.of_descent("gd1"))
        again = one_layer_loss(task_of(MAIN)) + excess.mean
        assert abs(again - loss.mean[seed, -1]) < 5 * (excess.stderr + loss.stderr[seed, -1])


def test_the_movie_ends_with_the_weights() -> None:
    parameters = _model("heads2", 3).parameters
    compares = parameters["W_K"][0, 1].T @ parameters["W_Q"][0, 1]
    np.testing.assert_allclose(load_movie(model_name("heads2", 3)).Q[-1, 0, 1], compares, atol=1e-3)


def test_the_reference_is_exact_and_sampled_alike() -> None:
    """Sampled losses within 5 standard errors of the recursion over eigenvalues, at every alpha
    where no rare prompt decides."""
    algorithms, task = load_algorithms(), task_of(MAIN)
    values = sample_spectra(task)
    for name, descent in descents().items():
        shift = algorithms.of(name).shift
        for alpha, mean, error in zip(SCALES[:4], shift.mean, shift.stderr, strict=False):
            exact = alpha**2 * exact_losses(descent, task, alpha**2 * values)[-1]
            assert abs(exact.mean() - mean) < 5 * error, (name, alpha)


def test_plateaus_are_interpolated_crossings() -> None:
    steps = np.array([[0, 10, 30]] * 2)
    loss = np.array([[0.4, halfway() + 0.01, halfway() - 0.03], [0.4, 0.39, 0.38]])
    assert plateaus(steps, loss).tolist() == pytest.approx([15.0, np.inf])
    assert halfway() == pytest.approx((0.5 * MAIN / 12 + one_layer_loss(task_of(MAIN))) / 2)


def test_a_short_run_is_measured_on_the_way() -> None:
    run = RunConfig(steps=8, batch=4, snapshots=5)
    trainee = BlockTrainee(task=task_of(MAIN), tasks=8)
    short = Variant(trainee=trainee, run=run, seeds=2, descent="gd1")
    made = train_variant(short, 1, PRETRAINED)
    course: Course = made.result
    assert course.loss.mean.shape == course.train_loss.shape == (len(run.marks()),)
    assert course.shift.mean.shape == (2, len(SCALES))
    assert abs(course.loss.mean[0] - 0.5 * MAIN / 12) < 5 * course.loss.stderr[0]
    assert made.movie is not None
    assert made.movie.Q.shape == (2, 1, 1, MAIN + 1, MAIN + 1)
    np.testing.assert_array_equal(course.steps[::4], made.movie.steps)
    assert made.checkpoint is not None
    assert made.checkpoint.seed == 1
