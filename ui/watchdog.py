"""A watch over answers: one that takes too long is given up, and one that never ends is known.

An answer is a run of a page or of a fragment. Preparations and trainings in the background are
none: they may take as long as they like.
"""

import ctypes
import faulthandler
import logging
import math
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import cache

import streamlit as st
from streamlit.runtime.scriptrunner import (
    ScriptRunContext,
    add_script_run_ctx,
    get_script_run_ctx,
)

from icl_core.validation import number

LOG = logging.getLogger("icl.watchdog")
STDERR = 2
SETTING, SECONDS = "ICL_ANSWER_SECONDS", 30.0
SENTENCE = (
    "This answer took longer than {:g} s and was given up: change a choice or reload the page. "
    "It was written to the server's log."
)
LOGGED = "An answer took longer than %g s and was given up. Its link: %r. It was here:\n%s"


def seconds() -> float:
    """What an answer may take, from the environment."""
    return number(SETTING, os.environ.get(SETTING) or SECONDS, "seconds")


class TooSlow(BaseException):
    """Comes up in the midst of an answer that is given up.

    No `Exception`, so that what is on its way takes it for nothing of its own.
    """


@dataclass(eq=False)
class _Answer:
    """One in progress, in the thread and with the Streamlit context that it began with.

    Its end and its being given up may come at the same moment: the one that takes `decided`, a
    lock that is never released, is the one that counts. So `TooSlow` is raised once at most, and
    never after `end` has returned. `settled`: nothing will be raised that has not been.
    """

    thread: int = field(default_factory=threading.get_ident)
    began: float = field(default_factory=time.monotonic)
    script: ScriptRunContext | None = field(default_factory=lambda: get_script_run_ctx(True))
    place: Context = field(default_factory=copy_context)
    decided: threading.Lock = field(default_factory=threading.Lock)
    told: threading.Lock = field(default_factory=threading.Lock)
    settled: bool = False
    given_up: float = math.inf
    reported: bool = False

    @property
    def stuck(self) -> bool:
        """Whether it goes on long after it was given up."""
        return time.monotonic() - self.given_up >= seconds()

    def end(self) -> None:
        """Called by its own thread, and once more if `TooSlow` came up in here."""
        if self.decided.acquire(blocking=False):
            self.settled = True
        else:
            while not self.settled:
                time.sleep(0.001)
            # What has been raised comes up after the next call into C at the latest. Taking it
            # back instead would leave Python 3.11 looking for it at every step, for ever.
            time.sleep(0)
        _ANSWERS.pop(self.thread, None)

    def tell(self) -> None:
        """Show the visitor the sentence, if nobody has."""
        if self.told.acquire(blocking=False):
            st.error(SENTENCE.format(seconds()), icon=":material/timer_off:")

    def look(self) -> None:
        """What the watchdog does about it."""
        if self.given_up < math.inf:
            if not self.told.locked():
                self._tell_from_outside()
            if self.stuck and not self.reported:
                self.reported = True
                LOG.critical("An answer that was given up goes on: the health check fails.")
        elif time.monotonic() - self.began >= seconds():
            self._give_up()

    def _give_up(self) -> None:
        frame = sys._current_frames().get(self.thread)
        stack = "".join(traceback.format_stack(frame)) if frame else ""
        if not self.decided.acquire(blocking=False):
            return
        raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
        raise_in(ctypes.c_ulong(self.thread), ctypes.py_object(TooSlow))
        self.settled = True
        self.given_up = time.monotonic()
        link = self.script.query_string if self.script else ""
        LOG.error(LOGGED, seconds(), link, stack)

    def _tell_from_outside(self) -> None:
        """For `TooSlow` does not come up in a thread that waits, or computes outside Python."""
        if self.script is None:
            return
        messenger = threading.Thread(target=self.place.run, args=[self.tell], daemon=True)
        add_script_run_ctx(messenger, self.script).start()
        # A session asks the thread that it has for reruns of fragments; now it starts another.
        if self.script.script_requests is not None:
            self.script.script_requests.request_stop()


_ANSWERS: dict[int, _Answer] = {}
"""By thread."""


def watched(work: Callable[[], None]) -> None:
    """Do work that is an answer, or a part of one, and give it up if it takes too long.

    No context manager: contextlib's own steps on the way out would not be watched over.
    """
    if threading.get_ident() in _ANSWERS:
        work()
        return
    answer = _Answer()
    try:
        try:
            _ANSWERS[answer.thread] = answer
            work()
        finally:
            answer.end()
    except TooSlow:
        answer.end()
        answer.tell()


def trouble() -> str:
    """What is wrong with the server as long as answers do not end that were given up; else ""."""
    answers = _ANSWERS.copy().values()
    stuck = [answer.began for answer in answers if answer.stuck]
    if not stuck:
        return ""
    longest = time.monotonic() - min(stuck)
    return (
        f"{len(stuck)} of {len(answers)} answers in progress do not end, the oldest began "
        f"{longest:.0f} s ago and had {seconds():g} s: see the server's log, and restart it."
    )


@cache
def start() -> None:
    """Once a server: begin to watch, and have the signal USR1 write all stacks to its log."""
    seconds()
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, file=STDERR)
    threading.Thread(target=_watch, name="watchdog", daemon=True).start()


def _watch() -> None:
    while True:
        time.sleep(min(1.0, seconds() / 4))
        for answer in _ANSWERS.copy().values():
            try:
                answer.look()
            except Exception:
                LOG.exception("An answer could not be looked after")
