"""A watch over answers: one that takes too long is given up, and one that never ends is known.

An answer is a run of a page or of a fragment. Preparations and trainings in the background are
none: they may take as long as they like; callbacks of widgets and builders of downloads are not
watched either.
"""

import faulthandler
import logging
import math
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import ScriptRunContext, add_script_run_ctx, get_script_run_ctx

from icl_core.settings import settings
from ui.metrics import ANSWER_SECONDS, GIVEN_UP

LOG = logging.getLogger("icl.watchdog")
STDERR = 2
SENTENCE = (
    "This answer took longer than {:g} s and was given up: change a choice or reload the page. "
    "It was written to the server's log."
)
LOGGED = "An answer took longer than %g s and was given up. Its link: %r. It was here:\n%s"


def seconds() -> float:
    """What an answer may take."""
    return settings().answer_seconds


@dataclass(eq=False)
class _Answer:
    """One in progress, in the thread and with the Streamlit context that it began with."""

    thread: int = field(default_factory=threading.get_ident)
    began: float = field(default_factory=time.monotonic)
    script: ScriptRunContext | None = field(default_factory=lambda: get_script_run_ctx(True))
    place: Context = field(default_factory=copy_context)
    given_up: float = math.inf
    reported: bool = False

    @property
    def stuck(self) -> bool:
        """Whether it goes on long after it was given up."""
        return time.monotonic() - self.given_up >= seconds()

    def look(self) -> None:
        """What the watchdog does about it."""
        if self.given_up == math.inf:
            if time.monotonic() - self.began >= seconds():
                self._give_up()
        elif self.stuck and not self.reported:
            self.reported = True
            LOG.critical("An answer that was given up goes on: the health check fails.")

    def _give_up(self) -> None:
        """Log where it is, tell its visitor, and free the session of it.

        Nothing is raised in its thread: between taking a lock and the block that gives it back, as
        Streamlit's caches and logging have them, an exception would leave the lock taken for ever.
        """
        frame = sys._current_frames().get(self.thread)
        if frame is None or _ANSWERS.get(self.thread) is not self:
            return
        self.given_up = time.monotonic()
        link = self.script.query_string if self.script else ""
        GIVEN_UP.inc()
        LOG.error(LOGGED, seconds(), _public(link), "".join(traceback.format_stack(frame)))
        if self.script is None:
            return
        # At Streamlit's next step it ends; and a session, which asks the thread it has for reruns
        # of fragments, starts another. Before the visitor reads the sentence and asks.
        if self.script.script_requests is not None:
            self.script.script_requests.request_stop()
        messenger = threading.Thread(target=self.place.run, args=[_tell], daemon=True)
        add_script_run_ctx(messenger, self.script).start()


def _tell() -> None:
    """Show the visitor the sentence."""
    st.error(SENTENCE.format(seconds()), icon=":material/timer_off:")


def _public(link: str) -> str:
    """A link without the id of a training, which is all that it takes to end one."""
    return urlencode([pair for pair in parse_qsl(link) if pair[0] != "job"])


_ANSWERS: dict[int, _Answer] = {}
"""By thread."""


def watched(work: Callable[[], None]) -> None:
    """Do work that is an answer, or a part of one, under the watch."""
    thread = threading.get_ident()
    if thread in _ANSWERS:
        work()
        return
    _ANSWERS[thread] = _Answer()
    try:
        with ANSWER_SECONDS.time():
            work()
    finally:
        del _ANSWERS[thread]


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
