"""A record of what the app does finds what has changed, and nothing where nothing has."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.record import __main__ as command
from benchmarks.record.facts import Facts, differences, load, save
from icl_core.errors import InputError
from icl_core.lessons.catalog import LESSONS

ONLY = "lessons/construction/GD++/*"


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """record("write") is the command, of one preset's views."""
    monkeypatch.setattr(command, "without_xla", lambda: None)  # other tests need it

    def run(action: str) -> int:
        file = str(tmp_path / "record.npz")
        monkeypatch.setattr(sys, "argv", ["record", action, file, "--only", ONLY])
        return command.main()

    return run


def test_nothing_differs_until_a_number_does(record, monkeypatch, capsys):
    assert record("write") == 0
    assert record("compare") == 0
    assert "differing beyond 1e-09: 0\n" in capsys.readouterr().out
    lesson = LESSONS["construction"]
    descent = lesson.views["descent"]

    def nudged(config, run):
        config = config.replace(eta=config.eta * (1 + 1e-7))
        return descent(config, lesson.measure(config))

    monkeypatch.setitem(lesson.views, "descent", nudged)  # type: ignore[arg-type]
    assert record("compare") == 1
    *lines, summary = capsys.readouterr().out.splitlines()
    assert {line.split(": ")[0].split()[-1] for line in lines} == {
        "lessons/construction/GD++/descent"
    }
    assert f"differing beyond 1e-09: {len(lines)} (lessons" in summary


def test_a_failure_is_a_difference_and_a_new_unit_is_none(record, monkeypatch, capsys):
    assert record("write") == 0
    views = LESSONS["construction"].views
    monkeypatch.setitem(views, "another", views["descent"])  # type: ignore[arg-type]
    assert record("compare") == 0
    assert "new: 1 units, as lessons/construction/GD++/another" in capsys.readouterr().out

    def fail(config, run):
        raise InputError("No.")

    monkeypatch.setitem(views, "descent", fail)  # type: ignore[arg-type]
    assert record("compare") == 1
    assert "descent: failed: is new" in capsys.readouterr().out


FACTS = {
    "curve": [1.0, None, float("inf"), 1e-3],
    "shown": {"title": "Loss", "marks": [{"name": "a", "at": 1}, {"name": "b", "at": 2.5}]},
    "flag": True,
    "labels": ["one", "two"],
}


def facts(values: dict) -> Facts:
    found = Facts()
    found.add("all", values)
    return found


def test_facts_come_back_from_their_file(tmp_path):
    before = facts(FACTS)
    assert set(before.numbers) == {"all.curve", "all.shown.marks[a].at", "all.shown.marks[b].at"}
    save(tmp_path / "r.npz", {"unit": before})
    (name, after), *others = load(tmp_path / "r.npz").items()
    assert (name, others, after.words) == ("unit", [], before.words)
    assert differences(before, after, rtol=0) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"curve": [1.0, None, float("inf"), 1e-3 + 1e-11]}, "all.curve"),
        ({"curve": [1.0, 1.0, float("inf"), 1e-3]}, "all.curve"),
        ({"curve": [1.0, None, float("-inf"), 1e-3]}, "all.curve"),
        ({"curve": [1.0, None, float("inf")]}, "all.curve"),
        ({"flag": False}, "all.flag"),
        ({"labels": ["one", "Two"]}, "all.labels"),
        ({"curve": "gone"}, "all.curve"),
        ({"more": 1}, "all.more"),
    ],
)
def test_every_kind_of_change_is_found_by_its_name(change, name):
    assert [d.name for d in differences(facts(FACTS), facts(FACTS | change), 1e-9)] == [name]


def test_rounding_is_no_change():
    values = np.array([1.0, 1e-14, 3.0])
    assert not differences(facts({"y": values}), facts({"y": values + 2e-16}), 1e-9)


def test_what_is_no_record_is_refused(tmp_path):
    (tmp_path / "r.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"r\.npz is no record"):
        load(tmp_path / "r.npz")
