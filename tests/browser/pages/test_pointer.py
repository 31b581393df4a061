"""What moves, moves together: charts follow the pointer exactly, and one another, unasked."""

from typing import Any

import numpy as np
import pytest

from icl_core.lessons.catalog import LESSONS
from icl_core.plots.figure import Figure

pytestmark = pytest.mark.browser


def assert_shows(watched, index: int, figure: Figure) -> None:
    """Every trace of the chart of that place is that of the figure, to 1e-10 but for rounding."""
    found = watched.page.evaluate(
        """(index) => document.querySelectorAll('.icl-live-plot')[index]._fullData.map((trace) => [
          trace.uid, ...['x', 'y', 'z'].map((field) => Array.from(trace[field] ?? [], (value) =>
            value?.map ? Array.from(value) : value))])""",
        index,
    )
    traces: Any = figure.data
    assert len(found) == len(traces)
    for trace, (_, *fields) in zip(traces, found, strict=True):
        for name, value in zip("xyz", fields, strict=True):
            expected = getattr(trace, name, None)
            if expected is None or (trace.type == "heatmap" and name != "z"):
                continue
            np.testing.assert_allclose(
                np.array(value, float), np.array(expected, float), rtol=1e-10, atol=1e-10
            )


def drag(watched, index: int, share: float) -> dict[str, Any]:
    """Takes the slider of a chart to a share of its way and holds it: where all controls stand."""
    page = watched.page
    slider = page.locator(".icl-live").nth(index).locator(".icl-live-slider input")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    start = float(slider.evaluate("range => range.value / range.max"))
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8 + start * (box["width"] - 16), y)
    page.mouse.down()
    for step in (0.3, 0.7, 1):
        at = start + step * (share - start)
        page.mouse.move(box["x"] + 8 + at * (box["width"] - 16), y)
        watched.next_frame()
    assert float(slider.evaluate("range => range.value / range.max")) == pytest.approx(
        share, abs=0.02
    )
    return page.evaluate(
        "index => [...globalThis.iclLiveCharts].find(({ root }) =>"
        " root === document.querySelectorAll('.icl-live')[index]).values",
        index,
    )


def test_one_prompt_and_its_parts_follow_the_noise(visit):
    watched = visit("one_prompt").watched
    sent = len(watched.sent)
    sigma = drag(watched, 0, 0.63)["sigma"]
    lesson = LESSONS["one_prompt"]
    for index, name in enumerate(("noise", "weights")):
        view = lesson.view(name, lesson.default.replace(sigma=sigma))
        assert_shows(watched, index, view.figure)
        if view.said:
            said = watched.page.locator(".icl-live-said").first.inner_text()
            assert said == view.said.replace("**", "")
    second = watched.page.locator(".icl-live-slider output").nth(1).inner_text()
    assert float(second) == pytest.approx(sigma, abs=0.006)
    watched.state("exact")
    assert len(watched.sent) == sent
    watched.page.mouse.up()
    watched.wait_until("location.search.includes('sigma=')")


def test_the_layer_taken_apart_follows_the_step_size(visit):
    opened = visit("construction")
    watched = opened.watched
    sent = len(watched.sent)
    eta = drag(watched, 0, 0.31)["eta"]
    lesson = LESSONS["construction"]
    for index, name in enumerate(("descent", "step")):
        assert_shows(watched, index, lesson.view(name, lesson.default.replace(eta=eta)).figure)
    watched.state("exact")
    assert len(watched.sent) == sent
    watched.page.mouse.up()
    watched.wait_until("location.search.includes('eta=')")


def test_one_prompt_of_the_algorithm_follows_and_space_plays_it(visit):
    opened = visit("algorithm", part="prompt")
    watched = opened.watched
    lesson = LESSONS["algorithm"]
    views = (*lesson.first, *lesson.parts_of(lesson.default)["prompt"].views)
    index = views.index("implicit")
    sent = len(watched.sent)
    sigma = drag(watched, index, 0.83)["sigma"]
    assert_shows(
        watched, index, lesson.view("implicit", lesson.default.replace(sigma=sigma)).figure
    )
    assert len(watched.sent) == sent
    watched.page.mouse.up()
    watched.wait_until("location.search.includes('sigma=')")
    opened.rest()
    watched.page.evaluate("document.activeElement?.blur()")
    watched.page.keyboard.press("Space")
    player = watched.page.locator(".icl-live").nth(index).locator(".icl-live-player")
    player.get_by_role("button", name="Pause").wait_for()
    watched.page.keyboard.press("Space")
    player.get_by_role("button", name="Play").wait_for()
