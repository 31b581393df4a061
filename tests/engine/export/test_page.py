"""The page that is exported, as text; a browser opens it in tests/browser/exports."""

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.export.page import ENTRY, to_html
from icl_core.lessons.catalog import LESSONS
from icl_core.live import Grid, Player, Quantity, Slider
from icl_core.live.figure import MAX_BYTES

SLIDER = Slider(name="noise", label="Noise", minimum=0, maximum=2, step=0.1, value=1)
PLAYER = Player(name="layer", label="Layer", labels=["one", "two"])
GRID = Grid(
    axes={"noise": [0, 1, 2]},
    quantities=[Quantity(trace="GD++", field="y", values=np.arange(9.0).reshape(3, 3))],
)


class Page(HTMLParser):
    """Elements by tag: their attributes and text."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(("", {}, ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = (tag, attributes, text + data)

    def texts(self, tag: str) -> list[str]:
        return [text for found, _, text in self.found if found == tag]

    def script(self, **attributes: str) -> str:
        (text,) = (
            text
            for tag, given, text in self.found
            if tag == "script" and attributes.items() <= given.items()
        )
        return text


def message(page: Page) -> dict:
    return json.loads(page.script(id="message"), parse_constant=pytest.fail)


def test_it_is_whole_and_asks_nobody(titled):
    data = to_html(titled("Title", caption=r"It is **bold** & so, $W_K^\top \omega_{yx}$."))
    assert data.startswith(b"<!doctype html>")
    page = Page(data)
    assert page.texts("title") == page.texts("h1")[:1] == ["Title"]
    formula = "W<sub>K</sub><sup>T</sup> ω<sub>yx</sub>"
    assert f"<strong>bold</strong> &amp; so, {formula}." in data.decode()
    for _, attributes, _ in page.found:
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert len(data) > 4_000_000
    assert not re.search(r"@[A-Z]+@", data.decode().split("</style>")[0])


def test_every_module_is_inside_and_finds_the_others(titled):
    page = Page(to_html(titled("Title")))
    imports = json.loads(page.script(type="importmap"))["imports"]
    assert f'import "icl/{ENTRY}"' in page.script(type="module")
    assert f"icl/{ENTRY}" in imports
    for address in imports.values():
        kind, _, packed = address.partition(",")
        assert kind == "data:text/javascript;base64"
        code = base64.b64decode(packed).decode()
        wanted = re.findall(r'from "(.+?)"', code)
        assert set(wanted) <= set(imports)
        assert "import(" not in code


def test_what_is_drawn_is_on_paper_with_its_grid(titled):
    page = Page(to_html(titled("Title", controls=[SLIDER], grid=GRID)))
    sent = message(page)
    assert {t["layout"]["paper_bgcolor"] for t in sent["templates"].values()} == {"#ffffff"}
    assert sent["values"] == {"noise": 1}
    assert base64.b64decode(page.script(id="source")) == GRID.packed


def test_controls_that_nothing_could_answer_are_left_out(titled):
    page = Page(to_html(titled("Title", controls=[SLIDER, PLAYER], grid=GRID)))
    assert [control["name"] for control in message(page)["controls"]] == ["noise"]
    page = Page(to_html(titled("Title", controls=[SLIDER, PLAYER])))
    assert message(page)["controls"] == []
    assert page.script(id="source") == ""


def test_a_hostile_title_stays_text(titled):
    hostile = "</script><script>alert(1)</script><!--@GRID@ \\1"
    page = Page(to_html(titled(hostile, caption=hostile)))
    assert page.texts("h1") == [hostile]
    assert json.loads(message(page)["figure"])["layout"]["title"]["text"] == hostile
    scripts = [attributes for tag, attributes, _ in page.found if tag == "script"]
    assert len(scripts) == 5


@pytest.mark.parametrize("page", ["gdpp_spectrum", "noise_and_depth", "weights", "algorithm"])
def test_every_figure_of_a_lesson_is_a_page(page):
    lesson = LESSONS[page]
    config = lesson.config()
    results = lesson.measure(config)
    for build in lesson.views.values():
        view = build(config, results)
        sent = message(Page(to_html(view)))
        assert len(sent["controls"]) == len(view.controls)


def test_a_figure_too_large_is_refused(titled):
    view = titled("Title")
    view.figure.update_traces(x=np.arange(MAX_BYTES // 8), y=np.zeros(MAX_BYTES // 8))
    with pytest.raises(InputError, match="plot fewer points"):
        to_html(view)


def test_a_grid_that_does_not_fit_is_refused(titled):
    values = np.arange(6.0).reshape(3, 2)
    grid = Grid(
        axes={"noise": [0, 1, 2]}, quantities=[Quantity(trace="GD++", field="y", values=values)]
    )
    with pytest.raises(InputError, match="shape 2 in the grid but 3 in the figure"):
        to_html(titled("Title", controls=[SLIDER], grid=grid))
