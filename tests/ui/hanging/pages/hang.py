"""?do=... in the link says how the page, or a fragment of it, hangs."""

import os
import time

import streamlit as st

from tests.ui.hanging.locks import LOCK
from ui.boundary import fragment

HANGS = 7
"""Seconds: more than twice what an answer may take here."""


def loop() -> None:
    end = time.monotonic() + HANGS
    while time.monotonic() < end:
        sum(range(100))


def hang(how: str) -> None:
    if how == "loop":
        loop()
    elif how == "sleep":
        time.sleep(HANGS)
    elif how == "lock":
        LOCK.acquire()
    elif how == "release":
        LOCK.release()


@fragment()
def part() -> None:
    for how in ("loop", "lock", "nothing"):
        if st.button(how):
            hang(how)
            st.write(f"part did {how}")
    st.write("part")


st.write(f"process {os.getpid()}")
part()
do = st.query_params.get("do", "nothing")
hang(do)
st.write(f"did {do}")
