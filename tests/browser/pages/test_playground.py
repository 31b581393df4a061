"""The playground: guess, reveal, drag; by mouse, by keys or touch alone; whole at first sight."""

from typing import Any

import numpy as np
import pytest

from icl_core.export.recipe import HOME
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.playground.config import Playground
from icl_core.lessons.shared.points import format_points
from icl_core.live.grid import safe_uid
from tests.browser.pages.conftest import Opened

pytestmark = pytest.mark.browser

HANDLES = ".icl-live-stage:not(.icl-live-single) .icl-live-point"
GUESS = ".icl-live-single .icl-live-point"
SAID = ".icl-live-said"
SCREENS = {"wide": {"width": 1280, "height": 720}, "phone": {"width": 390, "height": 844}}
TOUCH = {"viewport": SCREENS["phone"], "has_touch": True, "is_mobile": True}


def values(opened: Opened, uid: str) -> np.ndarray:
    """x and y of a trace on screen; breaks are nan."""
    code = f"plot._fullData.find((t) => t.uid === {safe_uid(uid)!r})"
    found = opened.watched.plot(f"['x', 'y'].map((name) => Array.from({code}[name]))")
    return np.array(found, float)


def points(opened: Opened, uid: str = "points") -> list[tuple[float, float]]:
    return [(x, y) for x, y in values(opened, uid).T.tolist()]


def shows(opened: Opened, name: str = "line", **choices: Any) -> None:
    """Every trace and the sentence are those of the server's figure, to 1e-10."""
    view = LESSONS[HOME].view(name, Playground(**choices))
    traces: Any = view.figure.data
    for trace in traces:
        expected = np.array([trace.x, trace.y], float)
        np.testing.assert_allclose(values(opened, trace.uid), expected, rtol=1e-10, atol=1e-10)
    assert opened.page.locator(SAID).inner_text() == view.said.replace("**", "")


def place(opened: Opened, what: str, index: int = 0) -> tuple[float, float]:
    box = opened.page.locator(what).nth(index).bounding_box()
    assert box is not None
    assert box["width"] >= 24 <= box["height"]
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_the_first_screen_holds_the_picture_and_the_button(visit, screen):
    page = visit("", {"viewport": screen}).page
    for what in ("h1", SAID, ".icl-live-stage", ".icl-live-toggle"):
        box = page.locator(what).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= screen["height"], what


def test_a_guess_then_the_answers_then_a_drag(visit):
    opened = visit("")
    page, watched = opened.page, opened.watched
    shows(opened)
    sent, (x, y) = len(watched.sent), place(opened, GUESS)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 40, steps=4)
    watched.next_frame()
    assert values(opened, "guess")[1, 0] > 0.5
    assert np.isnan(values(opened, "model")[1]).all()
    assert len(watched.sent) == sent
    page.mouse.up()
    guess = float(opened.moved("guess"))
    page.get_by_role("button", name="Reveal", exact=True).click()
    opened.moved("revealed")
    shows(opened, guess=guess, revealed=True)

    before, sent = points(opened), len(watched.sent)
    x, y = place(opened, HANDLES, 5)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in (1, 2, 3):
        page.mouse.move(x + 20 * step, y - 30 * step)
        watched.next_frame()
        moved = points(opened)
        assert moved[5] != before[5]
        assert moved[:5] + moved[6:] == before[:5] + before[6:]
        shows(opened, guess=guess, revealed=True, prompt=format_points(moved))
    watched.state("exact")
    assert len(watched.sent) == sent
    with watched.a_message():
        page.mouse.up()
    assert opened.moved("prompt") == format_points(moved)
    assert len(watched.sent) == sent + 1
    page.reload()
    page.wait_for_selector(".icl-live[data-alive]")
    assert points(opened) == moved
    shows(opened, guess=guess, revealed=True, prompt=format_points(moved))


