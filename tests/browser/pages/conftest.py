"""The app, served once, and its pages opened one by one."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext

from benchmarks.serving import ROOT
from icl_core.export.recipe import HOME
from icl_core.lessons.catalog import LESSONS
from tests.browser.harness import Watched, opening, serving

LESSON_CHARTS = {
    "" if page == HOME else page: len(lesson.shown(lesson.default))
    for page, lesson in LESSONS.items()
}
CHARTS = LESSON_CHARTS | {"train": 1, "style": 2}
"""How many charts a page has; home has no name in the address, train shows an example."""

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
PRESSED = ".st-key-controls [data-testid=stButtonGroup] [aria-checked=true]"
NUMBERS = """() => [...document.querySelectorAll('.icl-live-plot')].map((plot) =>
  (plot._fullData ?? []).map((trace) => [trace.uid, ...['x', 'y', 'z'].map((field) =>
    Array.from(trace[field] ?? [], (value) =>
      ArrayBuffer.isView(value) ? Array.from(value) : value))]))"""


class Opened:
    """A page of the app in a browser."""

    def __init__(self, watched: Watched, name: str) -> None:
        self.watched = watched
        self.page = watched.page
        self.name = name

    @property
    def link(self) -> dict[str, str]:
        """The choices that the address holds."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def linked(self, wanted: Mapping[str, str]) -> None:
        """Wait until the address holds exactly these choices and the server rests."""
        query = {"v": "1"} | dict(wanted) if wanted else {}
        self.page.wait_for_function(
            "wanted => JSON.stringify([...new URLSearchParams(location.search)].sort()) === wanted",
            arg=json.dumps(sorted([*pair] for pair in query.items()), separators=(",", ":")),
            timeout=15_000,
        )
        self.rest()

    def moved(self, field: str) -> str:
        """Wait until the address holds a choice, whatever it is, and the server rests."""
        self.page.wait_for_function(
            "field => new URLSearchParams(location.search).has(field)", arg=field, timeout=15_000
        )
        self.rest()
        return self.link[field]

    def rest(self) -> None:
        self.page.wait_for_selector(IDLE, timeout=30_000)
        self.watched.next_frame()

    def numbers(self) -> list[Any]:
        """All that the charts have plotted."""
        return self.page.evaluate(NUMBERS)

    def shows(self, numbers: list[Any]) -> None:
        """Wait until the charts have plotted exactly this."""
        self.page.wait_for_function(
            f"wanted => JSON.stringify(({NUMBERS})()) === wanted",
            arg=self.page.evaluate("numbers => JSON.stringify(numbers)", numbers),
            timeout=15_000,
        )

    def more(self) -> None:
        """Open what is behind "More choices"."""
        self.page.locator(".st-key-more button").click()

    def choose(self, field: str, option: str) -> None:
        """Press one option of a row of them, which may be behind "More choices"."""
        widget = self.page.locator(f".st-key-{self.name}_{field}")
        behind = widget.count() == 0
        if behind:
            self.more()
        widget.get_by_text(option, exact=True).click()
        if behind:
            self.page.keyboard.press("Escape")
            widget.wait_for(state="hidden")

    def pressed(self) -> list[str]:
        """The options chosen, of all rows of options."""
        return self.page.locator(PRESSED).all_inner_texts()


@pytest.fixture(scope="session")
def app(browser: Browser) -> Iterator[str]:
    """The address of the app; `browser` first, so that without one no server starts."""
    with serving(ROOT / "server.py") as address:
        yield address


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """A profile that keeps what it has loaded, for all visits that need no other."""
    context = browser.new_context(color_scheme="light")
    yield context
    context.close()


@pytest.fixture
def visit(browser: Browser, profile: BrowserContext, app: str) -> Iterator[Callable[..., Opened]]:
    """`visit(page, **link)` opens a page; at the end nothing must have been complained about."""
    with opening(browser, profile) as open_page:

        def go(name: str, options: Mapping[str, Any] | None = None, **link: str) -> Opened:
            path = name + ("?" + urlencode({"v": "1"} | link) if link else "")
            looks = {"charts": CHARTS[name]} | dict(options or {})
            opened = Opened(open_page(app, path, **looks), name)
            opened.rest()
            return opened

        yield go
