"""The load test: what it counts, what it notices, and that the app passes it."""

import asyncio
import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from benchmarks import serving
from benchmarks.classroom import tab as tabs
from benchmarks.classroom.__main__ import Given, lesson, main, pages_of
from benchmarks.classroom.load import listening, tracebacks
from benchmarks.classroom.notes import Notes, Training
from benchmarks.classroom.page import Cache, Fault, Looks, Page
from benchmarks.classroom.report import claims, quantiles, report
from benchmarks.classroom.tab import LIMIT, LostError, Tab, UnansweredError
from benchmarks.classroom.visitor import Visitor
from benchmarks.classroom.widgets import REFUSED, Change, Element, another, held, opened, typed
from benchmarks.serving import ROOT, Served, served

FAULTY = Path(__file__).parent / "classroom_app.py"


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


def test_an_error_is_a_fault_unless_what_was_sent_justifies_it():
    page, field = Page(), ForwardMsg()
    field.delta.new_element.text_input.id = "line"
    field.metadata.delta_path[:] = [0, 1]
    put(page, field, "one")
    line = page.elements[0, 1]
    page.hold(Change(element=line, state=WidgetState(id="line", string_value="no"), refused=True))
    alert("expected a word", page)
    assert page.faults == []
    del page.elements[0, 1]
    alert("expected a word", page)
    assert page.faults == [Fault(kind="error", said="expected a word")]


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
    st.number_input("whole", 1, 7)
    st.number_input("real", 0.0, 20.0, 5.0)
    st.text_input("line", "1, 3")
    st.toggle("switch")
    st.button("button")
    st.slider("fixed", 0, 1, disabled=True)


KINDS = {
    "slider": "slider",
    "select_slider": "slider",
    "button_group": "button_group",
    "selectbox": "selectbox",
    "number_input": "number_input",
    "text_input": "text_input",
    "toggle": "checkbox",
    "button": "button",
}


@pytest.fixture
def widgets() -> dict[str, Element]:
    app = AppTest.from_function(widgets_app).run()
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
        assert change.refused == (label == "line")
    for _ in range(50):
        number = another(widgets["number"], None, rng)
        assert number is not None
        (value,) = number.state.double_array_value.data
        assert 0 <= value <= 1
        assert np.isclose(value * 10 % 1, [0, 1], atol=1e-6).any()
        whole = another(widgets["whole"], None, rng)
        assert whole is not None
        assert whole.state.double_value in range(1, 8)
        one = another(widgets["one"], held(widgets["one"]), rng)
        assert one is not None
        assert list(one.state.string_array_value.data) == ["b"]
    assert typed(widgets["real"], 99).state.double_value == 20
    line = another(widgets["line"], held(widgets["line"]), rng)
    assert line is not None
    assert line.state.string_value == REFUSED


# --- a server with faults ------------------------------------------------------------------


@pytest.fixture(scope="module")
def faulty() -> Iterator[Served]:
    with served(FAULTY) as server:
        yield server


async def chosen(tab: Tab, what: str) -> None:
    element = tab.page.labelled("selectbox", "What goes wrong")
    assert element is not None
    state = held(element)
    assert state is not None
    state.string_value = what
    await tab.change(Change(element=element, state=state))


def test_a_tab_goes_about_the_app_and_notices_its_faults(
    faulty: Served, monkeypatch: pytest.MonkeyPatch
):
    async def walk() -> None:
        assert await pages_of(faulty.address) == ["", "faulty"]
        tab = Tab(faulty.address)
        assert await tab.open("") > 0
        (menu,) = tab.page.of_kind("popover")
        await tab.change(opened(menu, True))
        change = another(tab.page.of_kind("slider")[0], None, random.Random(1))
        assert change is not None
        await tab.change(change)
        await asyncio.sleep(1.5)
        assert len(tab.looks.seconds) >= 2
        (link,) = tab.page.of_kind("page_link")
        await tab.go("faulty", link.proto.query_string)
        assert not tab.page.of_kind("slider")
        assert tab.page.faults == []
        await chosen(tab, "a sentence")
        await chosen(tab, "an exception")
        assert [fault.kind for fault in tab.page.faults] == ["error", "exception"]
        await chosen(tab, "nothing")
        assert len(tab.page.faults) == 2
        monkeypatch.setattr(tabs, "LIMIT", 1.0)
        with pytest.raises(UnansweredError):
            await chosen(tab, "time")
        await tab.close()

    asyncio.run(walk())
    assert list(tracebacks(faulty.log.read_text()))[-1] == "ValueError: a fault in the page"
    assert listening(faulty.address) == faulty.pid