def test_noise_takes_the_points_along_and_a_layer_is_played(visit):
    opened = visit("", revealed="1")
    before, sent = np.array(points(opened)), len(opened.watched.sent)
    opened.watched.grab(0.33, 0.7)
    moved = np.array(points(opened))
    assert (moved[:, 0] == before[:, 0]).all()
    assert np.abs(moved[:, 1] - before[:, 1]).max() > 1
    assert len(opened.watched.sent) == sent
    opened.page.mouse.up()
    sigma = float(opened.moved("sigma"))
    shows(opened, sigma=sigma, revealed=True)
    opened.page.locator(".icl-live").focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        opened.page.keyboard.press(key)
    assert opened.moved("layer") == "2"
    shows(opened, sigma=sigma, revealed=True, layer=2)


def test_an_outlier_and_a_new_prompt(visit):
    opened = visit("", revealed="1")
    opened.page.get_by_role("button", name="Make an outlier").click()
    prompt = opened.moved("prompt")
    shows(opened, revealed=True, prompt=prompt)
    opened.page.get_by_role("button", name="New prompt").click()
    seed = int(opened.moved("seed"))
    opened.linked({"seed": str(seed)})
    shows(opened, seed=seed)


def test_keys_alone_do_it_all(visit):
    """To the guess by Tab, then to Reveal, a point moved and removed, one added."""
    opened = visit("")
    page = opened.page

    def go_to(what: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("what => document.activeElement.matches(what)", what):
                return
        raise AssertionError(f"No {what} among the stops of Tab.")

    page.locator("h1").click()
    go_to(".icl-live-toggle")
    page.keyboard.press("Enter")
    opened.moved("revealed")
    count = len(points(opened))
    go_to(HANDLES)
    page.keyboard.press("Shift+ArrowUp")
    opened.moved("prompt")
    page.keyboard.press("Delete")
    opened.watched.next_frame()
    assert len(points(opened)) == count - 1
    go_to(GUESS)
    assert "Your guess: x = 2.00" in page.locator(GUESS).get_attribute("aria-label")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Delete")
    assert float(opened.moved("guess")) == pytest.approx(1.2)
    assert page.locator(GUESS).count() == 1
    prompt = opened.link["prompt"]
    shows(opened, guess=1.2, revealed=True, prompt=prompt)


def test_fingers_alone_do_it_all(visit):
    """On a phone: the guess and a point dragged, revealed, one added by a tap."""
    opened = visit("", TOUCH)
    page = opened.page
    devtools = page.context.new_cdp_session(page)

    def drag(start: tuple[float, float], dy: float) -> None:
        for kind, share in (("touchStart", 0), ("touchMove", 0.5), ("touchMove", 1)):
            touch = [{"x": start[0], "y": start[1] + share * dy}]
            devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touch})
            opened.watched.next_frame()
        devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    top = page.evaluate("scrollY")
    drag(place(opened, GUESS), -40)
    guess = float(opened.moved("guess"))
    assert guess > 0.5
    page.get_by_role("button", name="Reveal", exact=True).tap()
    opened.moved("revealed")
    drag(place(opened, HANDLES, 6), -50)
    opened.moved("prompt")
    assert page.evaluate("scrollY") == top
    page.get_by_role("button", name="Add", exact=True).tap()
    opened.watched.next_frame()
    assert len(points(opened)) == 11
    opened.watched.wait_until("location.search.split('%3B').length === 11")
    shows(opened, guess=guess, revealed=True, prompt=opened.link["prompt"])


def test_inputs_in_a_plane_are_dragged(visit):
    opened = visit("")
    opened.page.locator(".st-key-home_dim").get_by_text("two: a plane").click()
    opened.linked({"dim": "2"})
    shows(opened, "plane", dim=2)
    sent, (x, y) = len(opened.watched.sent), place(opened, HANDLES, 7)
    opened.page.mouse.move(x, y)
    opened.page.mouse.down()
    opened.page.mouse.move(x - 30, y + 60, steps=4)
    opened.watched.next_frame()
    moved = format_points(points(opened, "inputs"))
    shows(opened, "plane", dim=2, inputs=moved)
    assert len(opened.watched.sent) == sent
    opened.page.mouse.up()
    assert opened.moved("inputs") == moved
    shows(opened, "plane", dim=2, inputs=moved)
