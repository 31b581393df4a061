"""What visitors with a browser see of an answer that hangs."""

import pytest
from playwright.sync_api import expect

from tests.ui.hanging import SECONDS, SENTENCE, hanging_server, health
from tests.ui.visitor import visiting

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("how", ["sleep", "lock"])
def test_the_sentence_is_on_the_page_and_a_reload_works(browser, tmp_path, how):
    with hanging_server(tmp_path) as (address, _):
        page = browser.new_page()
        page.goto(f"{address}/?do={how}")
        expect(page.get_by_role("alert").get_by_text(SENTENCE)).to_be_visible(timeout=20_000)
        page.wait_for_timeout(1000 * SECONDS + 500)
        assert health(address)[0] == 503
        # While the health check fails: as a visitor who reloads, or comes new.
        page.goto(address)
        expect(page.get_by_text("did nothing", exact=True)).to_be_visible(timeout=20_000)
        page.close()
        if how == "lock":
            with visiting(address) as other:
                other.open("do=release")
                other.wait_for("did release")
