"""PNG, SVG and PDF of a figure on white paper, drawn by a Chromium that kaleido drives.

One browser serves all callers, from a thread of its own that holds the event loop: kaleido's own
shared server gives images to the wrong caller and hangs once its browser has died.
"""

import asyncio
import atexit
import contextlib
import json
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Literal, get_args

from choreographer.errors import ChromeNotFoundError
from kaleido import Kaleido, PageGenerator

from icl_core.errors import InputError
from icl_core.export.physical import in_mm, with_density
from icl_core.live.dressed import DOTS, INCH
from icl_core.live.figure import for_browser, plain_figure, readable, sized
from icl_core.live.message import FRONTEND
from icl_core.plots import Figure
from icl_core.plots.style import HEIGHT, TEMPLATES
from icl_core.validation import choice, number

LOG = logging.getLogger("icl.images")
Kind = Literal["png", "svg", "pdf"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHARP = Path(__file__).with_name("sharp.js")
"""Read by the browser after plotly.js."""
OFF_SCALE = """<script>(() => {
  %s
  const draw = Plotly.toImage;
  Plotly.toImage = ({ data, layout, config }, options) =>
    draw({ data, layout: { ...layout, annotations: annotated(data, layout) }, config }, options);
})()</script>"""
"""Curves that leave their axes say so, as on the page."""
WIDTH = 900
"""Of an image, in pixels at scale 1, unless the figure has one; the height is the figure's own."""
SCALES = (0.5, 6.25)
SCREEN, PRINT = 2.0, 6.25
"""Scales of a PNG: for a screen, and the 600 dpi that journals ask."""
ONE_IMAGE, PATIENCE, ANSWER = 20.0, 90.0, 5.0
"""Seconds that one image may take, that a caller waits while others have theirs drawn, and that the
thread may take to say that it lives."""
NO_CHROMIUM = (
    "PNG, SVG and PDF files need a Chromium or Chrome on the server and none was found: "
    "install one (apt-get install chromium) or name it in BROWSER_PATH."
)


def to_image(figure: Figure, kind: str, scale: float | None = None) -> bytes:
    """The figure on white as "png", "svg" or "pdf"; `scale` multiplies the pixels of a PNG.

    A figure that has a width is drawn for print: the file says how many mm it is wide, and a PNG
    has 600 pixels an inch unless `scale` says otherwise. May be called from any thread.

    Raises:
        InputError: No Chromium is there, the figure is too large, or drawing failed twice.
    """
    kind = choice("The kind of image", kind, KINDS)
    named = for_browser(plain_figure(figure))
    # As lists, which what labels curves in the browser can read.
    named["data"] = [trace if "z" in trace else readable(trace) for trace in named["data"]]
    plain: dict[str, Any] = json.loads(sized(named))
    plain["layout"]["template"] = TEMPLATES["paper"].to_plotly_json()
    wide = plain["layout"].get("width")
    default = SCREEN if wide is None else PRINT
    scale = number("The scale", default if scale is None else scale, SCALES)
    size = {"width": wide or WIDTH, "height": plain["layout"].get("height") or HEIGHT}
    if problem := missing():
        raise InputError(problem)
    # Vectors have no pixels: scaled, only their nominal size would grow.
    options = {"format": kind, "scale": scale if kind == "png" else 1.0} | size
    data = renderer().render(plain, options)
    if wide is None or kind == "pdf":
        return data
    return in_mm(data, size) if kind == "svg" else with_density(data, scale * DOTS / INCH)


def missing() -> str:
    """Why no image can be drawn here, in one sentence; "" if one can. Takes some milliseconds."""
    try:
        # Constructed only; nothing is started.
        Kaleido()
    except ChromeNotFoundError:
        return NO_CHROMIUM
    return ""


class Renderer:
    """A browser and the thread that talks to it, both started by the first image."""

    def __init__(self) -> None:
        self._browser: Kaleido | None = None
        self._loop = asyncio.new_event_loop()
        self._turn = asyncio.Lock()
        # A daemon: a program must be able to end while a browser hangs.
        threading.Thread(target=self._loop.run_forever, name="images", daemon=True).start()

    def render(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        """One image; a browser that has died is replaced, once."""
        task = self._submit(self._drawn(figure, options))
        try:
            return task.result(PATIENCE)
        except TimeoutError:
            task.cancel()
            raise InputError(
                "The image took too long, because many were asked for at once: "
                "try again in a minute."
            ) from None
        except _FailedError as error:
            LOG.warning("An image could not be drawn: %s", error)
            raise InputError(
                "The image could not be drawn, because the server's Chromium failed twice: "
                "try again, or save PNG or SVG below the figure."
            ) from None

    def answers(self) -> bool:
        """Whether the thread still does what it is asked."""
        try:
            self._submit(asyncio.sleep(0)).result(ANSWER)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """End the browser; the next image starts another."""
        _kill(self._browser)
        with contextlib.suppress(TimeoutError):
            self._submit(self._drop()).result(10)

    @property
    def process(self) -> int | None:
        """The browser's process, if one runs."""
        process = getattr(self._browser, "subprocess", None)
        return None if process is None else process.pid

    def _submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _drawn(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        # One at a time: closing a browser cancels everything that it was asked to draw.
        async with self._turn:
            try:
                return await self._draw_or_drop(figure, options)
            except _FailedError as error:
                LOG.warning("A new browser is started, for an image failed: %s", error)
                return await self._draw_or_drop(figure, options)

    async def _draw_or_drop(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        try:
            return await self._draw(figure, options)
        except _FailedError:
            await self._drop()
            raise

    async def _draw(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        if self._browser is None:
            # Addresses, for a path may hold #, ? or %.
            page = PageGenerator(mathjax=False, others=[SHARP.as_uri()])
            code = (FRONTEND / "offscale.mjs").read_text(encoding="utf-8")
            page.footer = OFF_SCALE % code.replace("export ", "") + page.footer
            self._browser = Kaleido(n=1, timeout=ONE_IMAGE, page_generator=page)
            await _finished(self._browser.open())
        return await _finished(self._browser.calc_fig(dict(figure), opts=dict(options)))  # type: ignore[arg-type]

    async def _drop(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            _kill(browser)
            with contextlib.suppress(_FailedError):
                await _finished(browser.close())


def _kill(browser: Kaleido | None) -> None:
    """End a browser and all processes that it has started: one that hangs does not when asked.

    It leads a group of its own; what it has in hand is lost, and it keeps nothing else.
    """
    process = getattr(browser, "subprocess", None)
    # One that has ended was waited for, and its number may be another's by now.
    if process is None or process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True)


class _FailedError(Exception):
    """The browser did not do what it was asked."""


async def _finished(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a piece of kaleido's work; a dying browser cancels it or never answers."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=ONE_IMAGE)
    finally:
        if not task.done():
            task.cancel()
    if not task.done():
        raise _FailedError(f"no answer within {ONE_IMAGE:g} s")
    if task.cancelled():
        raise _FailedError("the browser has ended")
    if error := task.exception():
        raise _FailedError(repr(error))
    return task.result()


_LOCK = threading.Lock()
_renderers: list[Renderer] = []


def renderer() -> Renderer:
    """The process's one renderer, replaced if it hangs."""
    with _LOCK:
        if _renderers and not _renderers[0].answers():
            _kill(_renderers.pop()._browser)
        if not _renderers:
            _renderers.append(Renderer())
            atexit.register(_renderers[0].close)
        return _renderers[0]
