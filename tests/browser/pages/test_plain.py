"""Pages in the reader's own colours, and on paper."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from icl_core.plots.style import SURFACES as STYLES
from tests.browser.pages.conftest import CHARTS

pytestmark = pytest.mark.browser

A4 = {"width": 688, "height": 1017}
"""Pixels within the margins."""
FORCED = {"forced_colors": "active"}
TRACKS = ".icl-live input[type=range]:visible"
RAILS = "[data-testid=stSlider] [role=group] > [data-orientation]:visible"
SWITCH = "[data-testid=stCheckbox] label > span + div:visible"
CHART = "[class*='st-key-chart_'] .icl-live-plot"
CLIPPED = """[...document.querySelectorAll(".icl-live-plot .main-svg")].filter((svg) => {
  const { left, right, top, bottom } = svg.getBoundingClientRect();
  const room = svg.closest(".icl-live-plot").getBoundingClientRect();
  return left < -1 || right > innerWidth + 1 || top < room.top - 1 || bottom > room.bottom + 1;
}).map((svg) => svg.closest("[class*=st-key-chart_]").className)"""
SIZES = """[...document.querySelectorAll(".icl-live-plot")].map((plot) => {
  const svg = plot.querySelector(".main-svg");
  return [svg.getAttribute("width"), svg.getAttribute("height"), svg.getAttribute("viewBox")];
})"""
SURFACES = """[...document.querySelectorAll(".icl-live-plot")].map(
  (plot) => plot._fullLayout.paper_bgcolor)"""
WORDS = """[...new Set([...document.querySelectorAll(".stApp :is(h1, h2, p, li, label, b)")]
  .filter((element) => element.offsetParent && !element.closest("[data-selected], button"))
  .map((element) => getComputedStyle(element).color))]"""


def grey(target, **options) -> np.ndarray:
    """What is seen, from 0 (black) to 1."""
    picture = Image.open(io.BytesIO(target.screenshot(animations="disabled", **options)))
    return np.asarray(picture.convert("L"), float) / 255


def drawn(picture: np.ndarray) -> float:
    """The share of a picture that stands out from its corner."""
    return float(np.mean(np.abs(picture - picture[0, 0]) > 0.3))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["noise_and_depth", "weights", "theory"])
def test_controls_are_seen_in_forced_colours(visit, name, scheme):
    page = visit(name, FORCED | {"color_scheme": scheme}).page
    controls = page.locator(TRACKS).all() + page.locator(RAILS).all()
    assert controls
    assert [drawn(grey(control)) > 0.03 for control in controls] == [True] * len(controls)
    for group in page.locator("[data-testid=stButtonGroup]:visible").all():
        chosen = [grey(button).mean() for button in group.locator("[data-selected]").all()]
        others = [
            grey(button).mean() for button in group.locator("button:not([data-selected])").all()
        ]
        assert all(abs(one - other) > 0.15 for one in chosen for other in others)
    for switch in page.locator(SWITCH).all():
        assert drawn(grey(switch)) > 0.1
    for plot in page.locator(".icl-live-plot .gtitle, .icl-live-plot .xtitle").all():
        assert drawn(grey(plot)) > 0.02


def test_a_switch_shows_how_it_stands_in_forced_colours(visit):
    page = visit("algorithm", FORCED).page
    track = page.locator(SWITCH).first
    before = grey(track)
    track.click()
    page.wait_for_timeout(500)
    assert np.mean(np.abs(grey(track) - before) > 0.15) > 0.2


def test_the_focus_is_seen_in_forced_colours(visit):
    opened = visit("noise_and_depth", FORCED)
    page = opened.page
    opened.more()
    for selector in (
        "[data-testid=stSlider] input",
        "[data-testid=stCheckbox] input",
        "[data-testid=stButtonGroup] button",
        ".icl-live input[type=range]",
        ".icl-live button",
        ".st-key-presets a",
    ):
        found = page.locator(selector).first
        found.evaluate("(input) => input.scrollIntoView({ block: 'center' })")
        page.keyboard.press("Shift")  # what follows is seen as done by keys
        found.focus()
        ringed = found.evaluate("""(input) => {
          for (let at = input, up = 0; at && up < 4; at = at.parentElement, up += 1) {
            const { outlineStyle, outlineWidth } = getComputedStyle(at);
            const { width, height } = at.getBoundingClientRect();
            const ring = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
            if (ring && width * height > 40) return true;
          }
          return false;
        }""")
        assert ringed, selector


def test_charts_follow_the_colours_that_are_forced(visit):
    """A reader may force black on a page whose theme is set to light."""
    page = visit("noise_and_depth", {"color_scheme": "light"}).page
    page.evaluate("localStorage['stActiveTheme-/noise_and_depth-v2'] = JSON.stringify('Light')")
    page.emulate_media(color_scheme="dark")
    page.reload()
    page.locator(".icl-live[data-alive]").first.wait_for(state="attached")
    colour = "document.querySelector('.icl-live-plot')._fullLayout.font.color"
    assert page.evaluate(colour) == STYLES["light"].text
    page.emulate_media(forced_colors="active", color_scheme="dark")
    page.wait_for_function(f"{colour} === '{STYLES['dark'].text}'", timeout=10_000)


@pytest.mark.parametrize("name", CHARTS)
def test_a_page_prints_dark_on_white_with_every_chart_whole(visit, name):
    opened = visit(name, {"color_scheme": "dark"})
    page, before = opened.page, opened.page.evaluate(SIZES)
    page.set_viewport_size(A4)
    page.emulate_media(media="print")
    page.wait_for_function(f"({SURFACES}).every((colour) => colour === '#ffffff')")
    opened.watched.next_frame()
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= A4["width"]
    assert page.evaluate(WORDS) == ["rgb(29, 39, 51)"]
    assert page.locator("[data-testid=stSidebar]:visible, .icl-live button:visible").count() == 0
    boxes = [chart.bounding_box() for chart in page.locator(CHART).all()]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) >= CHARTS[name] - 3  # some are in closed tabs
    for box, following in pairwise(boxes):
        if box and following:
            assert box["y"] + box["height"] <= following["y"]
            assert 100 < box["height"] <= A4["height"]
    whole = grey(page, full_page=True)
    assert np.mean(whole > 0.9) > 0.6
    assert np.median(whole) == 1

    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.wait_for_function(
        f"JSON.stringify({SIZES}) === `{page.evaluate('(s) => JSON.stringify(s)', before)}`"
    )


def test_a_printer_gets_charts_for_paper(visit):
    """By the browser's own events, not by an emulated medium."""
    page = visit("noise_and_depth", {"color_scheme": "dark"}).page
    before = page.evaluate(SIZES)
    # Heard after the charts have heard "beforeprint", and before the page is laid out for paper.
    page.evaluate(
        f"addEventListener('beforeprint', () => {{ window.printed = [{SURFACES}, {SIZES}]; }})"
    )
    assert page.pdf(format="A4").startswith(b"%PDF")
    surfaces, sizes = page.evaluate("window.printed")
    assert set(surfaces) == {"#ffffff"}
    assert all(box == f"0 0 {width} {height}" for width, height, box in sizes)
    assert page.evaluate(SIZES) == before
    assert "#ffffff" not in page.evaluate(SURFACES)
