"""The lesson of one layer shows what the shipped files hold, against exact values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.loss import distance_loss
from icl_core.errors import InputError
from icl_core.experiments.one_layer.settings import MIXES, SEEDS, SIZES, STEPS
from icl_core.experiments.shared import MAIN, task_of
from icl_core.lessons import one_layer as lesson
from icl_core.lessons.one_layer import rollout
from icl_core.lessons.one_layer.config import FRAMES, PRESETS, OneLayer
from icl_core.lessons.one_layer.measure import Runs, read
from icl_core.lessons.one_layer.views import VIEWS, shift_curves
from icl_core.models.linear import LinearTransformer
from icl_core.plots.figure import tidy_rows
from icl_core.tasks.linear import draw_prompts
from tests.cases import assert_close, matrices
from tests.hostile import assert_one_sentence

CONFIG = OneLayer()


@pytest.fixture(scope="module")
def runs() -> Runs:
    return read()


def test_training_ends_on_gradient_descent(runs: Runs) -> None:
    """Every seed within 1 % of the exact best; the start is the zero predictor's 1/2 s d."""
    loss = runs.course.loss
    assert loss.shape == (len(SEEDS), FRAMES)
    np.testing.assert_allclose(loss[:, -1], runs.best, rtol=0.01)
    np.testing.assert_allclose(loss[:, 0], 0.5 * MAIN / 12, rtol=0.02)
    rows = tidy_rows(VIEWS["training"](CONFIG, runs).figure)
    shown = [row["loss (half MSE)"] for row in rows if row["series"] == "trained layer"]
    assert_close(shown, loss.mean(0))
    assert f"{runs.best:.4f}" in lesson.finding(CONFIG, runs)


def test_half_way_is_where_the_loss_is(runs: Runs) -> None:
    config = PRESETS["Half-way"]
    loss = runs.course.loss[config.seed]
    assert config.frame == np.abs(loss - (loss[0] + runs.best) / 2).argmin()


def test_the_loss_beside_the_weights_is_that_of_the_seed(runs: Runs) -> None:
    view = VIEWS["weights"](OneLayer(seed=2, frame=14), runs)
    lines: Any = {trace.uid: trace for trace in view.figure.data}
    assert_close(lines["loss"].y, runs.course.loss[2])
    assert_close(lines["now"].y, runs.course.loss[2, [14]])
    assert view.plain()["data"]


def test_the_shipped_losses_are_the_weights(runs: Runs) -> None:
    """Measured again on other prompts, paired with gradient descent: 5 standard errors."""
    task = task_of(MAIN)
    prompts = draw_prompts(task, 77, 4096)
    gd = GradientDescent(etas=(one_layer_step(task),)).weight_path(prompts)
    course = runs.course
    for seed, movie in enumerate(runs.movies[:2]):
        path = LinearTransformer(P=movie.P[-1], Q=movie.Q[-1]).weight_path(prompts)
        gap = np.asarray(
            distance_loss(path, prompts.w, task.query_variances)
            - distance_loss(gd, prompts.w, task.query_variances)
        )[-1]
        again = one_layer_loss(task) + gap.mean()
        error = gap.std() / 64 + course.excess.stderr[seed, -1]
        assert abs(again - course.loss[seed, -1]) < 5 * error


def test_sizes_lie_on_the_exact_curve(runs: Runs) -> None:
    """Every size by its best start, within 1 %; starts that end elsewhere are told."""
    view = VIEWS["sizes"](CONFIG, runs)
    figure: Any = view.figure
    exact, ours = figure.data
    assert set(ours.x) == set(SIZES)
    for n in SIZES:
        losses = [y for x, y in zip(ours.x, ours.y, strict=True) if x == n]
        best = exact.y[list(exact.x).index(n)]
        assert min(losses) == pytest.approx(best, rel=0.01)
        assert (max(losses) > 1.01 * best) == (f"n = d = {n}," in view.caption)


def test_weights_are_shown_beside_the_construction(runs: Runs) -> None:
    figure = VIEWS["weights"](CONFIG, runs).figure
    trained, ideal, gap = (
        matrices(figure, end) for end in ("trained", "construction", "difference")
    )
    assert_close(trained - ideal, gap, 1e-6)
    compares, writes = ideal
    assert_close(compares, np.diag([1.0] * MAIN + [0.0]))
    assert writes[-1, -1] == pytest.approx(-one_layer_step(task_of(MAIN)) / MAIN)


def test_mixtures_begin_trained_and_end_constructed(runs: Runs) -> None:
    mixes = runs.shifts.mixes
    assert MIXES[0] == 0
    assert_close(mixes.mean[:, 0], runs.course.excess.mean[:, -1], 1e-5)
    assert max(np.abs(mixes.mean[:, -1]).max(), mixes.stderr[:, -1].max()) < 1e-12


@pytest.mark.parametrize("shift", ["input_shift", "target_shift", "law_shift"])
def test_shifted_losses_agree_with_gradient_descent(runs: Runs, shift: str) -> None:
    """Within 3 % of it at every strength; targets cost their square."""
    gd, mixed, mine = shift_curves(shift, runs)
    np.testing.assert_allclose(mine.y, gd.y, rtol=0.03)
    np.testing.assert_allclose(mixed.y, gd.y, rtol=0.03)
    if shift == "target_shift":
        np.testing.assert_allclose(mine.y / mine.y[0], (mine.x / mine.x[0]) ** 2, rtol=1e-3)


def test_the_roll_out_falls_with_descent(runs: Runs) -> None:
    """Medians within 5 % at damping 0.75; the first point is the zero predictor."""
    mine, gd = (rollout.at_damping(runs, name, 0.75) for name in ("trained", "gd"))
    np.testing.assert_allclose(mine[2], gd[2], rtol=0.05)
    assert mine.shape == (5, STEPS + 1)
    assert gd[0, 1] == pytest.approx(0.217, abs=0.005)
    assert (np.diff(gd[2]) < 0).all()


def test_without_damping_the_mean_explodes_and_the_caption_says_why(runs: Runs) -> None:
    mean, _, median, *_ = rollout.at_damping(runs, "trained", 1.0)
    assert mean[-1] > 1e3
    assert median[-1] < median[1]
    said = rollout.rollout_caption(OneLayer(damping=1.0), runs)
    assert "decide the mean" in said
    view = VIEWS["limits"](OneLayer(damping=1.0), runs)
    limit: Any = view.figure.data[1]
    assert limit.x[0] == pytest.approx(2 * MAIN / one_layer_step(task_of(MAIN)))


@pytest.mark.parametrize("name", VIEWS)
def test_views_fit_their_grids(runs: Runs, name: str) -> None:
    for config in (CONFIG, OneLayer(seed=3, frame=0, shift="law_shift", damping=0.62)):
        assert VIEWS[name](config, runs).plain()["data"]


@pytest.mark.parametrize(
    "changes", [{"seed": 5}, {"frame": FRAMES}, {"shift": "none"}, {"damping": 0.4}]
)
def test_bad_choices_are_one_sentence(changes: dict) -> None:
    with pytest.raises(InputError) as caught:
        OneLayer(**changes)
    assert_one_sentence(caught.value)


def test_without_files_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="zoo build") as caught:
        read(tmp_path)
    assert_one_sentence(caught.value)
