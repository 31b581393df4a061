"""Work done beforehand on a server that has just started, so that first visitors need not wait.

A daemon thread computes what the pages would compute, and only earlier: what every lesson says is
worth it, one state after the other, with pauses.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import zip_longest
from typing import Any

import streamlit as st

from icl_core.errors import InputError
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.shared.lesson import Lesson, Names
from icl_core.runtime import settle
from icl_core.validation import Config

LOG = logging.getLogger("icl.warm")
PAUSE = 0.5
"""Seconds between two pieces of work: visitors come first."""


def plan() -> Iterator[Callable[[], object]]:
    """The pieces of work: a state of every lesson in turn, the most urgent of each first."""
    for states in zip_longest(*(lesson.states() for lesson in LESSONS.values())):
        for lesson, state in zip(LESSONS.values(), states, strict=True):
            if state is not None:
                yield partial(prepare, lesson, *state)


def prepare(lesson: Lesson[Any, Any], config: Config, views: Names) -> None:
    """The results behind a state, and charts of it."""
    found = lesson.result(config)
    for name in views:
        lesson.chart(name, config, found).ready(sketched=True)


def _work() -> None:
    settle()
    try:
        for call in plan():
            try:
                call()
            except InputError as error:
                LOG.warning("Not prepared: %s", error)
            time.sleep(PAUSE)
        settle()
    except InputError as error:
        LOG.warning("Nothing more to prepare: %s", error)
    except Exception:
        LOG.exception("Preparing failed; pages compute what they need when they need it")


@st.cache_resource(max_entries=1, show_spinner=False)
def start_warming() -> None:
    """Once a server."""
    threading.Thread(target=_work, name="warming", daemon=True).start()
