"""Steps of lessons: each can be opened, keeps its answer back, and has one."""

import re
from typing import Any

import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.paths import COURSE
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.live import View
from icl_core.live.guess import held_back, marked
from icl_core.validation import within_reach

STEPS = [
    pytest.param(page, step, id=f"{page}-{number}")
    for page, lesson in LESSONS.items()
    for number, step in enumerate(lesson.steps, 1)
]
WITHOUT = {"train"}
"""Lessons whose picture is made by their reader."""


def test_every_lesson_of_the_course_asks_five_to_eight_questions():
    for page in COURSE:
        if page not in WITHOUT:
            assert 5 <= len(LESSONS[page].steps) <= 8, page


def traces(view: View) -> Any:
    return view.figure.data


def names(view: View) -> set[str]:
    """By which traces can be held back."""
    return {
        n for t in traces(view) for n in (t.uid, str(t.uid).split(":")[0], t.name, t.legendgroup)
    }


@pytest.mark.parametrize(("page", "step"), STEPS)
def test_a_step_can_be_opened_and_answered(page: str, step: Step):
    lesson = LESSONS[page]
    assert step.question.endswith("?")
    assert isinstance(step.config, lesson.config)
    within_reach(step.config, lesson.reach(step.config, lesson.result(step.config)))
    shown = lesson.shown(step.config)
    assert set(step.views) <= set(shown)
    assert not set(step.views) & set(lesson.first) or set(step.views) <= set(lesson.first)
    answer = lesson.answer(step)
    if step.range is None:
        assert answer.right in range(len(step.options))
    else:
        assert step.range.low <= answer.right <= step.range.high
        stops = np.array(step.range.stops())
        assert any(step.is_right(stop, answer) for stop in stops)
        assert not all(step.is_right(stop, answer) for stop in stops)
    assert re.search(r"\d", answer.said), "no number says it"
    assert re.search(r"[.?]$", answer.said)


@pytest.mark.parametrize(("page", "step"), STEPS)
def test_a_step_keeps_its_answer_back(page: str, step: Step):
    lesson = LESSONS[page]
    views = [lesson.view(name, step.config) for name in step.views]
    assert set(step.hides) <= set.union(*map(names, views))
    for view in views:
        before = step.asked(view)
        gone = {n for n, kept in step.hides.items() if not kept}
        assert not gone & names(before)
        if before is not view:
            assert before.source is None
            assert before.controls == ()
            before.plain()
    if step.range is not None and step.range.at is not None:
        seen = step.guessed(views[0], step.range.low)
        assert traces(seen)[-1].y == (step.range.low,)
        seen.plain()


def test_part_of_a_curve_and_its_band_are_held_back():
    view = LESSONS["several_layers"].view("cosines", LESSONS["several_layers"].default)
    cut = held_back(view, {"gd": 3, "gdpp_tuned": 0})
    assert {trace.uid for trace in traces(cut)} >= {"gd", "gd:high", "gd:low"}
    assert all(len(t.x) == len(t.y) == 3 for t in traces(cut) if t.uid.startswith("gd"))
    assert "gdpp_tuned" not in names(cut)
    assert held_back(view, {"nobody": 0}) is view
    assert len(traces(view)) == len(traces(marked(view, 1, 0.5))) - 1


def test_a_guess_is_close_by_ratio_or_by_distance():
    by_ratio = Range(label="", low=0.01, high=1, log=True)
    assert by_ratio.is_close(0.1, 0.12)
    assert by_ratio.is_close(0.12, 0.1)
    assert not by_ratio.is_close(0.1, 0.15)
    assert by_ratio.stops()[0] == 0.01
    assert by_ratio.stops()[-1] == 1
    straight = Range(label="", low=-1, high=1)
    assert straight.is_close(0.2, 0)
    assert not straight.is_close(0.3, 0)


def test_what_is_told_names_the_right_option_and_judges_the_guess():
    config = LESSONS["several_layers"].default
    step = Step(
        question="?",
        config=config,
        views=(),
        answer=lambda c, r: Answer(right=1, said="So."),
        options=("a", "b"),
    )
    answer = Answer(right=1, said="So.")
    assert step.told(None, answer) == "**b.** So."
    assert step.told(1, answer) == "**Right: b.** So."
    assert step.told(0, answer) == "**Not so: b.** So."
    with pytest.raises(InputError, match="one of both"):
        Step(question="?", config=config, views=(), answer=lambda c, r: answer)
