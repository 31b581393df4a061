"""Pictures of first screens, small, and how a later one is held against them."""

import io
import time
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from tests.browser.pages.conftest import Opened

BASELINES = Path(__file__).parent / "baselines"
"""Delete a picture, run its test and look at the new one: that is how a change is accepted."""
WRITTEN: list[str] = []
"""Baselines that were missing."""
SMALLER = 4
"""Times, so that the edges of letters, which differ between machines, do not count."""
TILE = 8
"""Small pixels to a side of what is compared at a time: 32 of the screen's."""
PATIENCE = 10.0
"""Seconds for a screen to come to rest."""
STRONG, SHARE = 8.0, 0.03
"""A tile differs from a mean difference of so many of 255 levels on; so many tiles may."""


def small(page: Page) -> np.ndarray:
    """What the screen shows, [height, width, 3]."""
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    size = image.width // SMALLER, image.height // SMALLER
    return np.asarray(image.resize(size, Image.Resampling.BOX))


def differing(one: np.ndarray, other: np.ndarray) -> float:
    """Which share of the tiles differ."""
    height, width = (length - length % TILE for length in one.shape[:2])
    apart = np.abs(one.astype(float) - other)[:height, :width].mean(axis=2)
    tiles = apart.reshape(height // TILE, TILE, width // TILE, TILE).mean(axis=(1, 3))
    return float((tiles > STRONG).mean())


def assert_as_before(opened: Opened, name: str) -> None:
    """The screen, once it is at rest, against the baseline of this name, which is written if it is
    missing."""
    file, now = BASELINES / f"{name}.png", small(opened.page)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        opened.page.wait_for_timeout(400)
        before, now = now, small(opened.page)
        if np.array_equal(before, now):
            break
    if not file.exists():
        WRITTEN.append(file.name)
        Image.fromarray(now).quantize(64).save(file, optimize=True)
    known = np.asarray(Image.open(file).convert("RGB"))
    assert known.shape == now.shape
    if (share := differing(known, now)) > SHARE:
        Image.fromarray(now).save(file.with_name(f"{name}.new.png"))
    assert share <= SHARE, (
        f"{share:.0%} of the screen differ: compare {name}.png and {name}.new.png"
    )
