"""All questions without a mouse: by keys alone, and by touch alone."""

import pytest

from icl_core.lessons.catalog import LESSONS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ASKING = [page for page, lesson in LESSONS.items() if lesson.steps]
FOCUSED = "sought => document.activeElement.closest(sought) !== null"


def at_step(page, number: int) -> None:
    """Wait for a question."""
    said = "n => new URLSearchParams(location.search).get('step') === `${n}`"
    page.wait_for_function(said, arg=number)
    page.locator(".st-key-step_reveal").wait_for()


def tab_to(page, sought: str, most: int = 60) -> None:
    """Press Tab until the focus is within `sought`."""
    for _ in range(most):
        if page.evaluate(FOCUSED, sought):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{most} times Tab do not lead to {sought}")


@pytest.mark.parametrize("name", ASKING)
def test_all_steps_are_done_with_the_keys(visit, name):
    steps = LESSONS[name].steps
    opened = visit(name, {"viewport": {"width": 1280, "height": 720}, "charts": 1}, step="1")
    page = opened.page
    # The first by Tab: from the question's guess to its answer, and on to the chart below.
    guess = "[data-testid=stRadio]" if steps[0].options else "[data-testid=stSlider]"
    tab_to(page, guess)
    page.keyboard.press("Space" if steps[0].options else "ArrowRight")
    opened.rest()
    tab_to(page, ".st-key-step_reveal", most=6)
    page.keyboard.press("Enter")
    page.locator(".st-key-step_onward").wait_for(state="attached")
    for number in range(2, len(steps) + 1):
        page.keyboard.press("ArrowRight")
        at_step(page, number)
        opened.rest()
        page.keyboard.press("ArrowRight")
        page.locator(".st-key-step_onward").wait_for(state="attached")
    opened.rest()
    tab_to(page, ".icl-live", most=30)
    page.keyboard.press("Escape")
    page.locator(".st-key-step_row").wait_for(state="detached")


@pytest.mark.parametrize("name", ["several_layers", "one_prompt"])
def test_questions_are_answered_by_touch(visit, name):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    opened = visit(name, phone | {"charts": 1}, step="1")
    page, steps = opened.page, LESSONS[name].steps
    for number, step in enumerate(steps, 1):
        at_step(page, number)
        opened.rest()
        if step.options:
            page.locator("[data-testid=stRadio] label").last.tap()
            opened.rest()
        page.locator(".st-key-step_reveal button").tap()
        page.locator(".st-key-step_onward").wait_for(state="attached")
        opened.rest()
        if number < len(steps):
            page.locator(".st-key-step_onward a").tap()
