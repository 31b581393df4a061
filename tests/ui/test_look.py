"""A link draws a figure as somebody had it, and the export menu hands that on."""

import json
from contextlib import contextmanager

import streamlit as st
from streamlit.testing.v1 import AppTest

from icl_core.lessons.catalog import LESSONS
from icl_core.live.dressed import entries
from icl_core.live.look import Look

LOOK = "depth!hide:gdpp!y:0.05,1!type:13"


@contextmanager
def always_open(label, *, key):
    with st.container(key=f"{key}_{label}"):
        yield True


def sent(app) -> dict:
    """What the first chart of the page was sent."""
    return json.loads(app.get("bidi_component")[0].proto.json)


def test_a_link_hides_and_zooms_and_the_rest_of_the_page_stays(open_page):
    app = open_page("noise_and_depth", v="1", look=LOOK)
    figure = json.loads(sent(app)["figure"])
    off = {trace["legendgroup"] for trace in figure["data"] if trace.get("visible")}
    assert off == {"gdpp"}
    assert sent(app)["zoom"]["yaxis"][1] == 0
    assert figure["layout"]["font"]["size"] == 13 * 96 / 72
    assert [info.value for info in app.info] == []
    others = [
        json.loads(chart.proto.json) for chart in app.get("bidi_component")[1:] if chart.proto.json
    ]
    assert all(other.get("zoom", {}) == {} for other in others)


def test_what_a_link_cannot_draw_is_one_sentence(open_page):
    for look, says in (
        ("depth!width:1", "The width in mm"),
        ("nowhere!hide:gdpp", "The figure of the look"),
        ("depth!hide:nobody", "no line 'nobody'"),
    ):
        app = open_page("noise_and_depth", v="1", look=look)
        (info,) = app.info
        assert says in info.value.replace("\\", "")
        assert sent(app)["zoom"] == {}


def test_the_menu_hands_on_what_is_on_screen(open_page, monkeypatch):
    lesson = LESSONS["noise_and_depth"]
    names = entries(lesson.view("depth", lesson.config()).figure)
    assert "full" in names
    seen = {}
    monkeypatch.setattr(
        "ui.chart.export_menu", lambda view, *, key, recipe, look: seen.update({key: look})
    )
    monkeypatch.setattr("ui.chart.menu", always_open)
    open_page("noise_and_depth", v="1", look=LOOK)
    assert seen["depth"] == Look.read(LOOK.partition("!")[2])


def test_sizes_for_print_are_chosen_in_the_menu():
    def page():
        import streamlit as st

        from icl_core.live.look import Look
        from ui.export_row import sized

        st.text(sized(Look(hidden=("gd",)), "here").said())

    app = AppTest.from_function(page, default_timeout=60).run()
    assert app.text[0].value == "hide:gd"
    size = app.get("button_group")[0]
    size.set_value(["single"]).run()
    assert app.text[0].value == "hide:gd!width:84!type:8"
    app.text_input(key="here_type").set_value("7,5").run()
    assert app.text[0].value == "hide:gd!width:84!type:7.5"
    app.text_input(key="here_type").set_value("0").run()
    assert "from 4 to 40" in app.error[0].value
    assert app.text[0].value == "hide:gd"
