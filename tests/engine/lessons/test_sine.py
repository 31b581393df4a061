"""The lesson on sine waves: its views hold the models' answers, its words their numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.analysis.features import features, kernel
from icl_core.errors import InputError
from icl_core.experiments.sine.claims import PAPER, ends
from icl_core.experiments.sine.settings import POINTS, SNAPSHOTS, VARIANTS, shown_prompt
from icl_core.lessons import sine as lesson
from icl_core.lessons.shared.points import format_points, parse_points
from icl_core.lessons.shared.words import plus_minus, short
from icl_core.lessons.sine.config import (
    PARTS,
    PRESETS,
    REACH,
    THREE,
    Sine,
    X,
    drawn_points,
    offers,
)
from icl_core.lessons.sine.inside import CELLS, facts, features_of, kernels_of
from icl_core.lessons.sine.measure import Learned, answers_at, context_of, read, weighed
from icl_core.lessons.sine.training import learning_view, losses_view
from icl_core.lessons.sine.views import VIEWS
from icl_core.live.points import MAX_POINTS
from icl_core.plots.figure import Figure
from tests.cases import assert_close
from tests.hostile import assert_one_sentence


@pytest.fixture(scope="module")
def found() -> Learned:
    return lesson.measure(Sine())


def trace(figure: Figure, uid: str) -> Any:
    data: Any = figure.data
    return next(each for each in data if each.uid == uid)


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_the_prompt_shows_the_models_answers(config: Sine) -> None:
    found = lesson.measure(config)
    figure = VIEWS["prompt"](config, found).figure
    context = context_of(config.points)
    for name, model in found.models.items():
        answers = model.answers(context, POINTS[None, :, None])[:, 0]
        wanted = range(len(answers)) if name == config.model else [len(answers) - 1]
        for layer in wanted:
            assert_close(trace(figure, f"{name}-{layer}").y, answers[layer])
        adds = weighed(model, config.points, np.array([config.query]))[:, 0]
        assert_close(trace(figure, f"{name}-adds").y, adds)
    x, y = np.transpose(config.points)
    near = np.exp(-((POINTS[:, None] - x) ** 2) / (2 * found.step.length**2))
    assert_close(trace(figure, "kernel").y, found.step.etas[0] * near @ y / len(x))
    assert_close(trace(figure, "points").x, x)
    assert_close(trace(figure, "points").y, y)


def test_what_examples_add_is_what_the_layer_adds(found: Learned) -> None:
    points = drawn_points("coded", 8)
    for model in found.models.values():
        before, after = answers_at(model, points, POINTS)
        assert_close(weighed(model, points, POINTS).sum(0), after - before, 1e-9)


def test_readouts_are_the_answers_at_the_query(found: Learned) -> None:
    config = Sine(query=-2.3)
    said = {r.name: r.value for r in VIEWS["prompt"](config, found).readouts}
    at = np.array([config.query])
    before, after = answers_at(found.models["transformer"], config.points, at)[:, 0]
    assert (said["transformer-0"], said["transformer-1"]) == (before, after)
    assert said["control-1"] == answers_at(found.models["control"], config.points, at)[-1, 0]
    assert said["kernel"] == answers_at(found.step, config.points, at)[-1, 0]


def test_maps_are_of_the_models(found: Learned) -> None:
    known = kernels_of(Sine(), found)
    x = CELLS[:, None]
    assert_close(known["control"], kernel(found.models["control"], x, x, 10))
    m = features(found.models["control"], x)
    assert_close(known["control"], found.models["control"].shape.eta / 10 * m @ m.T)
    third, half = facts(np.cos(CELLS[:, None] - CELLS))
    assert third < 1e-12
    assert half == pytest.approx(-1, abs=0.01)
    said = VIEWS["kernel"](Sine(), found).caption
    told = [short(fact, 2).replace("-", "−") for matrix in known.values() for fact in facts(matrix)]
    assert all(number in said for number in told)
    middle = len(CELLS) // 2
    assert known["Gaussian kernel"][middle, middle] == pytest.approx(float(found.kernel.eta) / 10)
    rows = features_of(found, "transformer")
    peaks = np.abs(rows).argmax(axis=1)
    assert (np.diff(peaks) >= 0).all()
    shown: Any = VIEWS["features"](Sine(), found).figure
    assert_close(shown.data[0].z, rows)


def test_the_movie_ends_with_the_shipped_model(found: Learned) -> None:
    """Its weights are those of the last snapshot: single precision, so to 1e-5."""
    shown = shown_prompt("coded")
    for name, model in found.models.items():
        curves = found.courses[name].curves[0]
        assert len(curves) == SNAPSHOTS
        np.testing.assert_allclose(
            curves[-1], model.answers(shown, POINTS[None, :, None])[:, 0], atol=1e-5
        )
    view = learning_view(Sine(frame=3), found)
    assert_close(trace(view.figure, "transformer").y, found.courses["transformer"].curves[0, 3, -1])
    assert view.grid is not None
    assert view.grid.shape == (SNAPSHOTS,)


def test_losses_are_those_of_the_trainings(found: Learned) -> None:
    figure = losses_view(Sine(seed=2), found).figure
    for name in found.courses:
        assert_close(trace(figure, name).y, found.courses[name].loss.mean[2])
    assert trace(figure, "paper-transformer").y[0] == PAPER["coded"]
    assert_close(trace(figure, "kernel").y[0], float(found.kernel.loss.mean))


def test_depth_is_shown_for_the_coded_law_whatever_the_law() -> None:
    printed = Sine(law="printed")
    other = lesson.measure(printed)
    figure = VIEWS["depth"](printed, other).figure
    assert_close(trace(figure, "kernel").y[0], float(other.kernels.coded.loss.mean))
    assert_close(trace(figure, "3").y, other.depths[3].end.mean.mean(0))
    assert "2 layers" in VIEWS["depth"](printed, other).caption


def test_findings_hold_their_numbers(found: Learned) -> None:
    said = lesson.finding(Sine(), found)
    for name in found.courses:
        values = found.ends(name)
        assert f"**{plus_minus(values.mean(), values.std(ddof=1))}**" in said
    ahead = int((found.ends("transformer") <= found.ends("control")).sum())
    assert f"**{ahead} of {VARIANTS['coded'].seeds} seeds**" in said
    assert short(float(found.kernel.nothing.mean)) in said
    deeper = lesson.measure(Sine(layers=2))
    assert "2 layers" in lesson.finding(Sine(layers=2), deeper)
    assert plus_minus(*_spread(ends(deeper.courses["transformer"]))) in lesson.finding(
        Sine(layers=2), deeper
    )


def _spread(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1))


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_views_fit_their_sources(config: Sine) -> None:
    found = lesson.measure(config)
    for part in offers(config):
        for name in PARTS[part].views:
            assert VIEWS[name](config, found).plain()["data"]
    assert VIEWS["prompt"](config, found).plain()["data"]
    assert ("likeness" in offers(config)) == (config.layers == 1)


def test_several_layers_have_no_control_to_be_likened_to() -> None:
    config = Sine(layers=2)
    with pytest.raises(InputError) as caught:
        VIEWS["likeness"](config, lesson.measure(config))
    assert_one_sentence(caught.value)


def test_a_prompt_is_a_text_that_reads_back() -> None:
    points = parse_points(THREE, X, REACH)
    assert len(points) == 3
    assert format_points(points) == THREE
    drawn = drawn_points("printed", 5)
    assert parse_points(format_points(drawn), X, REACH) == drawn
    assert Sine(prompt="0 3").reach > Sine().reach


@pytest.mark.parametrize(
    "changes",
    [
        {"law": "none"},
        {"layers": 4},
        {"law": "printed", "layers": 2},
        {"seed": VARIANTS["coded"].seeds},
        {"layers": 2, "seed": VARIANTS["coded_L2"].seeds},
        {"model": "full"},
        {"frame": SNAPSHOTS},
        {"query": 5.1},
        {"prompt": "1"},
        {"prompt": "1 2 3"},
        {"prompt": "6 0"},
        {"prompt": "0 6.5"},
        {"prompt": "; ".join(["0 0"] * (MAX_POINTS + 1))},
        {"prompt": "0 0;" * 1000},
        {"prompt": 3},
    ],
)
def test_bad_choices_are_one_sentence(changes: dict) -> None:
    with pytest.raises(InputError) as caught:
        Sine(**changes)
    assert_one_sentence(caught.value)


def test_without_files_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="make zoo") as caught:
        read("coded", 1, 0, tmp_path)
    assert_one_sentence(caught.value)
