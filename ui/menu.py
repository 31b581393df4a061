"""Menus whose contents are made when they are opened, as most never are, and downloads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

BINARY = "application/octet-stream"


@contextmanager
def menu(label: str, *, key: str) -> Iterator[bool]:
    """A button that opens the elements made inside; whether it is open, so that they are needed.

    Call it within a fragment, so that opening it reruns no more than that.
    """
    popover = st.popover(label, type="tertiary", key=f"{key}_{label}", on_change="rerun")
    with popover:
        yield bool(popover.open)


def download(words: str, data: Any, file_name: str, mime: str = BINARY, **more: Any) -> None:
    """A button that downloads, at a click, without a run of the page."""
    looks: dict[str, Any] = {"icon": ":material/download:", "on_click": "ignore"} | more
    st.download_button(words, data, file_name=file_name, mime=mime, **looks)
