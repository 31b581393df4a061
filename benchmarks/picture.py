"""The moving picture of the README: a point is dragged on the playground, and the lines follow.

`python -m benchmarks.picture` draws docs/playground.webp again, in a Chromium on its own server.
"""

import io
import sys
from itertools import pairwise
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.serving import ROOT, served
from tests.browser.harness import chromium_path

FILE = ROOT / "docs" / "playground.webp"
SIZE: Any = {"width": 900, "height": 640}
WAY = ((0.0, 0.0), (60.0, -150.0), (-60.0, 130.0), (0.0, 0.0))
"""Pixels from where the point lies, and back."""
FRAMES, SECONDS = 12, 0.07
"""Of each stretch of the way, and for each."""
MOST = 1_500_000
"""Bytes."""


def drag(page: Page) -> list[Image.Image]:
    """What is seen while the outermost point is led along the way."""
    page.get_by_role("button", name="Reveal").click()
    page.wait_for_timeout(1000)
    box = page.locator(".icl-live-point").nth(2).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    seen = []
    for (x0, y0), (x1, y1) in pairwise(WAY):
        for share in (frame / FRAMES for frame in range(1, FRAMES + 1)):
            page.mouse.move(x + x0 + share * (x1 - x0), y + y0 + share * (y1 - y0))
            page.wait_for_timeout(50)
            seen.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    page.mouse.up()
    return seen


def main() -> int:
    """Draw the picture; 1 if it is too large for a README."""
    with served(ROOT / "server.py") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(f"{server.address}/?only=line")
        page.locator(".icl-live[data-alive]").wait_for()
        frames = drag(page)
        browser.close()
    looks: dict[str, Any] = {"duration": round(1000 * SECONDS), "loop": 0, "quality": 60}
    frames[0].save(FILE, save_all=True, append_images=frames[1:], **looks)
    size = FILE.stat().st_size
    print(f"{FILE.relative_to(ROOT)}: {len(frames)} pictures, {size:,} bytes")
    return int(size > MOST)


if __name__ == "__main__":
    sys.exit(main())
