"""What somebody sees without scrolling: a whole picture, or on a phone its beginning; as before."""

import pytest

from tests.browser.pages.conftest import CHARTS
from tests.browser.pages.looks import WRITTEN, assert_as_before

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESKTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
BEGUN = 0.75
"""Of a phone's height: the picture begins above it."""
LARGE = {"paper_figures"}
"""Figures of ten panels, as the paper prints them, which no screen holds at a size to be read."""
PAGES = [page for page, count in CHARTS.items() if count and page != "style"]


@pytest.mark.parametrize("page", PAGES)
def test_the_first_picture_is_whole(visit, page: str):
    opened = visit(page, {"viewport": DESKTOP, "color_scheme": "light"})
    plot = opened.page.locator(".icl-live-plot").first.bounding_box()
    assert plot is not None
    if page not in LARGE:
        assert plot["y"] >= 0
        assert plot["y"] + plot["height"] <= DESKTOP["height"]
    assert_as_before(opened, f"{page or 'home'}_light")
    opened.page.emulate_media(color_scheme="dark")
    assert_as_before(opened, f"{page or 'home'}_dark")


@pytest.mark.parametrize("page", PAGES)
def test_the_first_picture_is_begun_on_a_phone(visit, page: str):
    opened = visit(page, {"viewport": PHONE, "color_scheme": "light"})
    plot = opened.page.locator(".icl-live-plot").first.bounding_box()
    assert plot is not None
    assert plot["y"] <= BEGUN * PHONE["height"]
    assert_as_before(opened, f"{page or 'home'}_phone")


def test_no_baseline_was_missing():
    assert not WRITTEN, "Look at those now written, and keep them."
