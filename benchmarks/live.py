"""How fast a live chart is, in a real Chromium.

    python -m benchmarks.live                    the demo app of the browser tests
    python -m benchmarks.live --url ADDRESS      the first live chart with a slider on a page

Prints JSON: draws per second in a 60 Hz drag (frames of the screen in which the picture changed,
counted apart from the component), messages to the server during drags (to be 0), milliseconds
from release to exact figure, seconds to the first picture and to the live chart in a fresh browser.
"""

import argparse
import asyncio
import json
import math
import os
import statistics
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.live.harness import chromium_path, serving

ALIVE = ".icl-live[data-alive]"
RATE = 60

# Milliseconds from the start of the visit to the frame after something appeared.
ARRIVALS = """(() => {
  window.arrivals = {};
  const alive = '.icl-live[data-alive]';
  const wanted = { picture: `.icl-live-wait img, ${alive}`, alive };
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
WATCH = """() => {
  const root = [...document.querySelectorAll('.icl-live')].find(
    (chart) => chart.querySelector('.icl-live-slider'));
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
  addEventListener('pointerup', () => (watch.released = performance.now()), true);
  new MutationObserver(() => {
    if (root.dataset.state === 'exact' && watch.released) {
      watch.exact.push(performance.now() - watch.released);
      watch.released = 0;
    }
  }).observe(root, { attributes: true, attributeFilter: ['data-state'] });
}"""


async def drag(page: Page, seconds: float, end: float) -> dict[str, float]:
    """One drag to and fro at 60 moves a second, released at `end` of the slider (0 to 1)."""
    slider = page.locator(f"{ALIVE} .icl-live-slider input").first
    await slider.scroll_into_view_if_needed()
    box = await slider.bounding_box()
    assert box is not None
    devtools = await page.context.new_cdp_session(page)
    underway = set()

    def mouse(kind: str, share: float, buttons: int = 1) -> None:
        """Sends without waiting: the input device does not wait for the browser either."""
        place = {"x": box["x"] + box["width"] * share, "y": box["y"] + box["height"] / 2}
        event = {"type": kind, "button": "left", "buttons": buttons, "clickCount": 1} | place
        underway.add(asyncio.ensure_future(devtools.send("Input.dispatchMouseEvent", event)))

    mouse("mousePressed", 0.5)
    await asyncio.sleep(0.1)
    start = await page.evaluate("({ ...window.watch, now: performance.now() })")
    clock = asyncio.get_running_loop().time
    begun = clock()
    for move in range(int(seconds * RATE)):
        # To and fro once in two seconds at an even speed, so that each move is another value.
        mouse("mouseMoved", 0.05 + 0.9 * abs(1 - (move / RATE + 0.5) % 2))
        await asyncio.sleep(max(0.0, begun + (move + 1) / RATE - clock()))
    stop = await page.evaluate("({ ...window.watch, now: performance.now() })")
    mouse("mouseMoved", end)
    await asyncio.sleep(0.1)
    mouse("mouseReleased", end, buttons=0)
    await asyncio.wait(underway)
    elapsed = (stop["now"] - start["now"]) / 1000
    return {name: (stop[name] - start[name]) / elapsed for name in ("draws", "frames")}


async def dragging(browser: Browser, url: str, drags: int, seconds: float) -> dict[str, Any]:
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    sent: list[int] = []
    page.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(len(frame)))
    )
    await page.goto(url)
    await page.wait_for_selector(f"{ALIVE} .icl-live-slider")
    await page.wait_for_timeout(1000)
    await page.evaluate(WATCH)
    rates, messages = [], 0
    for turn in range(drags):
        before = len(sent)
        rates.append(await drag(page, seconds, end=(turn % 7 + 1) / 9))
        # One message belongs to the release.
        await page.wait_for_timeout(800)
        messages += max(0, len(sent) - before - 1)
    exact = sorted(await page.evaluate("window.watch.exact"))
    await page.close()
    return {
        "draws_per_second": _spread([rate["draws"] for rate in rates]),
        "frames_per_second": _spread([rate["frames"] for rate in rates]),
        "messages_during_drags": messages,
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


async def measure(urls: dict[str, str], drags: int, seconds: float) -> dict[str, Any]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox"]
        )
        first = next(iter(urls.values()))
        await opening(browser, first, 1)
        result: dict[str, Any] = {"opening": await opening(browser, first, 5)}
        for name, url in urls.items():
            result[name] = await dragging(browser, url, drags, seconds)
        await browser.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast a live chart is.")
    parser.add_argument("--url", help="a page with a live chart (default: the demo app)")
    parser.add_argument("--drags", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one drag")
    options = parser.parse_args()
    if options.url:
        result = asyncio.run(measure({"page": options.url}, options.drags, options.seconds))
    else:
        with serving() as address:
            scenes = ("lines", "bands", "stems", "heatmap")
            urls = {scene: f"{address}/?scene={scene}" for scene in scenes}
            result = asyncio.run(measure(urls, options.drags, options.seconds))
    result["load_average"] = round(os.getloadavg()[0], 2)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
