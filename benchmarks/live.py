"""How fast live charts are, in a real Chromium.

    python -m benchmarks.live                    the demo app of the browser tests, then the app
    python -m benchmarks.live --only pages       the app: its pages, with the real engine behind
    python -m benchmarks.live --url ADDRESS      the first control of a live chart on a page

Prints JSON: draws per second in a 60 Hz drag (frames of the screen in which the picture changed,
counted apart from the component), messages to the server during drags (to be 0), milliseconds
from release to the exact figure, seconds to the
first picture and to the live chart, each time in a fresh browser profile on a warm server.
"""

import argparse
import asyncio
import json
import math
import os
import statistics
from typing import Any

from playwright.async_api import Browser, Locator, Page, async_playwright

from benchmarks.serving import ROOT
from tests.browser.harness import chromium_path, serving
from tests.browser.live import DEMO

ALIVE = ".icl-live[data-alive]"
RANGE = f"{ALIVE} input[type=range]"
RATE = 60
SCENES = ("lines", "bands", "stems", "heatmap")
PAGES = (
    "",
    "gdpp_spectrum",
    "noise_and_depth",
    "weights",
    "train",
    "softmax",
    "copying",
    "sine",
    "style",
)
PLAYGROUND = "?v=1&revealed=1&layers=6&layer=6&prompt=0+0;" + ";".join(
    f"{0.3 * i:.1f}+{0.4 * i + (-1) ** i:.1f}" for i in range(-9, 10)
)
"""Twenty points, all layers of the deepest model, and as many steps."""
CONTROLS = {
    "gamma: stems and curve": ("gdpp_spectrum", f"{RANGE} >> nth=0"),
    "sigma: lines": ("noise_and_depth", f"{RANGE} >> nth=1"),
    "layers: lines and bands, player": ("noise_and_depth", f"{RANGE} >> nth=0"),
    "training time: heatmaps, player": ("weights", f"{RANGE} >> nth=0"),
    "a point: the engine's curves": (
        "sine?v=1&prompt=-4+0.3;0+0;4+-0.3",
        f"{ALIVE} .icl-live-stage",
    ),
    "the playground: a point of 20": (PLAYGROUND, f"{ALIVE} .icl-live-stage >> nth=0"),
}
"""What is dragged in the app: the page, and which of its controls on charts. Of points that which
stands in the middle."""
SLOWED = {"the playground: a point of 20": 4}
"""What is dragged again with the browser's processor so many times as slow."""

# Milliseconds from the start of the visit to the frame after something appeared.
ARRIVALS = """(() => {
  window.arrivals = {};
  const alive = '.icl-live[data-alive]';
  const wanted = { picture: `#first-sight svg, .icl-live-wait img, ${alive}`, alive };
  const look = () => {
    for (const [name, what] of Object.entries(wanted)) {
      if (!document.querySelector(what)) continue;
      delete wanted[name];
      requestAnimationFrame(() => (window.arrivals[name] = performance.now()));
    }
  };
  const everything = { childList: true, subtree: true, attributes: true };
  new MutationObserver(look).observe(document, everything);
})()"""

# Counts the frames in which what the reader sees differs from the frame before.
WATCH = """(range) => {
  const root = range.closest('.icl-live');
  const plot = root.querySelector('.icl-live-plot');
  const watch = (window.watch = { draws: 0, frames: 0, released: 0, exact: [] });
  const all = (what, name) =>
    [...plot.querySelectorAll(`.cartesianlayer ${what}`)].map((e) => e.getAttribute(name));
  const seen = () => [
    ...all('.js-line', 'd'), ...all('.js-fill', 'd'), ...all('.hm image', 'href'),
    ...all('.point', 'transform'),
  ].join();
  let before = seen();
  const tick = () => {
    const now = seen();
    watch.frames += 1;
    watch.draws += now !== before;
    before = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  const look = () => {
    if (root.dataset.state !== 'exact' || !watch.released) return;
    watch.exact.push(performance.now() - watch.released);
    watch.released = 0;
  };
  // A frame that the grid knows exactly is so before the release.
  addEventListener('pointerup', () => {
    watch.released = performance.now();
    requestAnimationFrame(() => requestAnimationFrame(look));
  }, true);
  new MutationObserver(look)
    .observe(root, { attributes: true, attributeFilter: ['data-state'] });
}"""


async def drag(
    page: Page, control: Locator, sent: list[int], seconds: float, start: float, end: float
) -> dict[str, Any]:
    """One drag to and fro at 60 moves a second, from `start` to `end` of the control (0 to 1).

    Draws and frames a second, and the messages sent before the release.
    """
    box = await control.bounding_box()
    assert box is not None
    devtools = await page.context.new_cdp_session(page)
    underway = set()

    def mouse(kind: str, share: float, buttons: int = 1) -> None:
        """Sends without waiting: the input device does not wait for the browser either."""
        place = {"x": box["x"] + box["width"] * share, "y": box["y"] + box["height"] / 2}
        event = {"type": kind, "button": "left", "buttons": buttons, "clickCount": 1} | place
        underway.add(asyncio.ensure_future(devtools.send("Input.dispatchMouseEvent", event)))

    before = len(sent)
    mouse("mousePressed", start)
    await asyncio.sleep(0.1)
    first = await page.evaluate("({ ...window.watch, now: performance.now() })")
    clock = asyncio.get_running_loop().time
    begun = clock()
    for move in range(int(seconds * RATE)):
        # To and fro once in two seconds at an even speed, so that each move is another value.
        mouse("mouseMoved", 0.05 + 0.9 * abs(1 - (move / RATE + 0.5) % 2))
        await asyncio.sleep(max(0.0, begun + (move + 1) / RATE - clock()))
    stop = await page.evaluate("({ ...window.watch, now: performance.now() })")
    mouse("mouseMoved", end)
    await asyncio.sleep(0.1)
    messages = len(sent) - before
    answered = await page.evaluate("window.watch.exact.length")
    mouse("mouseReleased", end, buttons=0)
    await asyncio.wait(underway)
    await page.wait_for_function("seen => window.watch.exact.length > seen", arg=answered)
    elapsed = (stop["now"] - first["now"]) / 1000
    rates = {name: (stop[name] - first[name]) / elapsed for name in ("draws", "frames")}
    return rates | {"messages": messages}


