"""The lesson on softmax heads: what it shows is what the layers do."""

from typing import Any

import numpy as np
import pytest

from icl_core.analysis.floors import one_layer_loss
from icl_core.constructions.softmax import centred_loss
from icl_core.experiments.shared import MAIN, task_of
from icl_core.experiments.variations.settings import EVERY, HEADS, SOFTMAX
from icl_core.lessons.softmax.config import FRAMES, PRESETS, Softmax
from icl_core.lessons.softmax.measure import SCALES, Found, layer_at, measure, one_step, prompt
from icl_core.lessons.softmax.views import VIEWS
from icl_core.lessons.softmax.words import finding
from tests.cases import assert_close


@pytest.fixture(scope="module")
def found() -> Found:
    return measure(Softmax())


def traces(view: Any) -> dict[str, Any]:
    return {trace.uid: trace for trace in view.figure.data}


@pytest.mark.parametrize("optimiser", SOFTMAX)
@pytest.mark.parametrize("heads", HEADS)
def test_what_heads_answer_adds_up_to_what_the_layer_answers(
    found: Found, heads: int, optimiser: str
) -> None:
    config = Softmax(heads=heads, optimiser=optimiser, seed=1)
    shown, drawn = traces(VIEWS["heads"](config, found)), prompt(config.prompt)
    layer = layer_at(found, config, config.frame)
    whole = np.asarray(layer.answers(drawn.context, drawn.queries))[-1, 0]
    assert_close(shown["sum"].y, whole)
    assert_close(shown["sum"].x, one_step(drawn))
    if heads > 1:
        parts = [shown[f"head{h + 1}"].y for h in range(heads)]
        assert_close(np.sum(parts, axis=0), whole)


def test_a_single_head_misses_by_a_constant_that_two_heads_cancel(found: Found) -> None:
    gaps = {}
    for heads in (1, 2):
        config = Softmax(heads=heads)
        drawn = [prompt(number) for number in range(20)]
        layer = layer_at(found, config, config.frame)
        answers = [np.asarray(layer.answers(d.context, d.queries))[-1, 0] for d in drawn]
        gaps[heads] = np.mean(
            [abs((a - one_step(d)).mean()) for a, d in zip(answers, drawn, strict=True)]
        )
    assert gaps[2] < 0.5 * gaps[1]


def test_matrices_of_heads_add_up_to_the_last_one(found: Found) -> None:
    shown = traces(VIEWS["weights"](Softmax(), found))
    parts = [np.asarray(shown[f"head{h}"].z, float) for h in (1, 2)]
    assert_close(sum(parts), np.asarray(shown["sum"].z, float))


def test_losses_are_those_of_the_shipped_trainings(found: Found) -> None:
    shown = traces(VIEWS["training"](Softmax(optimiser="muon"), found))
    course = found.trainings.courses["softmax2_muon"]
    assert_close(shown["softmax2"].y, course.loss.mean.astype(float).mean(0))
    assert_close(shown["gd"].y, one_layer_loss(task_of(MAIN)))
    assert_close(shown["construction"].y, centred_loss(task_of(MAIN)))
    assert course.steps[0, (FRAMES - 1) * EVERY] == course.steps[0, -1]


def test_constructed_heads_tend_to_a_step_on_centred_inputs_and_to_no_other(found: Found) -> None:
    small = (SCALES >= 0.01) & (SCALES <= 0.1)
    slopes = {
        heads: np.polyfit(np.log(SCALES[small]), np.log(found.to_centred[heads][small]), 1)[0]
        for heads in (2, 4)
    }
    assert slopes[2] == pytest.approx(2, abs=0.05)
    assert slopes[4] == pytest.approx(4, abs=0.1)
    assert found.to_centred[2].min() < 1e-9
    assert found.to_centred[4].min() < 1e-10
    assert found.to_descent.min() > 0.01
    assert found.to_centred[1].argmin() == len(SCALES) - 1


@pytest.mark.parametrize("optimiser", SOFTMAX)
def test_the_finding_counts_seeds(found: Found, optimiser: str) -> None:
    ends = {h: found.trainings.losses(f"softmax{h}_{optimiser}")[:, -1] for h in HEADS}
    below = int((ends[2] < ends[1].min()).sum())
    said = finding(Softmax(optimiser=optimiser), found)
    assert below >= 4
    assert f"{below} of 5 with two heads" in said
    assert f"{np.median(ends[2]):.4f}" in said


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("preset", PRESETS)
def test_views_fit_their_grids(found: Found, name: str, preset: str) -> None:
    config = PRESETS[preset]
    assert VIEWS[name](config, found).plain()["data"]
    assert VIEWS[name](config.replace(frame=0, temperature=8.0), found).plain()["data"]
