"""Numbers typed in a real browser: what its own number boxes and columns would have dropped."""

import pytest

pytestmark = pytest.mark.browser
TABLE = "[data-testid=stDataFrame]"


@pytest.mark.parametrize("typed", ["0,4", "2,5", "−2", "1 0"])
def test_a_box_takes_what_is_meant_or_says_why_not(visit, typed):
    opened = visit("train")
    opened.more()
    box = opened.page.get_by_label("Level", exact=True)
    box.fill("")
    box.press_sequentially(typed)
    box.press("Enter")
    if "," in typed:
        opened.linked({"sigma": typed.replace(",", ".")})
    else:
        opened.page.get_by_text("stays.").wait_for()
        assert box.input_value() == typed
        opened.linked({})


def test_a_cell_takes_what_is_meant_and_keeps_what_is_refused(visit):
    opened = visit("construction")
    page = opened.page

    def edit(text):
        page.locator(TABLE).scroll_into_view_if_needed()
        place = page.locator(TABLE).bounding_box()
        # The first number of the first example.
        page.mouse.dblclick(place["x"] + 0.4 * place["width"], place["y"] + 52)
        cell = page.locator("#portal textarea").first
        cell.fill(text)
        cell.press("Enter")

    edit("1e9")
    page.get_by_text("x1 of example 1 is '1e9', out of range").wait_for()
    assert page.locator(TABLE).is_visible()
    opened.linked({})
    edit("0,7")
    opened.linked(
        {"prompt": "0.7 -0.3 1.1; -0.5 0.2 -0.9; 0.3 0.45 -0.4; -0.1 -0.35 0.6; 0.2 -0.2"}
    )
