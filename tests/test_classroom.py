"""The load test: that it notices the faults of a server, and that the app passes it."""

import asyncio
import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks import serving
from benchmarks.classroom import tab as tabs
from benchmarks.classroom.__main__ import Given, completed, lesson, main, pages_of
from benchmarks.classroom.load import listening, tracebacks
from benchmarks.classroom.notes import Notes
from benchmarks.classroom.report import claims
from benchmarks.classroom.tab import LIMIT, LostError, Tab, UnansweredError
from benchmarks.classroom.visitor import Visitor
from benchmarks.classroom.widgets import Change, another, held, opened
from benchmarks.serving import ROOT, Served, served

FAULTY = Path(__file__).parent / "classroom_app.py"


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

    completed(walk())
    assert list(tracebacks(faulty.log.read_text()))[-1] == "ValueError: a fault in the page"
    assert listening(faulty.address) == faulty.pid


def test_visitors_of_a_faulty_app_break_the_claims(faulty: Served):
    """And values that a page must refuse do not."""
    given = Given(
        sessions=4, seconds=25, trainers=0, training_seconds=5, seed=0, base=faulty.address
    )
    notes = completed(lesson(given, faulty.address, faulty.pid, ["faulty"]))
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
        notes = completed(walk(server))
    assert not psutil.pid_exists(server.pid)
    assert kind in {problem.kind for problem in notes.problems}
    assert claims(notes, [])[claim].holds is False


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


def test_the_floor_is_an_app_of_its_own(capsys):
    assert main(["--floor"]) == 2
    assert "--trainers 0" in capsys.readouterr().err
    arguments = ["--floor", "--trainers", "0", "--sessions", "3", "--seconds", "15"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["errors"]["kinds"] == {}
    assert found["all"]["change"]["count"] > 0
    assert set(found["pages"]) <= {"home", *(f"page_{n}" for n in range(19))}
    assert found["processor_milliseconds_an_action"] > 0


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
