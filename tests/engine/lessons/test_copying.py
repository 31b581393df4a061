"""The lesson on copying shows what the shipped runs hold, and what swapped tokens really do."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.analysis.copying import sensitivities
from icl_core.errors import InputError
from icl_core.experiments.copying.results import reached
from icl_core.experiments.copying.settings import FRAMES, OPTIMISED
from icl_core.lessons import copying as lesson
from icl_core.lessons.copying.config import MODELS, OPTIMISERS, PRESETS, TOKENS, Copying
from icl_core.lessons.copying.measure import Trainings, attention, read
from icl_core.lessons.copying.swaps import FEW
from icl_core.lessons.copying.views import VIEWS
from icl_core.models.copying import CopyingTransformer, answers, contents
from icl_core.tasks.base import Context
from tests.cases import assert_close
from tests.hostile import assert_one_sentence


@pytest.fixture(scope="module")
def found() -> Trainings:
    return read()


def _traces(name: str, config: Copying, found: Trainings) -> dict[str, Any]:
    figure: Any = VIEWS[name](config, found).figure
    return {trace.uid: trace for trace in figure.data}


def test_names() -> None:
    assert sorted(OPTIMISERS) == sorted(OPTIMISED)
    assert [TOKENS[place] for place in (0, 1, 2, 19)] == ["x1", "y1", "x2", "y10"]
    assert next(iter(PRESETS.values())) == Copying()


@pytest.mark.parametrize("optimiser", OPTIMISED)
def test_movies_are_models(found: Trainings, optimiser: str) -> None:
    """Half precision moves no loss by 1 % and no sensitivity by 0.02, anywhere in a movie."""
    course = found.courses[optimiser]
    context = Context(X=found.drawn.context.X, y=found.drawn.context.y)
    for frame in (0, FRAMES // 2, FRAMES - 1):
        model, at = found.trained(optimiser, 0, frame), course.frames[0, frame]
        loss = found.loss(found.answers(model))
        assert abs(loss.mean - course.loss.mean[0, at]) < 0.01 * loss.mean + 5 * loss.stderr
        own = sensitivities(model, context).own
        assert own == pytest.approx(course.sensitivity.own[0, at], abs=0.02)


def test_dots_are_on_their_lines(found: Trainings) -> None:
    config = Copying(seed=2, frame=20)
    course, traces = found.courses["muon"], _traces("training", config, found)
    at = int(course.frames[2, 20])
    assert_close(traces["loss"].y, course.loss.mean[2])
    assert (traces["now"].x[0], traces["now"].y[0]) == (
        course.steps[2, at] + 1,
        course.loss.mean[2, at],
    )
    known = [getattr(course.sensitivity, name)[2, at] for name in ("own", "next", "other")]
    assert_close(traces["now:toward"].y, known)
    assert_close(traces["attention"].z, attention(found.trained("muon", 2, 20), found.drawn))


def test_attention_is_shared_out(found: Trainings) -> None:
    for model in (found.trained("muon", 0), *found.constructions.values()):
        assert_close(attention(model, found.drawn).sum(-1), np.ones(len(TOKENS) + 1))
    traces = _traces("training", Copying(model="partner"), found)
    assert_close(traces["attention"].z[:-1], np.kron(np.eye(10), [[0, 1], [1, 0]]))
    assert "now" not in traces


def test_proposition_3_is_the_step_to_rounding(found: Trainings) -> None:
    assert np.abs(found.answers(found.constructions["partner"]) - found.of_descent).max() < 1e-10
    view = VIEWS["training"](Copying(model="partner"), found)
    numbers = {readout.name: readout.value for readout in view.readouts}
    assert numbers["cosine"] == pytest.approx(1)
    assert numbers["gap"] < 1e-10
    assert numbers["loss"] == pytest.approx(float(found.descents.one))
    printed = found.loss(found.answers(found.constructions["next"]))
    assert printed.mean - found.descents.one > 3 * printed.stderr


def test_layer_2_stands_beside_the_construction(found: Trainings) -> None:
    traces = _traces("weights", Copying(), found)
    compares = np.asarray(traces["Q:trained"].z, float)
    assert np.diagonal(compares)[:10].mean() == pytest.approx(1)
    assert_close(np.diagonal(traces["Q:Proposition 3"].z)[:10], [1.0] * 9 + [0.5])
    assert np.count_nonzero(traces["P:Proposition 3"].z) == 1
    assert len(traces["P:trained"].x) == 20
    assert len(traces["P:Proposition 3"].x) == 31


def _by_hand(model: CopyingTransformer, found: Trainings, order: list[int]) -> np.ndarray:
    """Answers for a context whose tokens are given in another order, without the engine's edits."""
    tokens = contents(found.drawn.context)[:, order]
    return np.asarray(answers(model.shape, model.parameters, tokens, found.drawn.queries)[-1])


