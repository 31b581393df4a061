"""The shipped trainings that have to copy: of these settings, and true on other prompts."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.loss import sampled_loss
from icl_core.experiments.copying.build import frames_of, train
from icl_core.experiments.copying.results import Course, jumps, load_course, load_descents, reached
from icl_core.experiments.copying.settings import FRAMES, OPTIMISED, Optimised, model_name
from icl_core.experiments.shared import MAIN, nothing, task_of
from icl_core.models.copying import CopyingTransformer
from icl_core.training import RunConfig
from icl_core.zoo.library import PRETRAINED, find_entry, load_model
from icl_core.zoo.movies import load_movie

each_optimiser = pytest.mark.parametrize("optimiser", OPTIMISED)


def _model(optimiser: str, seed: int) -> CopyingTransformer:
    return load_model(find_entry(model_name(optimiser, seed))).holding(CopyingTransformer).model


@each_optimiser
def test_the_shipped_losses_are_the_weights(optimiser: str) -> None:
    """Measured again on other prompts, paired with gradient descent: 5 standard errors."""
    loss, task = load_course(optimiser).loss, task_of(MAIN)
    drawn = task.draw(99, 1000, 4)
    step = GradientDescent(etas=(one_layer_step(task),)).answers(drawn.context, drawn.queries)[-1]
    for seed in range(OPTIMISED[optimiser].seeds):
        model = _model(optimiser, seed)
        assert model.shape == OPTIMISED[optimiser].trainee.model
        answers = model.answers(drawn.context, drawn.queries)[-1]
        excess = Estimate.of(sampled_loss(answers, drawn.truth) - sampled_loss(step, drawn.truth))
        again = one_layer_loss(task) + excess.mean
        assert abs(again - loss.mean[seed, -1]) < 5 * (excess.stderr + loss.stderr[seed, -1])


def test_four_of_five_seeds_find_one_step_of_descent_and_its_copying() -> None:
    course = load_course("muon")
    assert reached(course).sum() >= 4
    assert (course.loss.mean[:, -1] > load_descents().two.mean).all()
    own, following = course.sensitivity.own, course.sensitivity.next
    np.testing.assert_allclose(own[:, 0], 10**0.5, rtol=0.01)
    assert (following[:, 0] < 0.05).all()
    assert ((following[:, -1] > 0.5) & (following[:, -1] < 2)).sum() >= 4
    assert (course.sensitivity.other[:, -1] < 0.12).sum() >= 4
    assert (course.attention.next[:, -1] > 0.5).sum() >= 4


@each_optimiser
def test_the_movie_ends_with_the_weights(optimiser: str) -> None:
    parameters, movie = _model(optimiser, 0).parameters, load_movie(model_name(optimiser, 0))
    compares = parameters["W_K"][1, 0].T @ parameters["W_Q"][1, 0]
    np.testing.assert_allclose(movie.Q[-1, 1, 0], compares, rtol=1e-3, atol=1e-4)
    assert movie.Q.shape == (FRAMES, 2, 1, 20, 20)


def test_jumps_are_interpolated_crossings() -> None:
    course = load_course("muon")
    half = 0.5 * (nothing() + one_layer_loss(task_of(MAIN)))
    for seed, at in enumerate(jumps(course)):
        loss = np.interp(at, course.steps[seed], course.loss.mean[seed])
        assert loss == pytest.approx(half, abs=1e-6)
    assert nothing() == pytest.approx(0.5 * MAIN / 12)


def test_frames_dwell_where_the_loss_moves() -> None:
    steps, loss = np.arange(100) * 10, np.where(np.arange(100) < 60, 0.4, 0.2)
    loss = np.where((steps >= 600) & (steps < 700), np.linspace(4, 2, 100) / 10, loss)
    frames = frames_of(steps, loss, 20)
    assert len(set(frames)) == 20
    assert (frames[0], frames[-1]) == (0, 99)
    assert (np.diff(frames) > 0).all()
    assert ((frames >= 58) & (frames <= 71)).sum() >= 8
    assert frames_of(steps, loss, 100).tolist() == list(range(100))


def test_a_short_run_is_measured_on_the_way() -> None:
    run = RunConfig(steps=FRAMES + 2, batch=2, snapshots=FRAMES + 3, optimiser="muon", clip=10.0)
    short = Optimised(trainee=OPTIMISED["muon"].trainee, run=run, seeds=1)
    made = train(short, 1, PRETRAINED)
    course: Course = made.result
    assert course.loss.mean.shape == course.sensitivity.own.shape == (len(run.marks()),)
    # It begins at minus the last entry of the query's place, which is about 1.
    assert course.loss.mean[0] == pytest.approx(nothing() + 0.5, abs=0.02)
    shares = course.attention
    np.testing.assert_allclose(shares.own + shares.next + shares.other, 1)
    assert shares.own[0] == pytest.approx(1 / 20, abs=0.01)
    assert made.movie is not None
    np.testing.assert_array_equal(course.steps[course.frames], made.movie.steps)
    assert made.checkpoint is not None
    assert made.checkpoint.seed == 1
