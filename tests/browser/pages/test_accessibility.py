"""axe-core's rules (WCAG 2.2 A and AA) on every page."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages.conftest import CHARTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 720}, "color_scheme": "light"},
    "dark, on a phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
GRAVE = ("serious", "critical")


STATES = {
    "a question": ("several_layers", {"step": "1"}, ""),
    "an answer": ("several_layers", {"step": "2"}, ".st-key-step_reveal button"),
    "presented": ("several_layers", {"present": "1", "step": "3"}, ""),
    "more choices": ("several_layers", {"kind": "untied5"}, ".st-key-more button"),
    "export": ("several_layers", {"kind": "untied5"}, "[class*='st-key-layers_Export'] button"),
}
"""Beside every page as it opens: a page, its link, and what is clicked."""


def grave(opened) -> list:
    """What axe-core finds that is serious."""
    opened.page.wait_for_timeout(300)  # what fades in has a contrast of its own
    found = Axe().run(opened.page).response["violations"]
    return [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("page", CHARTS)
def test_nothing_serious_is_found(visit, page, looks):
    assert grave(visit(page, LOOKS[looks])) == []


@pytest.mark.parametrize("state", STATES)
def test_nothing_serious_is_found_in_other_states(visit, state):
    page, link, door = STATES[state]
    opened = visit(page, {"viewport": LOOKS["light"]["viewport"], "charts": 1}, **link)
    if door:
        opened.page.locator(door).first.click()
        opened.page.wait_for_timeout(500)
        opened.rest()
    assert grave(opened) == []