def test_visitors_of_a_faulty_app_break_the_claims(faulty: Served):
    """And values that a page must refuse do not."""
    given = Given(
        sessions=4, seconds=25, trainers=0, training_seconds=5, seed=0, base=faulty.address
    )
    notes = asyncio.run(lesson(given, faulty.address, faulty.pid, ["faulty"]))
    kinds = {problem.kind for problem in notes.problems}
    assert kinds <= {"error", "exception"}
    assert kinds
    assert not any("expected a word" in problem.said for problem in notes.problems)
    assert any(action.control == "Line" for action in notes.actions)
    assert notes.marks[-1].megabytes > 20


@pytest.mark.parametrize(
    ("stroke", "kind", "claim", "later"),
    [
        (signal.SIGKILL, "connection", 2, LostError),
        (signal.SIGSTOP, "unanswered", 0, UnansweredError),
    ],
)
def test_a_server_that_dies_or_freezes_breaks_a_claim(
    monkeypatch: pytest.MonkeyPatch, stroke: int, kind: str, claim: int, later: type[Exception]
):
    async def walk(server: Served) -> Notes:
        notes = Notes()
        visitor = Visitor(0, server.address, notes, seed=0)
        loop = asyncio.get_running_loop()
        loop.call_later(3, os.kill, server.pid, stroke)
        await visitor.walk(["", "faulty"], loop.time() + 8)
        with pytest.raises(later):
            await Tab(server.address).open("")
        return notes

    monkeypatch.setattr(tabs, "LIMIT", 4.0)
    monkeypatch.setattr(serving, "PATIENCE", 1)
    with served(FAULTY) as server:
        notes = asyncio.run(walk(server))
    assert not psutil.pid_exists(server.pid)
    assert kind in {problem.kind for problem in notes.problems}
    assert claim in broken(notes, [])


def test_a_server_that_does_not_start_says_why():
    with (
        pytest.raises(RuntimeError, match="File does not exist"),
        served(ROOT / "no.py"),
    ):
        pass


# --- the command ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--sessions", "0", "--sessions is '0', out of range"),
        ("--seconds", "soon", "--seconds is 'soon', which is no number"),
        ("--trainers", "31", "--trainers is '31', out of range"),
        ("--base", "localhost:8501", "expected the app's address"),
        ("--base", "http://127.0.0.1:9", "No app answers at http://127.0.0.1:9"),
    ],
)
def test_bad_input_is_told_in_a_sentence(capsys, option: str, value: str, said: str):
    assert main([option, value]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_ten_sessions_for_a_minute_meet_no_error(capsys):
    """With one training, on a server just started."""
    options = ["--sessions", "10", "--seconds", "60", "--trainers", "1", "--training-seconds", "5"]
    status = main(options)
    found = json.loads(capsys.readouterr().out)
    assert found["errors"] == {"kinds": {}, "first": [], "log": []}
    assert all(claim["holds"] for claim in found["claims"])
    assert status == 0
    assert found["trainings"]["finished"] == 1
    assert len(found["pages"]) > 5
    for page in found["pages"].values():
        assert {"median", "p95"} <= page["open"].keys()
    for kind in ("open", "change", "look"):
        assert 0 < found["all"][kind]["median"] <= found["all"][kind]["p95"] < LIMIT
    assert found["server"][-1]["megabytes"] > 100
    assert str(ROOT) not in json.dumps(found)
