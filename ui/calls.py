"""Cached calls into the engine: each with a bound on what it keeps."""

import streamlit as st

from icl_core.lessons import noise_and_depth
from icl_core.lessons.families import Family, families

CACHE = {"max_entries": 256, "show_spinner": False}


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def shipped_families() -> dict[str, Family]:
    """The shipped models by task. Read again every minute: `make zoo` may run beside the app."""
    return families()


@st.cache_data(**CACHE)
def noise_losses(task: str, layers: int, num_context: int | None) -> noise_and_depth.Losses:
    """See `noise_and_depth.measure`."""
    return noise_and_depth.measure(task, layers, num_context)
