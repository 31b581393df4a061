"""What an update of the playground takes of the browser, with twenty points and eight layers.

    python -m benchmarks.playground

Prints JSON: draws a second in a 60 Hz drag, at the processor's own pace and slowed four times, and
milliseconds of processor time an update on the main thread, which do not depend on what else the
machine does; scripts, styles and layout have so much of them.
"""

import argparse
import asyncio
import json
import os
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from benchmarks.live import ALIVE, WATCH, drag
from benchmarks.serving import ROOT
from tests.browser.harness import chromium_path, serving

TAKEN = ("TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration")


async def taken(devtools: CDPSession) -> dict[str, float]:
    found = await devtools.send("Performance.getMetrics")
    return {one["name"]: one["value"] for one in found["metrics"] if one["name"] in TAKEN}


async def updates(page: Page, drags: int, slowed: float) -> dict[str, Any]:
    """Drags of the point in the middle; medians over them."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    control = page.locator(f"{ALIVE} .icl-live-stage >> nth=0")
    await control.evaluate(WATCH)
    sent: list[int] = []
    rates, costs = [], []
    for turn in range(drags):
        before = await taken(devtools)
        drawn = await page.evaluate("window.watch.draws")
        start, end = (0.5, 0.4) if turn % 2 == 0 else (0.4, 0.5)
        found = await drag(page, control, sent, 2.0, start, end)
        after = await taken(devtools)
        count = await page.evaluate("window.watch.draws") - drawn
        rates.append(found["draws"])
        costs.append({name: 1000 * (after[name] - before[name]) / count for name in TAKEN})
        await page.wait_for_timeout(300)
    middle = len(rates) // 2
    cost = {name: round(sorted(one[name] for one in costs)[middle], 2) for name in TAKEN}
    return {"draws_per_second": round(sorted(rates)[middle], 1), "best": round(max(rates), 1)} | {
        "milliseconds_an_update": cost
    }


async def measure(browser: Browser, drags: int) -> dict[str, Any]:
    result: dict[str, Any] = {"load_average_before": round(os.getloadavg()[0], 2)}
    with serving(ROOT / "benchmarks" / "deep_playground.py") as address:
        for slowed in (1, 4):
            page = await browser.new_page(viewport={"width": 1280, "height": 900})
            await page.goto(address)
            await page.wait_for_selector(ALIVE, timeout=60_000)
            await page.wait_for_timeout(1500)
            result[f"{slowed} times as slow"] = await updates(page, drags, slowed)
            await page.close()
    return result | {"load_average_after": round(os.getloadavg()[0], 2)}


async def run(drags: int) -> dict[str, Any]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox"]
        )
        result = await measure(browser, drags)
        await browser.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="What an update of the playground takes.")
    parser.add_argument("--drags", type=int, default=6)
    print(json.dumps(asyncio.run(run(parser.parse_args().drags)), indent=2))


if __name__ == "__main__":
    main()
