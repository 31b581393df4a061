"""The load test's parts: its numbers and claims, what a tab keeps, what a visitor changes."""

import json
import random
from typing import get_args

import numpy as np
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest

from benchmarks.classroom.load import tracebacks
from benchmarks.classroom.notes import Mark, Notes, Training
from benchmarks.classroom.page import Cache, Fault, Looks, Page
from benchmarks.classroom.report import claims, quantiles, report
from benchmarks.classroom.widgets import REFUSED, Element, another, held, moved, typed
from icl_core.live import Control, Player, Points, Slider, Switch

# --- numbers -------------------------------------------------------------------------------


def test_quantiles_are_those_of_the_seconds():
    seconds = random.Random(0).sample(range(1001), 1001)
    expected = {"count": 1001, "median": 500, "p95": 950, "p99": 990, "max": 1000}
    assert quantiles(seconds) == expected
    assert quantiles([]) is None


LOG = """\
2026-01-01 12:00:00 a line
Traceback (most recent call last):
  File "a.py", line 1, in f
    raise KeyError("x")
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in f
    g()
ValueError: no
a line after it
Fatal Python error: Segmentation fault
  + Exception Group Traceback (most recent call last):
  |   File "b.py", line 1, in h
"""


def test_every_traceback_in_a_log_is_found():
    found = list(tracebacks(LOG))
    assert found[:3] == [
        "KeyError: 'x'",
        "ValueError: no",
        "Fatal Python error: Segmentation fault",
    ]
    assert len(found) == 4
    assert list(tracebacks("all is well\nerror: none\n")) == []


def noted(kind: str = "", *, finished: bool = True) -> Notes:
    notes = Notes()
    notes.did("", "open", "new tab", 0.5)
    notes.did("train", "change", "Start training", 0.1)
    notes.trainings.append(
        Training(at=1, visitor="a", finished=finished, waited=0, seconds=1, said="")
    )
    if kind:
        notes.met("a", "train", "Seed", [Fault(kind=kind, said="so")])
    return notes


def broken(notes: Notes, raised: list[str] | None) -> list[int]:
    return [i for i, claim in enumerate(claims(notes, raised)) if claim.holds is False]


@pytest.mark.parametrize(
    ("kind", "claim"),
    [
        ("unanswered", 0),
        ("error", 1),
        ("exception", 1),
        ("connection", 2),
        ("protocol", 3),
        ("training", 4),
    ],
)
def test_every_kind_of_error_breaks_one_claim(kind: str, claim: int):
    assert broken(noted(), []) == []
    assert broken(noted(kind), []) == [claim]
    page = report({}, noted(kind), [])["pages"]["train"]
    assert page["errors"] == {kind: 1}
    assert page["change"]["median"] == 0.1
    assert page["open"] is None


def test_what_the_server_computed_is_shared_by_all_actions():
    notes = noted()
    assert report({}, notes, [])["processor_milliseconds_an_action"] is None
    known = {"megabytes": 1, "children": 0, "children_megabytes": 0, "threads": 1}
    theirs = {"children_cores": 9, "load": 9}
    for at, cores in ((0, 0.0), (60, 0.5), (70, 1.0)):
        notes.marks.append(Mark(at=at, cores=cores, **known, **theirs))
    assert report({}, notes, [])["processor_milliseconds_an_action"] == 20_000


def test_a_training_without_end_and_an_exception_in_the_log_break_theirs():
    assert broken(noted(finished=False), []) == [4]
    assert broken(noted(), ["KeyError: 'x'"]) == [5]
    assert claims(noted(), None)[5].holds is None
    assert claims(Notes(), [])[4].holds is None


# --- what a browser keeps ------------------------------------------------------------------


def drawn(text: str, place: tuple[int, ...], fragment: str = "") -> ForwardMsg:
    message = ForwardMsg()
    message.delta.new_element.markdown.body = text
    message.delta.fragment_id = fragment
    message.metadata.delta_path[:] = place
    return message


def put(page: Page, message: ForwardMsg, run: str) -> None:
    page.add(tuple(message.metadata.delta_path), message.delta, run)


def shown(page: Page) -> list[str]:
    return sorted(element.proto.body for element in page.of_kind("markdown"))


def test_what_a_run_does_not_draw_again_goes():
    page = Page()
    for text, place, fragment in [
        ("title", (0, 0), ""),
        ("outer", (0, 1, 0), "f"),
        ("old", (0, 1, 1), "f"),
        ("nested", (0, 1, 2, 0), "g"),
        ("other", (0, 2), "h"),
    ]:
        put(page, drawn(text, place, fragment), "one")
    page.drop_stale("one", None)
    assert len(shown(page)) == 5
    put(page, drawn("outer again", (0, 1), "f"), "two")
    page.drop_stale("two", {"f"})
    assert shown(page) == ["other", "outer again", "title"]
    put(page, drawn("title again", (0, 0)), "three")
    page.drop_stale("three", None)
    assert shown(page) == ["title again"]


def test_a_message_sent_once_is_known_by_its_hash_for_some_runs():
    cache, message = Cache(), drawn("long", (0, 3))
    message.hash, message.metadata.cacheable = "abc", True
    assert cache.whole(message) is message
    reference = ForwardMsg(ref_hash="abc")
    reference.metadata.delta_path[:] = [0, 7]
    cache.run_ended()
    whole = cache.whole(reference)
    assert whole is not None
    assert whole.delta.new_element.markdown.body == "long"
    assert list(whole.metadata.delta_path) == [0, 7]
    for _ in range(cache.longest + 1):
        cache.run_ended()
    assert cache.hashes() == []
    assert cache.whole(reference) is None


