"""Benchmarks reach all that they are about."""

import pytest

import ui.warm
from benchmarks.memory import growth
from benchmarks.sweeps import UNSEEN, sweeps
from icl_core.lessons.catalog import LESSONS


@pytest.mark.parametrize("page", LESSONS)
def test_every_choice_of_every_lesson_is_swept_over_values_that_it_takes(page: str):
    lesson, found = LESSONS[page], list(sweeps(page))
    default = next(iter(lesson.presets.values()))
    controls = {sweep.control for sweep in found}
    assert controls == set(default.to_dict()) - UNSEEN.get(page, frozenset())
    for sweep in found:
        start = default.replace(**sweep.start)
        assert len(set(sweep.values)) > 1
        assert sweep.values[-1] == getattr(default, sweep.control)
        for value in sweep.values:
            assert getattr(start.replace(**{sweep.control: value}), sweep.control) == value


def test_sessions_that_come_and_go_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch):
    """One that stayed would leave some 200 kB each."""
    monkeypatch.setattr(ui.warm, "start_warming", lambda: None)
    found = growth(["construction"], sessions=24, changes=1)
    assert found["growth_a_session"] < 0.1
