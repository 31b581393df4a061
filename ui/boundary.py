"""The single error boundary: a visitor meets one sentence, never a traceback."""

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import streamlit as st

from icl_core.errors import InputError
from ui.watchdog import watched

A = ParamSpec("A")
LOG = logging.getLogger("icl.app")


@contextmanager
def guarded() -> Iterator[None]:
    """Show an `InputError` as it is, and any other exception as a calm sentence and a log entry.

    Streamlit's own control flow (rerun, stop) derives from BaseException and passes.
    """
    try:
        yield
    except InputError as error:
        st.error(str(error), icon=":material/info:")
    except Exception:
        LOG.exception("A page failed")
        st.error(
            "Something went wrong on our side and was written to the server's log. Reload the "
            "page, or open it again from the menu to start from its defaults.",
            icon=":material/error:",
        )


def answer(function: Callable[A, None], *args: A.args, **kwargs: A.kwargs) -> None:
    """Run a page or a fragment within the boundary, and give it up if it takes too long."""

    def work() -> None:
        with guarded():
            function(*args, **kwargs)

    watched(work)


def fragment(**options: Any) -> Callable[[Callable[A, None]], Callable[A, None]]:
    """`st.fragment` with the boundary inside, for a fragment's reruns pass by app.py's."""

    def decorate(function: Callable[A, None]) -> Callable[A, None]:
        @functools.wraps(function)
        def safe(*args: A.args, **kwargs: A.kwargs) -> None:
            answer(function, *args, **kwargs)

        return st.fragment(safe, **options)

    return decorate
