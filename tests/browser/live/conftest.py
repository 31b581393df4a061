"""Chromium, the demo app, and a page that notices what must not happen."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.live.harness import chromium_path, serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        reason = "no Chromium: install one (apt-get install chromium) or name it in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def demo(browser: Browser) -> Iterator[str]:
    """The address of the demo app; `browser` first, so that without one no server starts."""
    with serving() as address:
        yield address


class Watched:
    """A page with a live chart, and what passed between it and the world."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.sent: list[str | bytes] = []
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))

    def _sent(self, message: str | bytes) -> None:
        self.sent.append(message)

    def _heard(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self, scene: str, charts: int = 1) -> "Watched":
        self.page.goto(f"{self.address}/?scene={scene}")
        alive = self.page.locator(".icl-live[data-alive]")
        alive.nth(charts - 1).wait_for(state="attached")
        return self

    def wait_until(self, expression: str) -> None:
        self.page.wait_for_function(expression, timeout=10_000)

    def state(self, state: str) -> None:
        self.page.wait_for_selector(f".icl-live[data-state={state}]", timeout=10_000)

    def plot(self, expression: str, number: int = 0):
        """`expression` of `plot`, the element that plotly draws in."""
        return self.page.evaluate(
            "([n, code]) => new Function('plot', `return ${code}`)"
            "(document.querySelectorAll('.icl-live-plot')[n])",
            [number, expression],
        )

    def paths(self, number: int = 0) -> list[str]:
        parts = "'.cartesianlayer .js-line, .cartesianlayer .js-fill'"
        return self.plot(
            f"[...plot.querySelectorAll({parts})].map((e) => e.getAttribute('d'))", number
        )

    def grab(self, share: float, to: float, slider: int = 0) -> None:
        """Drag a slider and do not let go."""
        self.page.mouse.move(*self.on_slider(share, slider))
        self.page.mouse.down()
        self.carry_to(to, slider)

    def carry_to(self, share: float, slider: int = 0) -> None:
        self.page.mouse.move(*self.on_slider(share, slider), steps=12)
        self.next_frame()

    def on_slider(self, share: float, slider: int = 0) -> tuple[float, float]:
        box = self.page.locator(".icl-live-slider input").nth(slider).bounding_box()
        assert box is not None
        return box["x"] + share * box["width"], box["y"] + box["height"] / 2

    def point_at(self, number: int, layer: float, loss: float) -> None:
        """Move the mouse to a point of a chart with the axes of `line_figure`."""
        area = self.page.locator(".icl-live-plot .nsewdrag").nth(number)
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        assert box is not None
        x = box["x"] + box["width"] * (layer - 1) / 49
        y = box["y"] + box["height"] * (1 - loss / 5)
        self.page.mouse.move(x, y, steps=3)

    def next_frame(self) -> None:
        """Until what was asked for is on screen: plotly draws at the frame after ours."""
        self.page.evaluate(
            "() => new Promise((go) => { let n = 4;"
            "const tick = () => (n-- ? requestAnimationFrame(tick) : go()); tick(); })"
        )

    def zoom(self, number: int = 0) -> list[float]:
        """Zoom with the mouse; the range that results."""
        box = self.page.locator(".icl-live-plot .nsewdrag").nth(number).bounding_box()
        assert box is not None
        x, y, width, height = box["x"], box["y"], box["width"], box["height"]
        self.page.mouse.move(x + 0.3 * width, y + 0.4 * height)
        self.page.mouse.down()
        self.page.mouse.move(x + 0.7 * width, y + 0.95 * height, steps=4)
        self.page.mouse.up()
        self.wait_until(
            f"document.querySelectorAll('.icl-live-plot')[{number}].layout.xaxis.range[0] > 5"
        )
        return self.plot("plot.layout.xaxis.range.concat(plot.layout.yaxis.range)", number)


@pytest.fixture
def chart(browser: Browser, demo: str) -> Iterator[Callable[..., Watched]]:
    """`chart(scene)` opens a scene; at the end nothing must have been complained about."""
    opened: list[Watched] = []

    def open_chart(scene: str, charts: int = 1, address: str = demo, **options: Any) -> Watched:
        options.setdefault("viewport", {"width": 1200, "height": 900})
        context = browser.new_context(**options)
        watched = Watched(context.new_page(), address)
        opened.append(watched)
        return watched.open(scene, charts)

    yield open_chart
    for watched in opened:
        watched.page.context.close()
        assert watched.complaints == []
        assert watched.hosts == {watched.address.split("/")[2]}
