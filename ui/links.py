"""What a link holds beside values: names bent on their way, and names of nothing."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

import streamlit as st

from icl_core.errors import InputError
from icl_core.export.recipe import look_in_link
from icl_core.live import Chart
from icl_core.live.dressed import fitted, fitting
from icl_core.live.look import PLAIN, Look
from icl_core.validation import choice
from ui.values import escaped

LOOK = "look"
"""How one figure of the page is drawn: see `icl_core.export.recipe.permalink`."""
STEP, PRESENT, EMBED = "step", "present", "only"
"""Streamlit keeps `embed` to itself: no page can read it."""
ELSEWHERE = ("job", "beside", STEP, LOOK, PRESENT, EMBED)
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


def look_problems(figures: Iterable[str]) -> list[str]:
    """One sentence if the link draws a figure in a way that cannot be, or none of these."""
    value = st.query_params.get(LOOK)
    try:
        if value is not None:
            look_in_link(value, choice("The figure of the look", value.partition("!")[0], figures))
    except InputError as error:
        return [str(error)]
    return []


def linked_look(made: Chart, figure: str) -> Look:
    """How the link draws the figure `figure` of the page; as the lesson does, if it says nothing
    that can be. Lines that the figure lacks are told once, for choices take lines away."""
    try:
        look = look_in_link(st.query_params.get(LOOK, ""), figure)
    except InputError:
        return PLAIN
    if look == PLAIN:
        return look
    drawn = made.build().figure
    if st.session_state.get(LOOK) != st.query_params[LOOK]:
        st.session_state[LOOK] = st.query_params[LOOK]
        try:
            fitted(look, drawn)
        except InputError as error:
            st.info(f"The link: {escaped(str(error))}", icon=":material/link_off:")
    return fitting(look, drawn)
