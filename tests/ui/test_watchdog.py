"""Answers that take too long, on the real app with a page that hangs, and the health check."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st

from benchmarks.serving import ROOT
from icl_core.errors import InputError
from tests.hostile import assert_one_sentence
from tests.test_dockerfile import command
from tests.ui.hanging import SENTENCE, TOKEN, fetched, hanging_server, health, metric
from tests.ui.visitor import visiting
from ui import watchdog
from ui.metrics import answer


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


def test_a_loop_in_a_fragment_leaves_the_session_usable(address):
    with visiting(address) as visitor:
        visitor.open()
        visitor.wait_for_end()
        visitor.press("loop")
        visitor.wait_for(SENTENCE)
        visitor.press("nothing")
        visitor.wait_for("part did nothing")
        wait_until(lambda: health(address)[0] == 503)


@pytest.mark.parametrize("how", ["sleep", "loop"])
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


def test_the_metrics_page_counts_for_whoever_has_the_token(address):
    page, names = f"{address}/_stcore/metrics", ("icl_answer_seconds_count", "icl_sessions")
    for headers in ({}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}."}):
        status, text = fetched(page, **headers)
        assert status == 401
        assert_one_sentence(text)
    answers, sessions = (metric(address, name) for name in names)
    given_up = metric(address, "icl_answers_given_up_total")
    with visiting(address) as visitor:
        visitor.open("do=sleep")
        visitor.wait_for(SENTENCE)
        assert metric(address, "icl_sessions") == sessions + 1
        assert metric(address, "icl_answers_given_up_total") == given_up + 1
        visitor.wait_for_end()
        assert metric(address, "icl_answer_seconds_count") == answers + 1
    assert metric(address, "process_resident_memory_bytes") > 1e8
    assert (
        'icl_trainings{status="waiting"} 0.0' in fetched(page, Authorization=f"Bearer {TOKEN}")[1]
    )


def test_without_a_token_there_is_no_metrics_page(monkeypatch):
    monkeypatch.delenv("ICL_METRICS_TOKEN", raising=False)
    for sent in (b"", b"Bearer ", b"Bearer None"):
        assert answer(sent).status_code == 404


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
    monkeypatch.setenv("ICL_ANSWER_SECONDS", wrong)
    with pytest.raises(InputError, match=r"ICL_ANSWER_SECONDS is .*: expected a number from 0\.1"):
        watchdog.seconds()
    monkeypatch.setenv("ICL_ANSWER_SECONDS", "")
    assert watchdog.seconds() == 30


def test_a_server_with_a_wrong_setting_says_so_and_stops():
    done = subprocess.run(
        [sys.executable, "-c", "import server"],
        env=os.environ | {"ICL_ANSWER_SECONDS": "soon"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ICL_ANSWER_SECONDS is 'soon'" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_sessions_wait_for_together_is_not_lost():
    """Nothing is raised in a thread that is given up, so none dies with a lock in its hand: what
    takes long is made once, and then it is there for all."""
    made = []

    @st.cache_resource(show_spinner=False)
    def slow(key):
        time.sleep(0.6)
        made.append(key)
        return key

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watchdog, "seconds", lambda: 0.1)
        patch.setattr(watchdog.LOG, "disabled", True)
        with ThreadPoolExecutor(5) as sessions:
            asked = [sessions.submit(watchdog.watched, lambda: slow("it")) for _ in range(5)]
            wait_until(lambda: len(watchdog._ANSWERS) == 5)
            time.sleep(0.15)
            for answer in watchdog._ANSWERS.copy().values():
                answer.look()
                assert answer.given_up < float("inf")
            time.sleep(0.15)
            assert watchdog.trouble()
            for answer in asked:
                answer.result(10)
    assert made == ["it"]
    assert not watchdog.trouble()
    assert slow("it") == "it"