async def dragging(
    browser: Browser,
    url: str,
    drags: int,
    seconds: float,
    control: str = f"{RANGE} >> nth=0",
    slowed: float = 1,
) -> dict[str, Any]:
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    sent: list[int] = []
    page.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(len(frame)))
    )
    await page.goto(url)
    moved = page.locator(control)
    await moved.wait_for()
    await moved.scroll_into_view_if_needed()
    await page.wait_for_timeout(1000)
    await moved.evaluate(WATCH)
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    seen = []
    end = 0.5
    for turn in range(drags):
        start = end
        # Never where the last one ended: without a change there is nothing to ask.
        end = 0.1 + 0.6 * (turn % 2) + 0.02 * (turn % 7)
        seen.append(await drag(page, moved, sent, seconds, start, end))
        await page.wait_for_timeout(300)
    exact = sorted(await page.evaluate("window.watch.exact"))
    await page.close()
    return {
        "draws_per_second": _spread([one["draws"] for one in seen]),
        "frames_per_second": _spread([one["frames"] for one in seen]),
        "messages_during_drags": sum(one["messages"] for one in seen),
        "release_to_exact_ms": _spread(exact) | {"p95": round(_quantile(exact, 0.95), 1)},
        "releases": len(exact),
    }


async def opening(browser: Browser, url: str, times: int) -> dict[str, Any]:
    """Seconds to the first picture and to the live chart, each time in a fresh browser profile."""
    seen = []
    for _ in range(times):
        context = await browser.new_context()
        page = await context.new_page()
        await page.add_init_script(ARRIVALS)
        await page.goto(url)
        await page.wait_for_function("window.arrivals.alive")
        seen.append(await page.evaluate("window.arrivals"))
        await context.close()
    return {
        "first_picture_s": _spread([times["picture"] / 1000 for times in seen], 2),
        "alive_s": _spread([times["alive"] / 1000 for times in seen], 2),
    }


def _spread(values: list[float], digits: int = 1) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


async def of_url(browser: Browser, url: str, options: argparse.Namespace) -> dict[str, Any]:
    await opening(browser, url, 1)
    return {
        "opening": await opening(browser, url, options.openings),
        "dragging": await dragging(browser, url, options.drags, options.seconds),
    }


async def of_demo(browser: Browser, options: argparse.Namespace) -> dict[str, Any]:
    with serving(DEMO) as address:
        urls = {scene: f"{address}/?scene={scene}" for scene in SCENES}
        await opening(browser, urls["lines"], 1)
        result: dict[str, Any] = {
            "opening": await opening(browser, urls["lines"], options.openings)
        }
        for scene, url in urls.items():
            result[scene] = await dragging(browser, url, options.drags, options.seconds)
    return result


async def of_pages(browser: Browser, options: argparse.Namespace) -> dict[str, Any]:
    with serving(ROOT / "server.py") as address:
        for page in PAGES:
            await opening(browser, f"{address}/{page}", 1)
        # The server goes on preparing what sliders can ask for.
        await asyncio.sleep(options.warm)
        result: dict[str, Any] = {
            f"opening {page or 'home'}": await opening(
                browser, f"{address}/{page}", options.openings
            )
            for page in PAGES
        }
        for name, (page, control) in CONTROLS.items():
            result[f"{page}, {name}"] = await dragging(
                browser, f"{address}/{page}", options.drags, options.seconds, control
            )
        for name, slowed in SLOWED.items():
            page, control = CONTROLS[name]
            result[f"{page}, {name}, {slowed} times as slow"] = await dragging(
                browser, f"{address}/{page}", options.drags, options.seconds, control, slowed
            )
    return result


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {"load_average_before": round(os.getloadavg()[0], 2)}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox"]
        )
        if options.url:
            result["page"] = await of_url(browser, options.url, options)
        else:
            for name, of in (("demo", of_demo), ("pages", of_pages)):
                if options.only in (None, name):
                    result[name] = await of(browser, options)
        await browser.close()
    return result | {"load_average_after": round(os.getloadavg()[0], 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast a live chart is.")
    parser.add_argument("--url", help="a page with a live chart, instead of the demo and the app")
    parser.add_argument("--only", choices=("demo", "pages"))
    parser.add_argument("--drags", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one drag")
    parser.add_argument("--openings", type=int, default=5, help="of each page")
    parser.add_argument("--warm", type=float, default=60, help="seconds for the app to prepare")
    print(json.dumps(asyncio.run(measure(parser.parse_args())), indent=2))


if __name__ == "__main__":
    main()
