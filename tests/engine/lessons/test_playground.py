"""The playground: its picture and its words hold what the methods say of the points."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.errors import InputError
from icl_core.lessons import playground as lesson
from icl_core.lessons.playground.config import (
    HIGHEST,
    PRESETS,
    TASKS,
    Playground,
    X,
    Y,
    drawn_points,
    noise_of,
    with_outlier,
)
from icl_core.lessons.playground.figures import ENDS
from icl_core.lessons.playground.measure import slopes_of
from icl_core.lessons.playground.views import line_view
from icl_core.lessons.playground.words import key
from icl_core.lessons.shared.points import format_points, parse_points
from icl_core.models.linear import PARAMETRIZATIONS, forward_tokens
from tests.cases import assert_close
from tests.hostile import assert_one_sentence


def trace(config: Playground, uid: str) -> Any:
    data: Any = line_view(config, lesson.measure(config)).figure.data
    return next(each for each in data if each.uid == uid)


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_lines_are_what_the_model_and_the_methods_answer(config: Playground) -> None:
    """Against the token-wise forward pass, and sums over the points written out."""
    config = config.replace(revealed=True)
    known = lesson.measure(config)
    x, y = np.transpose(config.points)
    _, answers = forward_tokens(known.model, x[:, None], y, np.ones(1))
    if config.layers > 1:
        earlier = np.reshape(trace(config, "earlier").y, (-1, 4))
        assert set(earlier[:, 3]) == {None}
        for layer, shown in enumerate(earlier[:, :3], 1):
            if layer < config.shown:
                assert_close(shown.astype(float), answers[layer] * ENDS)
            else:
                assert set(shown) == {None}
    assert_close(trace(config, "model").y, answers[config.shown] * ENDS)
    w, (eta, *_) = 0.0, known.descent.etas
    for _ in range(config.shown):
        w += eta * np.mean(x * (y - w * x))
    assert_close(trace(config, "gd").y, w * ENDS)
    ridge = x @ y / (x @ x + config.sigma**2)
    assert_close(trace(config, "oracle_rr").y, ridge * ENDS)


@pytest.mark.parametrize("points", [((1.0, 2.0), (-2.0, -3.5)), drawn_points(5, 2.0)])
def test_the_best_line_and_its_band_are_those_of_the_posterior(points: Any) -> None:
    """By a fine sum over noise levels, each with the exact normal posterior of the slope."""
    config = Playground(prompt=format_points(points), revealed=True)
    x, y = np.transpose(config.points)
    sigmas = (np.arange(200_000) + 0.5) / 200_000 * HIGHEST
    precision = 1 + x @ x / sigmas**2
    mean = x @ y / sigmas**2 / precision
    log_density = -0.5 * (
        2 * len(x) * np.log(sigmas) + np.log(precision) + y @ y / sigmas**2 - precision * mean**2
    )
    weight = np.exp(log_density - log_density.max())
    w = np.average(mean, weights=weight)
    deviation = np.sqrt(np.average((mean - w) ** 2 + 1 / precision, weights=weight))
    for uid, sign in (("bayes_rr", 0), ("bayes_rr:high", 1), ("bayes_rr:low", -1)):
        expected = w * ENDS + sign * deviation * np.abs(ENDS)
        np.testing.assert_allclose(trace(config, uid).y, expected, rtol=1e-6)


def test_answers_are_hidden_until_they_are_revealed() -> None:
    config = Playground()
    view = line_view(config, lesson.measure(config))
    assert all(np.isnan(readout.value) for readout in view.readouts)
    data: Any = view.figure.data
    shown = [each.uid for each in data if any(value is not None for value in each.y)]
    assert shown == ["query", "points", "guess"]
    config = config.replace(revealed=True, query=-1.5)
    view = line_view(config, lesson.measure(config))
    slopes = slopes_of(config, lesson.measure(config))
    assert [r.value for r in view.readouts] == [-1.5 * w for w in slopes.at.values()]
    assert list(trace(config, "answers").y) == [r.value for r in view.readouts]


@pytest.mark.parametrize("model", PARAMETRIZATIONS)
@pytest.mark.parametrize("task", TASKS)
def test_every_depth_ships(task: str, model: str) -> None:
    for layers in range(1, 7):
        config = Playground(task=task, model=model, layers=layers)
        known = lesson.measure(config)
        assert known.model.num_layers == layers == len(known.descent.etas)
        data: Any = line_view(config, known).figure.data
        assert len(data) == (11 if layers > 1 else 10)


def test_descent_has_the_step_size_that_is_best_in_the_end() -> None:
    config = Playground()
    known = lesson.measure(config)

    def loss(scale: float) -> float:
        etas = tuple(scale * eta for eta in known.descent.etas)
        draw = known.task.draw(3, 20_000)
        answers = np.asarray(GradientDescent(etas=etas).answers(draw.context, draw.queries))
        return float(((answers[-1] - draw.truth) ** 2).mean())

    assert loss(1.0) < min(loss(0.7), loss(1.4))


def test_the_sentence_says_what_is_drawn() -> None:
    config = Playground(revealed=True, guess=1.25)
    known = lesson.measure(config)
    slopes = slopes_of(config, known)
    said = line_view(config, known).said
    model, best = (config.query * slopes.at[name] for name in ("model", "bayes_rr"))
    assert f"You said **1.25**. After layer 4 of 4 the transformer says **{model:.2f}**" in said
    assert f"**{best:.2f} ± {config.query * slopes.deviation:.2f}**" in said
    x, y = np.transpose(config.points)
    sigma = np.sqrt(slopes.implied)
    assert_close(x @ y / (x @ x + slopes.implied), slopes.at["model"])
    assert f"σ = **{sigma:.2f}**" in said
    assert key(config.replace(revealed=False), slopes) == "hidden"
    assert key(config.replace(layer=0), slopes) == "start"
    assert key(config, replace(slopes, implied=-0.1)) == "beyond"
    assert "No ridge" in line_view(PRESETS["One layer"], lesson.measure(PRESETS["One layer"])).said
    assert "−2.00" in line_view(config.replace(guess=-2.0), known).said


def test_more_noise_makes_the_transformer_more_careful() -> None:
    """What the page is there to show: it estimates the noise of a prompt, untold."""
    config = Playground(revealed=True)
    implied = []
    for sigma in (0.5, 1.5, 3.0):
        noisy = config.replace(sigma=sigma)
        implied.append(slopes_of(noisy, lesson.measure(noisy)).implied)
    assert implied == sorted(implied)
    assert implied[-1] > 4 * implied[0]
    calm, hit = (
        slopes_of(known, lesson.measure(known)).implied for known in (config, PRESETS["An outlier"])
    )
    assert hit > calm


def test_points_are_drawn_within_the_picture_and_go_with_the_noise() -> None:
    for seed in range(50):
        points = np.array(drawn_points(seed, HIGHEST))
        assert (np.abs(points) <= [X[1], Y[1]]).all()
    calm, noisy = (np.array(drawn_points(2017, sigma)) for sigma in (0.0, 1.0))
    np.testing.assert_allclose(noisy[:, 1] - calm[:, 1], noise_of(2017)[:10], atol=1.1e-3)
    assert np.ptp(calm[:, 1] / calm[:, 0]) < 0.02


def test_an_outlier_lies_against_the_others() -> None:
    points = Playground().points
    changed = with_outlier(points)
    (at,) = [i for i in range(len(points)) if points[i] != changed[i]]
    x, y = changed[at]
    assert abs(x) == max(abs(x) for x, _ in points)
    assert x * y < 0 < abs(y) == pytest.approx(0.9 * Y[1])


@pytest.mark.parametrize("text", ["1", "1 2 3", "4 0", "0 7", "a b", "; ", "nan 0", "0 0;" * 30])
def test_a_prompt_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Playground(prompt=text)
    assert_one_sentence(caught.value)


def test_points_are_text_and_back() -> None:
    points = drawn_points(3, 1.0)
    assert parse_points(format_points(points), X, Y) == points
