"""How much of the app stands around a page: all of it, nothing but what is presented, or nothing
but what another page embeds. The link says which, and is validated here."""

from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import segno
import streamlit as st
from streamlit.components.v2 import component

from icl_core.errors import InputError
from icl_core.export.recipe import HOME
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.paths import COURSE
from icl_core.live import Chart
from icl_core.live.large import lowered
from icl_core.validation import choice
from ui.boundary import fragment
from ui.links import EMBED, PRESENT, STEP
from ui.menu import menu
from ui.values import escaped

UI = Path(__file__).parent
ON = "1"
WHOLE = "page"
"""What embeds a page without its frame, in the place of a view's name."""


def _script(name: str) -> str:
    return (UI / f"{name}.mjs").read_text(encoding="utf-8")


_keys = component("icl_keys", js=_script("keys"), isolate_styles=False)
_fit = component("icl_present", js=_script("present"), isolate_styles=False)


def enter(page: str) -> None:
    """Lay out a page as its link says; what cannot be is told of. Call it in every run, before the
    page."""
    views = LESSONS[page].views if page in LESSONS else ()
    for name, possible in {PRESENT: (ON,), EMBED: (WHOLE, *views)}.items():
        try:
            if name in st.query_params:
                choice(f"The choice {name} in the link", st.query_params[name], possible)
        except InputError as error:
            del st.query_params[name]
            st.info(f"{escaped(str(error))} The whole page is shown.", icon=":material/link_off:")
    if embedded():
        st.html(UI / "embed.css")
        if embedded() != WHOLE:
            alone = (UI / "alone.css").read_text(encoding="utf-8")
            st.html(f"<style>{alone.replace('VIEW', embedded())}</style>")
    elif presented():
        st.html(UI / "present.css")
        _bar(page)


def presented() -> bool:
    """Whether the page is shown to a room."""
    return st.query_params.get(PRESENT) == ON and not embedded()


def embedded() -> str:
    """The view that stands in another's page, or WHOLE; "" if the page stands for itself."""
    return st.query_params.get(EMBED, "")


def kept() -> dict[str, str]:
    """What links to other steps and pages have in them too."""
    return {PRESENT: ON} if presented() else {}


def shows(page: str, view: str) -> bool:
    """Whether a view is drawn: alone where it is embedded alone; where a page is presented and
    nothing asked, if it is of the first picture."""
    if embedded():
        return embedded() in (WHOLE, view)
    first = LESSONS[page].first if page in LESSONS else ()
    return not (first and presented() and STEP not in st.query_params) or view in first


def fitting(made: Chart) -> Chart:
    """A chart as large as the screen asks for."""
    if not presented():
        return made
    key = None if made.key is None else (PRESENT, made.key)
    return Chart(build=lambda: lowered(made.build()), key=key)


def listen() -> None:
    """Keys that lead from step to step."""
    _keys(key="keys")


def present_button(place: str) -> None:
    """Leads to the same state on the whole screen; `place` tells several on a page apart."""
    if presented() or embedded():
        return
    looks: dict[str, Any] = {"icon": ":material/present_to_all:", "type": "tertiary"}
    with st.container(key=f"present_{place}", width="content"):
        if st.button("Present", key=f"present in {place}", **looks):
            st.query_params[PRESENT] = ON
            st.rerun()


def embedding(link: str, view: str, title: str, height: int) -> str:
    """The HTML that puts a view into another page; `link` is that of the view's page."""
    source = escape(f"{link}&{urlencode({EMBED: view})}")
    return (
        f'<iframe src="{source}" title="{escape(title)}" width="100%" height="{height}" '
        'style="border: 0" loading="lazy" allow="fullscreen"></iframe>'
    )


def address(url: str) -> str:
    """The address of the state that stands, for somebody who follows alone; `url` is the page's."""
    query = {name: st.query_params[name] for name in st.query_params if name != PRESENT}
    return f"{url}?{urlencode(query, safe=',')}" if query else url


@fragment()
def _bar(page: str) -> None:
    """What a presenter needs: the way on, the state for phones, the whole screen, the way out."""
    with st.container(key="present_bar", horizontal=True, gap="small", vertical_alignment="center"):
        _onward(page)
        with menu("QR code", key="present") as opened:
            if opened:
                _code(address(st.context.url or ""))
        _fit(key="present")
        if st.button("Leave", key="present_leave", type="tertiary", help="Escape"):
            del st.query_params[PRESENT]
            st.rerun()
    listen()


def _onward(page: str) -> None:
    """From a page that asks nothing to its first question, or to the lesson after it."""
    if STEP in st.query_params or page not in LESSONS:
        return
    following = COURSE[COURSE.index(page) + 1 :] if page in COURSE else COURSE * (page == HOME)
    with st.container(key="present_onward", width="content"):
        if LESSONS[page].steps:
            st.page_link(f"pages/{page}.py", label="Questions", query_params=kept() | {STEP: "1"})
        elif following:
            st.page_link(f"pages/{following[0]}.py", label="Next", query_params=kept())


def _code(here: str) -> None:
    st.image(segno.make(here, error="m", micro=False).svg_inline(scale=8, light="#ffffff"))
    st.caption(escaped(here))
