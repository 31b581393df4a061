"""Answers that take too long, on the real app with a page that hangs, and the health check."""

import ctypes
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from _thread import start_new_thread
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from benchmarks.serving import ROOT
from icl_core.errors import InputError
from tests.test_dockerfile import command
from tests.ui.hanging import SENTENCE, hanging_server, health
from tests.ui.visitor import visiting
from ui import watchdog


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address and log."""
    with hanging_server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture
def address(server):
    """Of a server without a hanging answer, and a log that begins here."""
    address, log = server
    wait_until(lambda: health(address)[0] == 200)
    before = log.read_text()
    yield address
    wait_until(lambda: health(address)[0] == 200)
    new = log.read_text().removeprefix(before)
    stacks = re.findall(r"given up\. Its link.*\n  File", new)
    assert len(stacks) == 1, "one stack for the one answer that was given up"
    assert "hang.py" in new


def wait_until(happens, seconds=15):
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.05)


def check_that_others_are_answered(address):
    with visiting(address) as other:
        other.open()
        other.wait_for("did nothing")


def test_a_loop_in_python_ends(address):
    with visiting(address) as visitor:
        visitor.open("do=loop")
        check_that_others_are_answered(address)
        visitor.wait_for(SENTENCE)
        visitor.wait_for_end()
        assert health(address) == (200, "ok")
        visitor.open()
        visitor.wait_for("did nothing")


def test_a_loop_in_a_fragment_ends(address):
    with visiting(address) as visitor:
        visitor.open()
        visitor.wait_for_end()
        visitor.press("loop")
        visitor.wait_for(SENTENCE)
        visitor.press("nothing")
        visitor.wait_for("part did nothing")


@pytest.mark.parametrize("how", ["sleep", "stubborn"])
def test_what_cannot_be_ended_is_told_and_known(address, how):
    with visiting(address) as visitor:
        visitor.open(f"do={how}")
        visitor.wait_for(SENTENCE, 5)
        wait_until(lambda: health(address)[0] == 503, 5)
        assert "1 of 1 answers in progress do not end" in health(address)[1]
        check_that_others_are_answered(address)
        visitor.wait_for_end()
        assert visitor.seen.count(SENTENCE) == 1
        assert health(address) == (200, "ok")


def test_a_wait_for_ever_in_a_fragment_leaves_the_session_usable(address):
    with visiting(address) as visitor:
        visitor.open()
        visitor.wait_for_end()
        visitor.press("lock")
        visitor.wait_for(SENTENCE)
        visitor.press("nothing")
        visitor.wait_for("part did nothing")
        wait_until(lambda: health(address)[0] == 503)
        with visiting(address) as other:
            other.open("do=release")
            other.wait_for("did release")
        wait_until(lambda: health(address)[0] == 200)
        assert visitor.seen.count(SENTENCE) == 1


def test_the_image_is_unhealthy_but_open_pages_connect_again(address):
    def unhealthy():
        port = address.rpartition(":")[2]
        _, *arguments = (part.replace("8501", port) for part in command("HEALTHCHECK"))
        return subprocess.run([sys.executable, *arguments], check=False).returncode != 0

    assert not unhealthy()
    with visiting(address) as visitor:
        visitor.open("do=lock")
        visitor.wait_for(SENTENCE)
        wait_until(unhealthy)
        assert health(address, Referer=f"{address}/weights")[0] == 200
        assert health(address, **{"Sec-Fetch-Mode": "cors"})[0] == 200
        assert health(address, **{"Sec-Fetch-Mode": "navigate"})[0] == 503
    # The visitor has gone; what hangs is still there.
    assert unhealthy()
    with visiting(address) as other:
        other.open("do=release")
        other.wait_for("did release")
    wait_until(lambda: not unhealthy())


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal on Windows")
def test_a_signal_writes_all_stacks_to_the_log(server):
    address, log = server
    with visiting(address) as visitor:
        visitor.open()
        visitor.wait_for("process ")
        (process,) = re.findall(r"process (\d+)", " ".join(visitor.seen))
        os.kill(int(process), signal.SIGUSR1)
        wait_until(lambda: "most recent call first" in log.read_text())
        wait_until(lambda: "in _watch" in log.read_text())
    check_that_others_are_answered(address)


@pytest.mark.parametrize("wrong", ["soon", "0", "nan", "-3", "1e9"])
def test_a_wrong_setting_is_one_sentence(monkeypatch, wrong):
    monkeypatch.setenv(watchdog.SETTING, wrong)
    with pytest.raises(InputError, match=r"ICL_ANSWER_SECONDS is .*: expected a number from 0\.1"):
        watchdog.seconds()
    monkeypatch.setenv(watchdog.SETTING, "")
    assert watchdog.seconds() == 30


def test_a_server_with_a_wrong_setting_says_so_and_stops():
    done = subprocess.run(
        [sys.executable, "-c", "import server"],
        env=os.environ | {watchdog.SETTING: "soon"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ICL_ANSWER_SECONDS is 'soon'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def told(monkeypatch):
    """The answers whose visitors were told, in a process without pages."""
    told = []
    monkeypatch.setattr(watchdog._Answer, "tell", lambda answer: told.append(answer))
    monkeypatch.setattr(watchdog.LOG, "disabled", True)
    return told


def in_a_thread(work):
    """What `work` returns or raises."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(work).result(60)