def alert(text: str, page: Page) -> None:
    message = ForwardMsg()
    message.delta.new_element.alert.body = text
    message.delta.new_element.alert.format = 1
    message.metadata.delta_path[:] = [0, 9]
    put(page, message, "one")


def test_an_error_is_a_fault_unless_it_names_what_was_sent_to_be_refused():
    page = Page()
    alert(f"The level is {REFUSED!r}: expected a number", page)
    assert page.faults == []
    alert("Something went wrong on our side", page)
    assert page.faults == [Fault(kind="error", said="Something went wrong on our side")]


def test_a_line_that_is_refused_is_followed_by_the_one_before_it():
    page, field, rng = Page(), ForwardMsg(), random.Random(0)
    line = field.delta.new_element.text_input
    # As Streamlit sends a value that a page has set: the default is another.
    line.id, line.default, line.value, line.set_value = "line", "", "1, 3", True
    field.metadata.delta_path[:] = [0, 1]
    put(page, field, "one")
    for expected in (REFUSED, "1, 3", REFUSED):
        change = page.other(page.elements[0, 1], rng)
        assert change is not None
        assert change.state.string_value == expected
        page.hold(change)
        assert bool(page.refused) == (expected == REFUSED)
        line.set_value = False
        put(page, field, "two")


def test_a_look_without_an_answer_is_a_fault():
    faults: list[Fault] = []
    looks = Looks(0.0, faults.append)
    looks.asked("f")
    looks.answered({"f", "g"})
    assert len(looks.seconds) == 1
    looks.asked("f")
    looks.asked("f")
    assert [fault.kind for fault in faults] == ["unanswered"]


# --- what a visitor changes ----------------------------------------------------------------


def widgets_app() -> None:
    import streamlit as st

    st.slider("number", 0.0, 1.0, 0.5, 0.1)
    st.select_slider("steps", ["a", "b", "c"])
    st.segmented_control("one", ["a", "b"], default="a")
    st.pills("some", ["a", "b", "c"], selection_mode="multi", default=["a"])
    st.selectbox("menu", ["a", "b"])
    st.text_input("whole", "5")
    st.text_input("real", "0.5")
    st.text_input("line", "1, 3")
    st.toggle("switch")
    st.button("button")
    st.data_editor({"x": [1.0, 2.0], "name": ["a", "b"]})
    st.dataframe({"x": [1.0, 2.0]})
    st.slider("fixed", 0, 1, disabled=True)


KINDS = {
    "slider": "slider",
    "select_slider": "slider",
    "button_group": "button_group",
    "selectbox": "selectbox",
    "text_input": "text_input",
    "toggle": "checkbox",
    "button": "button",
}


@pytest.fixture
def widgets() -> dict[str, Element]:
    app = AppTest.from_function(widgets_app, default_timeout=60).run()
    assert not app.exception
    return {
        widget.proto.label: Element(kind=kind, proto=widget.proto)
        for name, kind in KINDS.items()
        for widget in app.get(name)
    }


def test_a_control_gets_another_value_that_it_takes(widgets: dict[str, Element]):
    rng = random.Random(0)
    for label, element in widgets.items():
        change = another(element, held(element), rng)
        if label in ("button", "fixed"):
            assert change is None
            continue
        assert change is not None, label
        assert change.state.id == element.widget
        assert change.refused == (change.state.string_value == REFUSED)
    for _ in range(50):
        number = another(widgets["number"], None, rng)
        assert number is not None
        (value,) = number.state.double_array_value.data
        assert 0 <= value <= 1
        assert np.isclose(value * 10 % 1, [0, 1], atol=1e-6).any()
        for label, beside in (("whole", "6"), ("real", "1.5")):
            line = another(widgets[label], held(widgets[label]), rng)
            assert line is not None
            assert line.state.string_value in (beside, REFUSED)
        one = another(widgets["one"], held(widgets["one"]), rng)
        assert one is not None
        assert list(one.state.string_array_value.data) == ["b"]
    assert typed(widgets["real"], 99).state.string_value == "99"
    line = another(widgets["line"], held(widgets["line"]), rng)
    assert line is not None
    assert line.state.string_value == REFUSED


EVERY_KIND: list[Control] = [
    Slider("eta", "eta", 0.1, 2, step=0.1, value=0.5),
    Player("layer", "layer", ["1", "2"]),
    Points("examples", "examples", value=((0, 0), (1, 1)), x=(-1, 1), y=(-2, 2)),
    Switch("guess", "Guess", "Reveal"),
]


@pytest.mark.parametrize("control", EVERY_KIND, ids=lambda control: control.name)
def test_every_control_of_a_live_chart_is_moved_to_what_it_takes(control: Control):
    assert {type(each) for each in EVERY_KIND} == set(get_args(Control))
    rng = random.Random(0)
    found = [moved(control.sent(), control.value, rng) for _ in range(9)]
    assert all(control.admitted(value) is not None for value in found)
    assert any(value != control.value for value in found)


def test_a_number_of_a_table_is_edited_and_only_where_it_may_be():
    app = AppTest.from_function(widgets_app, default_timeout=60).run()
    tables = [Element(kind="dataframe", proto=table.proto) for table in app.get("dataframe")]
    assert len(tables) == 2
    changes = [another(table, None, random.Random(0)) for table in tables]
    assert changes[1] is None
    assert changes[0] is not None
    ((row, edit),) = json.loads(changes[0].state.string_value)["edited_rows"].items()
    assert row in ("0", "1")
    assert edit.keys() == {"x"}
