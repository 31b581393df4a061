"""The demo app, and its charts opened one by one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.harness import Watched, opening, serving
from tests.browser.live import DEMO


@pytest.fixture(scope="session")
def demo(browser: Browser) -> Iterator[str]:
    """The address of the demo app; `browser` first, so that without one no server starts."""
    with serving(DEMO) as address:
        yield address


@pytest.fixture
def chart(browser: Browser, demo: str) -> Iterator[Callable[..., Watched]]:
    """`chart(scene)` opens a scene; at the end nothing must have been complained about."""
    with opening(browser) as visit:

        def open_chart(scene: str, charts: int = 1, address: str = demo, **options: Any) -> Watched:
            return visit(address, f"?scene={scene}", charts, **options)

        yield open_chart
