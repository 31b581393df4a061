"""Every page: alive, in both themes, on a phone, by its links."""

import pytest

from icl_core.plots.style import SURFACES
from tests.browser.pages.conftest import CHARTS

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}}
COLOURS = """[...document.querySelectorAll('.icl-live-plot')].map(
  (plot) => plot._fullLayout.font.color)"""
OUTSIDE = """[...document.querySelectorAll('.stMainBlockContainer *')].filter((element) => {
  const { left, right, width } = element.getBoundingClientRect();
  return width && getComputedStyle(element).visibility !== 'hidden' &&
    !element.closest('svg, table, math') && (left < -1 || right > innerWidth + 1);
}).map((element) => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", CHARTS)
def test_a_phone_and_both_themes(visit, name):
    opened = visit(name, PHONE)
    page, numbers = opened.page, opened.numbers()
    assert all(any(trace[1] or trace[3] for trace in chart) for chart in numbers)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(OUTSIDE) == []
    for chart in page.locator(".icl-live-plot .main-svg:first-child").all():
        box = chart.bounding_box()
        assert box["x"] >= 0
        assert 250 < box["width"] <= 390 - box["x"]

    assert set(page.evaluate(COLOURS)) == {SURFACES["light"].text}
    sent = len(opened.watched.sent)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"({COLOURS}).every((colour) => colour === '{SURFACES['dark'].text}')")
    assert len(opened.watched.sent) == sent
    assert opened.numbers() == numbers


def test_a_control_works_on_a_phone(visit):
    opened = visit("noise_and_depth", PHONE, part="layers")
    opened.choose("statistic", "median")
    opened.linked({"part": "layers", "statistic": "median"})
    opened.watched.grab(0.2, 0.6)
    opened.page.mouse.up()
    assert 3 < float(opened.moved("sigma")) < 4.5


def test_the_cards_of_home_lead_to_every_lesson(visit):
    opened = visit("")
    page = opened.page
    cards = page.locator("[class*='st-key-card_'] a")
    names = [name for name in CHARTS if name not in ("", "style")]
    assert cards.count() == len(names)
    for name in names:
        title = page.locator(f".st-key-card_{name} a").inner_text().split("\n")[0]
        page.locator(f".st-key-card_{name} a").click()
        page.get_by_role("heading", name=title, level=1).wait_for()
        page.wait_for_url(f"**/{name}")
        page.locator(".icl-live[data-alive]").first.wait_for(state="attached")
        page.go_back()
        page.locator(f".st-key-card_{name} a").wait_for()


def test_a_preset_is_a_link(visit):
    opened = visit("noise_and_depth")
    before = opened.numbers()
    opened.page.locator(".st-key-presets").get_by_text("The typical prompt").click()
    opened.linked({"statistic": "median"})
    assert opened.numbers() != before
