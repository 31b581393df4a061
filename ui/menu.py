"""A menu whose contents are made when it is opened: most never are."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st


@contextmanager
def menu(label: str, *, key: str) -> Iterator[bool]:
    """A button that opens the elements made inside; whether it is open, so that they are needed.

    Call it within a fragment, so that opening it reruns no more than that.
    """
    popover = st.popover(label, type="tertiary", key=f"{key}_{label}", on_change="rerun")
    with popover:
        yield bool(popover.open)
