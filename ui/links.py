"""What a link holds beside values: names bent on their way, and names of nothing."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

import streamlit as st

STEP, PRESENT, EMBED = "step", "present", "only"
"""Streamlit keeps `embed` to itself: no page can read it."""
ELSEWHERE = ("job", "beside", STEP, PRESENT, EMBED)
"""Names in a link that are read by other parts of a page."""
TRACKING = ("utm_", "mc_", "fbclid", "gclid", "msclkid", "ref")
"""How names begin that mail programs and other sites hang on links."""


def mend_names() -> None:
    """Undo what HTML does to a link: `&amp;layers=2`, read as it stands, names "amp;layers"."""
    given = st.query_params.to_dict()
    mended = {_mended(name): value for name, value in given.items()}
    if mended.keys() != given.keys():
        st.query_params.from_dict(mended)


def _mended(name: str) -> str:
    while name.startswith("amp;"):
        name = name.removeprefix("amp;")
    return name


def unknown_names(known: Collection[str]) -> list[str]:
    """One sentence for every name in the link that this page does not have."""
    others = st.query_params.keys() - set(known) - set(ELSEWHERE)
    return [_unknown(name, known) for name in sorted(others) if not name.startswith(TRACKING)]


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {near[0]}?" if near else "nothing is changed by it."
    return f"This page has no choice called {name[:40]!r}: {hint}"
