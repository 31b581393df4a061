"""The endurance run: that the engine passes it for a moment, and that it notices what it is for."""

import itertools
import json
import random
import subprocess
import sys
import threading
import time

import pytest

from benchmarks.calls import forget, steps
from benchmarks.endurance import Gate, Notes, main, stalled
from benchmarks.serving import ROOT
from icl_core.lessons.catalog import LESSONS


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_four_threads_beside_a_training_for_ten_seconds():
    done = run("-m", "benchmarks.endurance", "--threads", "4", "--seconds", "10")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["calls"] > 4
    assert sum(lesson["calls"] for lesson in found["lessons"].values()) == found["calls"]
    assert found["slowest"]["seconds"] < 60
    assert found["trainings"]["finished"] >= 1
    assert found["errors"] == []
    assert found["stands_still"] == ""
    assert found["megabytes"][0] > 50


HANGING = """
import sys, threading
import benchmarks.endurance as endurance

def steps(rng):
    yield "a lesson", "measure", lambda: None
    yield "a lesson", "a view that hangs", threading.Event().wait

def failing(rng):
    while True:
        yield "a lesson", "measure", lambda: 1 / 0

# A training takes its time, which neither case is about.
endurance.keep_training = lambda notes, stop: None
endurance.steps = {"hangs": steps, "fails": failing}[sys.argv[1]]
sys.exit(endurance.main(["--threads", "2", "--seconds", "1", "--limit", "3"]))
"""


def test_a_call_without_end_ends_the_run_with_all_stacks():
    done = run("-c", HANGING, "hangs")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["stands_still"].startswith("a lesson, a view that hangs: running for")
    assert done.stderr.count("in wait\n") >= 2
    assert "in visit" in done.stderr


def test_a_call_that_raises_fails_the_run():
    done = run("-c", HANGING, "fails")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["stands_still"] == ""
    assert "ZeroDivisionError" in found["errors"][0]


def test_standing_still_is_a_long_call_or_none_for_long():
    notes, now = Notes(), time.monotonic()
    assert stalled(notes, 60, now) == ""
    assert stalled(notes, 60, now - 61) == "no call has ended for 61 s"
    notes.running[1] = "theory", "measure", now - 59
    assert stalled(notes, 60, now) == ""
    notes.running[2] = "theory", "limit", now - 62
    assert stalled(notes, 60, now) == "theory, limit: running for 62 s"


def test_who_is_alone_waits_for_all_calls_and_lets_none_in():
    gate, seen = Gate(), []
    inside, leave = threading.Event(), threading.Event()

    def call() -> None:
        with gate.calling():
            inside.set()
            leave.wait()
            seen.append("called")

    def empty() -> None:
        with gate.alone():
            seen.append("alone")
            time.sleep(0.2)
            seen.append("still alone")

    def late() -> None:
        with gate.calling():
            seen.append("late")

    threads = [threading.Thread(target=call)]
    threads[0].start()
    inside.wait()
    threads += [threading.Thread(target=empty), threading.Thread(target=late)]
    threads[1].start()
    while not gate.closed:
        time.sleep(0.01)
    threads[2].start()
    leave.set()
    for thread in threads:
        thread.join(10)
    assert seen == ["called", "alone", "still alone", "late"]


def test_every_view_of_every_lesson_is_called():
    """Of any result: none is computed here."""
    found: dict[str, set[str]] = {page: set() for page in LESSONS}
    for page, what, call in itertools.islice(steps(random.Random(0)), 3000):
        found[page].add(what)
        if what == "measure":
            call.__self__.result = "a result"  # type: ignore[attr-defined]
    assert found.pop("train") == {"measure_model"}
    for page, called in found.items():
        assert called == {"choices", "measure", *LESSONS[page].views}


def test_what_lessons_keep_is_forgotten():
    from icl_core.lessons import construction
    from icl_core.lessons.construction.config import Construction

    config = Construction()
    construction.VIEWS["descent"](config, construction.measure(config))
    assert forget() >= 1
    assert forget() == 0


def test_bad_input_is_told_in_a_sentence(capsys):
    assert main(["--threads", "none"]) == 2
    assert "--threads is 'none'" in capsys.readouterr().err
