"""Views that are kept for what they depend on."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from icl_core.lessons.algorithm.config import Algorithm
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.shared.lesson import Lesson
from icl_core.lessons.shared.memo import kept
from icl_core.live import Grid, Quantity, Slider, View
from icl_core.live.chart import FINISHED
from icl_core.live.message import message
from icl_core.plots.drawing import Drawing

LESSON: Lesson[Any, Any] = LESSONS["algorithm"]


def drawn(config: Algorithm, result: object) -> View:
    title = f"{config.sigma:g}, {config.seed}"
    return View(figure=Drawing(name="kept", title=title, alt=title).figure())


def test_a_view_cannot_read_other_choices_than_it_says() -> None:
    view = kept("sigma")(drawn)
    assert view(Algorithm(sigma=2.0, seed=5), None).title == "2, 0"


@pytest.fixture
def built(monkeypatch) -> list[tuple[float, int]]:
    """The choices for which views were built; nothing is kept from before."""
    calls: list[tuple[float, int]] = []

    def narrow(config: Algorithm, result: object) -> View:
        calls.append((config.sigma, config.seed))
        return drawn(config, result)

    def whole(config: Algorithm, result: object) -> View:
        return narrow(config, result)

    views = {"narrow": kept("sigma")(narrow), "whole": whole}
    monkeypatch.setitem(LESSON.__dict__, "views", views)
    monkeypatch.setattr(FINISHED, "_places", type(FINISHED._places)())
    monkeypatch.setattr(FINISHED, "held", 0.0)
    return calls


def test_what_a_page_shows_is_built_once_for_the_choices_it_reads(built) -> None:
    def show(name: str, **choices: Any) -> str:
        finished, picture = LESSON.chart(name, Algorithm(**choices), None).ready(sketched=True)
        assert picture is not None
        assert picture.startswith("<svg")
        return finished.title

    assert show("narrow", sigma=2.0) == show("narrow", sigma=2.0, seed=5) == "2, 0"
    assert built == [(2.0, 0)]
    assert show("narrow", sigma=3.0, layers=2) == "3, 0"
    assert show("narrow", sigma=3.0, layers=1) == "3, 0"
    assert len(built) == 3, "the number of layers is read by the result"
    assert show("whole", sigma=2.0, seed=5) == "2, 5"
    assert show("whole", sigma=2.0, seed=6) == "2, 6"


def test_other_shipped_models_are_other_charts(built, monkeypatch) -> None:
    for version in ("before", "after", "after"):
        monkeypatch.setattr("icl_core.lessons.shared.lesson.version_of", lambda v=version: v)
        LESSON.chart("whole", Algorithm(), None).ready()
    assert len(built) == 2


def test_what_charts_draw_from_is_held_once(built, monkeypatch) -> None:
    grid = Grid(
        axes={"noise": [0, 2]},
        quantities=[Quantity(trace="line", field="y", values=np.zeros((2, 20_000)))],
    )
    figure = Drawing(name="kept", title="t", alt="t").figure()
    figure.add_scatter(y=np.zeros(20_000), uid="line")

    def moved(config: Algorithm, result: object) -> View:
        noise = Slider("noise", "N", 0, 2, step=0.1, value=config.sigma)
        return View(figure=figure, controls=[noise], grid=replace(grid))

    monkeypatch.setitem(LESSON.views, "whole", moved)
    before = FINISHED.held
    first, second = (
        LESSON.chart("whole", Algorithm(sigma=sigma), None).ready()[0] for sigma in (0.5, 1.5)
    )
    assert first.source is second.source
    assert first.body != second.body
    size = len(first.source or b"")
    held = FINISHED.held - before
    assert size < held - len(first.body) - len(second.body) < size + 20_000


@pytest.mark.parametrize("name", ["flow", "switches"])
def test_what_is_kept_is_what_the_view_says(name: str) -> None:
    config = Algorithm(layer=1)
    chart = LESSON.chart(name, config, LESSON.result(config))
    for _ in range(2):
        finished, _ = chart.ready()
        told = json.loads(finished.packed(question=3, exact=True, placeholder=None))
        view = LESSON.view(name, config)
        assert told.pop("placeholder") is None
        assert told == json.loads(json.dumps(message(view, question=3)))
        assert finished.source == (view.source.packed if view.source else None)
        assert (finished.title, finished.caption) == (view.title, view.caption)
        assert finished.controls == tuple(view.controls)
