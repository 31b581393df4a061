"""A real server and a real browser, for the browser tests and benchmarks/live.py."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, WebSocket

from benchmarks.serving import served

WIDE = {"width": 1200, "height": 900}


def chromium_path() -> str | None:
    return (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )


@contextmanager
def serving(script: Path, *options: str, base_path: str = "") -> Iterator[str]:
    """The address of `script`, served by Streamlit as `make run` does."""
    with served(script, *options, base_path=base_path) as server:
        yield server.address


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
        page.on("websocket", self._connected)

    def _connected(self, socket: WebSocket) -> None:
        self.socket = socket
        socket.on("framesent", lambda message: self.sent.append(message))

    @contextmanager
    def a_message(self) -> Iterator[None]:
        """Waits for what the page sends the server because of what is done within."""
        with self.socket.expect_event("framesent"):
            yield

    def _heard(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} {message.location['url']}")

    def open(self, path: str, charts: int = 1) -> "Watched":
        self.page.goto(f"{self.address}/{path}")
        alive = self.page.locator(".icl-live[data-alive]")
        alive.nth(charts - 1).wait_for(state="attached")
        return self

    def wait_until(self, expression: str) -> None:
        self.page.wait_for_function(expression, timeout=10_000)

    def state(self, state: str, number: int = 0) -> None:
        self.wait_until(
            f"document.querySelectorAll('.icl-live')[{number}]?.dataset.state === '{state}'"
        )

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
        found = self.page.locator(".icl-live input[type=range]").nth(slider)
        found.scroll_into_view_if_needed()
        box = found.bounding_box()
        assert box is not None
        return box["x"] + share * box["width"], box["y"] + box["height"] / 2

    def place(self, slider: int = 0) -> float:
        """Where a slider stands, in steps: while it is held, between two of them too."""
        return float(self.page.locator(".icl-live input[type=range]").nth(slider).input_value())

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

    def ranges(self, number: int = 0) -> list[float]:
        return self.plot("plot.layout.xaxis.range.concat(plot.layout.yaxis.range)", number)

    def zoom(self, number: int = 0) -> list[float]:
        """Zoom with the mouse; the range that results."""
        before = self.ranges(number)
        area = self.page.locator(".icl-live-plot").nth(number).locator(".nsewdrag").first
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        assert box is not None
        x, y, width, height = box["x"], box["y"], box["width"], box["height"]
        self.page.mouse.move(x + 0.3 * width, y + 0.4 * height)
        self.page.mouse.down()
        self.page.mouse.move(x + 0.7 * width, y + 0.95 * height, steps=4)
        self.page.mouse.up()
        self.wait_until(
            f"document.querySelectorAll('.icl-live-plot')[{number}].layout.xaxis.range[0]"
            f" !== {before[0]}"
        )
        return self.ranges(number)


@contextmanager
def opening(
    browser: Browser, shared: BrowserContext | None = None
) -> Iterator[Callable[..., Watched]]:
    """`visit(address, path)` opens a page; in a profile of its own if options ask for one.

    Other pages are in the profile `shared`, whose cache saves them seconds. At the end nothing
    must have been complained about, and no other host been asked.
    """
    opened: list[Watched] = []

    def visit(
        address: str, path: str = "", charts: int = 1, viewport: Any = WIDE, **options: Any
    ) -> Watched:
        own = options or shared is None
        context = browser.new_context(**options) if own else shared
        page = context.new_page()
        page.set_viewport_size(viewport)
        watched = Watched(page, address)
        opened.append(watched)
        return watched.open(path, charts)

    yield visit
    for watched in opened:
        context = watched.page.context
        watched.page.close()
        if context is not shared:
            context.close()
        assert not watched.complaints, watched.complaints
        assert watched.hosts == {watched.address.split("/")[2]}
