"""The sine: points dragged, added and removed, by mouse and keys; what the pointer weighs."""

from typing import Any

import numpy as np
import pytest

from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.sine.config import Sine
from icl_core.plots.figure import Figure

pytestmark = pytest.mark.browser

HANDLES = ".icl-live-point"


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


def values(watched, uid: str) -> np.ndarray:
    """x and y of a trace on screen; breaks are nan."""
    code = f"plot._fullData.find((t) => t.uid === {uid!r})"
    found = watched.plot(f"['x', 'y'].map((name) => Array.from({code}[name]))")
    return np.array(found, float)


def points(watched) -> list[list[float]]:
    return values(watched, "points").T.tolist()


def assert_shows(watched, figure: Figure) -> None:
    """Every trace on screen is that of the figure, to 1e-10."""
    traces: Any = figure.data
    for trace in traces:
        expected = np.array([trace.x, trace.y], float)
        close(values(watched, trace.uid), expected)


def of_engine(**choices: Any) -> Figure:
    return LESSONS["sine"].view("prompt", Sine(**choices)).figure


def text(rows: list[list[float]]) -> str:
    return "; ".join(f"{x!r} {y!r}" for x, y in rows)


def place(watched, index: int) -> tuple[float, float]:
    box = watched.page.locator(HANDLES).nth(index).bounding_box()
    assert box["width"] >= 24 <= box["height"]
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("choices", [{}, {"law": "printed", "model": "control"}])
def test_a_drag_shows_what_python_says_and_asks_nobody(visit, choices):
    watched = visit("sine", **choices).watched
    before, sent = points(watched), len(watched.sent)
    x, y = place(watched, 4)
    watched.page.mouse.move(x, y)
    watched.page.mouse.down()
    for step in (1, 2, 3):
        watched.page.mouse.move(x + 9 * step, y - 12 * step)
        watched.next_frame()
        moved = points(watched)
        assert moved[4][0] > before[4][0]
        assert moved[4][1] > before[4][1]
        assert moved[:4] + moved[5:] == before[:4] + before[5:]
        assert_shows(watched, of_engine(prompt=text(moved), **choices))
        before = [*before[:4], moved[4], *before[5:]]
    watched.state("exact")
    assert len(watched.sent) == sent
    with watched.a_message():
        watched.page.mouse.up()
    watched.wait_until("location.search.includes('prompt=')")
    assert len(watched.sent) == sent + 1
    assert points(watched) == moved
    assert_shows(watched, of_engine(prompt=text(moved), **choices))
    watched.page.reload()
    watched.page.wait_for_selector(".icl-live[data-alive]")
    assert points(watched) == moved


def test_keys_move_a_point_and_remove_it(visit):
    watched = visit("sine").watched
    (x, y), count = points(watched)[2], len(points(watched))
    handle = watched.page.locator(HANDLES).nth(2)
    assert f"Point 3 of {count}" in handle.get_attribute("aria-label")
    handle.focus()
    watched.page.keyboard.press("ArrowUp")
    watched.page.keyboard.press("ArrowRight")
    watched.wait_until("location.search.includes('prompt=')")
    assert points(watched)[2] == pytest.approx([x + 0.1, y + 0.016], abs=1e-9)
    watched.page.keyboard.press("Delete")
    watched.next_frame()
    assert len(points(watched)) == watched.page.locator(HANDLES).count() == count - 1
    assert watched.page.evaluate("document.activeElement.className") == "icl-live-point"
    watched.state("exact")
    assert_shows(watched, of_engine(prompt=text(points(watched))))


def test_points_are_added_and_removed_up_to_the_limits(visit):
    watched = visit("sine", prompt="-2 0.3; 2 -0.1").watched
    page = watched.page
    stage = page.locator(".icl-live-stage").bounding_box()
    page.mouse.dblclick(stage["x"] + 0.5 * stage["width"], stage["y"] + 0.25 * stage["height"])
    watched.wait_until("document.querySelectorAll('.icl-live-point').length === 3")
    watched.next_frame()
    assert points(watched)[2] == pytest.approx([0, 0.4], abs=0.02)
    add, remove = (page.get_by_role("button", name=name, exact=True) for name in ("Add", "Remove"))
    for _ in range(17):
        add.click()
    watched.next_frame()
    assert len(points(watched)) == 20
    assert add.is_disabled()
    page.mouse.dblclick(*place(watched, 0))
    watched.wait_until("document.querySelectorAll('.icl-live-point').length === 19")
    watched.next_frame()
    assert [-2, 0.3] not in points(watched)
    for _ in range(18):
        remove.click()
    watched.next_frame()
    assert len(points(watched)) == 1
    assert remove.is_disabled()
    watched.state("exact")
    watched.next_frame()
    assert_shows(watched, of_engine(prompt=text(points(watched))))


def test_the_pointer_chooses_the_query_until_it_leaves(visit):
    watched = visit("sine").watched
    sent, rest = len(watched.sent), values(watched, "stems")
    stage = watched.page.locator(".icl-live-stage").bounding_box()
    watched.page.mouse.move(stage["x"] + 0.2 * stage["width"], stage["y"] + 4, steps=3)
    watched.next_frame()
    query = float(values(watched, "at")[0, 0])
    assert query == pytest.approx(-3.1, abs=0.1)
    assert_shows(watched, of_engine(query=query))
    assert not np.allclose(values(watched, "stems"), rest, equal_nan=True)
    watched.page.mouse.move(stage["x"], stage["y"] - 60, steps=3)
    watched.next_frame()
    close(values(watched, "stems"), rest)
    assert len(watched.sent) == sent
