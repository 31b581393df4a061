"""A page for the back row, by keys alone; and a chart in somebody else's page."""

import pytest

from icl_core.lessons.catalog import LESSONS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROJECTORS = {"width": 1280, "height": 720}, {"width": 1920, "height": 1080}
WHOLE = """([width, height]) => innerWidth === width &&
  [...document.querySelectorAll(".icl-live-plot")].every((plot) => {
    const { top, bottom, left, right } = plot.getBoundingClientRect();
    return top >= 0 && left >= 0 && right <= width && bottom <= height && bottom > 0.7 * height;
  })"""


def is_whole(page) -> None:
    """At both sizes the picture fills the screen, and is whole."""
    for size in PROJECTORS:
        page.set_viewport_size(size)
        page.wait_for_function(WHOLE, arg=[size["width"], size["height"]], timeout=15_000)


@pytest.mark.parametrize("name", ["", "gdpp_spectrum"])
def test_the_first_picture_fills_the_screen(visit, name):
    page = visit(name, {"viewport": PROJECTORS[0], "charts": 1}, present="1").page
    is_whole(page)
    for gone in ("stSidebar", "stHeader"):
        assert not page.get_by_test_id(gone).is_visible()


def test_a_clicker_leads_through_all_steps(visit):
    steps = LESSONS["several_layers"].steps
    opened = visit("several_layers", {"viewport": PROJECTORS[0], "charts": 1}, present="1")
    page = opened.page
    for number, step in enumerate(steps, 1):
        page.keyboard.press("PageDown")
        page.wait_for_url(f"**present=1&step={number}*")
        page.locator(".st-key-step_reveal").wait_for()
        opened.rest()
        assert step.question in page.locator(".st-key-step, .st-key-step_with_choices").inner_text()
        is_whole(page)
        page.keyboard.press("PageDown")
        page.locator(".st-key-step_onward").wait_for()
        is_whole(page)
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    page.keyboard.press("f")
    page.get_by_text("QR code").click()
    here = page.get_by_test_id("stPopoverBody")
    here.locator("img").wait_for()
    assert here.inner_text().strip() == page.url.replace("present=1&", "")
    page.keyboard.press("Escape")
    here.wait_for(state="detached")
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('present')")
    page.get_by_test_id("stSidebar").wait_for()
    assert f"step={len(steps)}" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_stands_in_a_sandbox_of_another_page(browser, app, scheme):
    size = {"width": 340, "height": 640}
    with browser.new_context(viewport=size, color_scheme=scheme) as context:
        page = context.new_page()
        page.set_content(
            f'<iframe src="{app}/several_layers?only=cosines" width="320" height="600" '
            'sandbox="allow-scripts allow-same-origin"></iframe>'
        )
        frame = page.frame_locator("iframe")
        frame.locator(".icl-live[data-alive]").wait_for()
        seen = frame.locator(".stMain").inner_text().split("\n")
        assert seen[0].strip() == "Whose direction? Over training"
        assert frame.locator(".icl-live-plot").count() == 1
        assert not frame.locator(".stMain :is(a, [data-testid=stButtonGroup]):visible").count()
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert page.frames[1].evaluate(wide)
