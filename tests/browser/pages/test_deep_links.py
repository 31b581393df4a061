"""A page's own address in a fresh browser: every request is answered."""

import pytest

from benchmarks.serving import ROOT
from tests.browser.harness import opening, serving

pytestmark = pytest.mark.browser

ALIVE = ".icl-live[data-alive]"


def refused(browser, address: str) -> list[str]:
    """What is answered by an error while a page is opened by its address, and then in the app."""
    found = []
    context = browser.new_context()
    try:
        page = context.new_page()
        page.on("response", lambda answer: answer.status >= 400 and found.append(answer.url))
        page.goto(address)
        page.locator(ALIVE).first.wait_for(state="attached")
        page.locator("[data-testid=stSidebarNavLink]").nth(1).click()
        page.wait_for_url("**/construction")
        page.get_by_role("heading", name="The construction", level=1).wait_for()
        page.reload()
        page.locator(ALIVE).first.wait_for(state="attached")
    finally:
        context.close()
    return found


@pytest.mark.parametrize("path", ["", "weights", "noise_and_depth?v=1&sigma=2.5", "weights/"])
def test_every_request_is_answered(browser, app, path):
    assert refused(browser, f"{app}/{path}") == []


def test_every_request_is_answered_under_a_base_path(browser):
    with serving(ROOT / "server.py", base_path="course/one") as address:
        for path in ("/", "/weights", "/noise_and_depth?v=1&sigma=2.5"):
            assert refused(browser, f"{address}{path}") == []
        with opening(browser) as visit:
            visit(address, "weights", charts=3)
