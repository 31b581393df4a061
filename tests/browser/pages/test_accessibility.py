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


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("page", CHARTS)
def test_nothing_serious_is_found(visit, page, looks):
    opened = visit(page, LOOKS[looks])
    opened.page.wait_for_timeout(300)  # what fades in has a contrast of its own
    found = Axe().run(opened.page).response["violations"]
    grave = [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]
    assert grave == []