def a_few_steps():
    """In which an exception that is still on its way comes up."""
    for _ in range(50):
        time.monotonic()


def test_thousands_of_answers_that_end_when_they_are_given_up(monkeypatch, told):
    limit, runs, over = 0.0005, 3000, threading.Event()
    monkeypatch.setattr(watchdog, "seconds", lambda: limit)

    def look():
        while not over.is_set():
            for answer in watchdog._ANSWERS.copy().values():
                answer.look()

    def spin(end):
        while time.monotonic() < end:
            pass

    def visit():
        chance = random.Random(0)
        for _ in range(runs):
            end = time.monotonic() + limit * chance.uniform(0, 2)
            watchdog.watched(partial(spin, end))
            a_few_steps()

    looking = threading.Thread(target=look)
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    looking.start()
    try:
        in_a_thread(visit)
    finally:
        over.set()
        looking.join()
        sys.setswitchinterval(switching)
    assert 0 < len(told) < runs
    assert not watchdog._ANSWERS


def test_an_end_waits_for_what_is_about_to_come_up(monkeypatch, told):
    """The answer ends between the decision to give it up and the exception."""
    monkeypatch.setattr(watchdog, "seconds", lambda: 0)
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def late(thread, exception):
        time.sleep(0.1)
        raise_in(thread, exception)

    monkeypatch.setattr(ctypes.pythonapi, "PyThreadState_SetAsyncExc", late)

    def work():
        (answer,) = watchdog._ANSWERS.values()
        threading.Thread(target=answer.look).start()
        while not answer.decided.locked():
            time.sleep(0.001)

    def visit():
        watchdog.watched(work)
        for _ in range(200):
            time.sleep(0.001)

    in_a_thread(visit)
    assert len(told) == 1
    assert not watchdog._ANSWERS


def test_an_answer_may_be_given_up_at_any_step(monkeypatch, told):
    """Between any two bytecodes of the watch itself and of what it watches."""
    monkeypatch.setattr(watchdog, "seconds", lambda: 0)

    def give_up(done):
        for answer in watchdog._ANSWERS.copy().values():
            answer.look()
        done.release()

    def visit(step):
        steps = itertools.count()

        def trace(frame, event, argument):
            if frame.f_code.co_filename not in (watchdog.__file__, __file__):
                return None
            frame.f_trace_opcodes = True
            if event == "opcode" and next(steps) == step:
                done = threading.Lock()
                done.acquire()
                start_new_thread(give_up, (done,))
                done.acquire()
            return trace

        sys.settrace(trace)
        try:
            watchdog.watched(a_few_steps)
        finally:
            sys.settrace(None)
        a_few_steps()
        return next(steps)

    total = in_a_thread(partial(visit, -1))
    assert total > 200
    for step in range(total):
        in_a_thread(partial(visit, step))
        assert not watchdog._ANSWERS
    assert 200 < len(told) == len(set(told)) < total