@pytest.mark.parametrize("model", MODELS)
def test_swaps(found: Trainings, model: str) -> None:
    config = Copying(model=model, first=0, second=3)
    known = found.model(config)
    whole = found.answers(known)
    order = [3, 1, 2, 0, *range(4, 20)]
    swapped = found.answers(known, config)
    assert_close(swapped, _by_hand(known, found, order))
    assert_close(found.answers(known, config.replace(edit="places")), swapped)
    assert_close(found.answers(known, config.replace(edit="both")), whole)
    assert np.abs(swapped - whole).max() > 0.01
    traces = _traces("swap", config.replace(prompt=7), found)
    assert_close(traces["before"].y, whole[6])
    assert_close(traces["after"].y, swapped[6])
    assert_close(traces["before"].x, found.of_descent[6])


def test_the_two_tokens_of_an_example_are_alike_to_the_construction_alone(
    found: Trainings,
) -> None:
    """Partners look at each other, so that it is the same to it which of them comes first."""
    config = Copying(second=1)
    exact = found.constructions["partner"]
    assert_close(found.answers(exact, config), found.answers(exact))
    traces = _traces("partners", config, found)
    assert traces["construction"].y[1] == pytest.approx(float(found.descents.one))
    known, few = found.model(config), found.prompts(0, FEW)
    assert traces["full"].y[0] == pytest.approx(float(few.loss(few.answers(known)).mean))
    for second in (1, 2):
        swapped = few.loss(few.answers(known, config.replace(second=second)))
        assert traces["full"].y[second] == pytest.approx(float(swapped.mean))
    assert np.abs(found.answers(known, config) - found.answers(known)).max() > 0.1
    # A wrong pair costs more than a pair that stands the other way round.
    assert traces["full"].y[2] > traces["full"].y[1] + 0.01


def test_findings_hold_their_numbers(found: Trainings) -> None:
    said = lesson.finding(Copying(), found)
    near = reached(found.courses["muon"])
    assert f"**{near.sum()} of {len(near)}** seeds" in said
    assert f"{float(found.descents.one):.4f}" in said
    for name in ("partner", "next"):
        assert "gap" in lesson.finding(Copying(model=name), found)
    assert "45,000" in lesson.finding(Copying(optimiser="adam"), found)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("preset", PRESETS)
def test_views_fit_their_grids(found: Trainings, name: str, preset: str) -> None:
    assert VIEWS[name](PRESETS[preset], found).plain()["data"]


@pytest.mark.parametrize(
    "changes",
    [
        {"optimiser": "sgd"},
        {"seed": 5},
        {"optimiser": "adam", "seed": 2},
        {"frame": FRAMES},
        {"first": 20},
        {"prompt": 0},
        {"edit": "nothing"},
    ],
)
def test_bad_choices_are_one_sentence(changes: dict) -> None:
    with pytest.raises(InputError) as caught:
        Copying(**changes)
    assert_one_sentence(caught.value)


def test_without_files_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"copying_.*zoo build") as caught:
        read(tmp_path)
    assert_one_sentence(caught.value)
