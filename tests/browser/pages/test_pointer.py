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


def test_the_first_sight_is_played_with_and_hands_over(browser, app, visit):
    """Before Streamlit and plotly are there, which here wait until the reader has let go."""
    visit("")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    held, waits = [], [True]
    page.route(
        "**/static/js/*.js",
        lambda route: held.append(route) if any(waits) else route.continue_(),
    )
    page.goto(app, wait_until="commit")
    page.wait_for_selector("#first-sight[data-playable]")
    page.locator("#first-sight button").click()
    mark = page.locator('#first-sight g[data-uid="points"] circle').first
    box = mark.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    line = page.locator('#first-sight g[data-uid="model"] path')
    before, said = line.get_attribute("d"), page.locator("#first-sight p").inner_text()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y - 60, steps=4)
    page.mouse.up()
    assert line.get_attribute("d") not in ("", before)
    now = page.locator("#first-sight p").inner_text()
    assert now != said
    assert "the transformer says" in now
    waits.clear()
    for route in held:
        route.continue_()
    page.wait_for_selector(".icl-live[data-alive]", timeout=60_000)
    page.wait_for_selector("#first-sight", state="detached")
    page.wait_for_function("location.search.includes('revealed=1')")
    assert page.locator(".icl-live-said").inner_text() == now
    context.close()


DRAWN = """() => [...document.querySelectorAll('.cartesianlayer path')].map((path) =>
  [path.getAttribute('d'), path.getAttribute('transform'), path.__data__?.y ?? null])"""
REDRAW = """() => {
  const [chart] = globalThis.iclLiveCharts;
  return chart.plotly.redraw(chart.plot);
}"""


@pytest.mark.parametrize("link", [{"revealed": "1"}, {}, {"dim": "2"}])
def test_what_moves_is_drawn_as_plotly_draws_it(visit, link):
    """Lines, the band and marks, without the rest of what plotly does."""
    page = visit("", **link).page
    box = page.locator(".icl-live-point").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = page.evaluate(DRAWN)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 31, y - 47, steps=3)
    page.wait_for_timeout(100)
    quick = page.evaluate(DRAWN)
    assert quick != before
    page.evaluate(REDRAW)
    assert page.evaluate(DRAWN) == quick
    page.mouse.up()
