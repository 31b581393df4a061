"""The frame of every page: the list of pages, a page's title, its closing list."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from icl_core.export.recipe import HOME
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.paths import COURSE
from ui import first_sight, screen, watchdog
from ui.steps import invitation, open_steps, panel, step_of

TITLE = "In-context learning, seen"
IN_APP = "in_app"
UI = Path(__file__).parent


def pages() -> dict[str, list[st.Page]]:
    """The app's navigation: sections and their pages."""

    def page(name: str, title: str, icon: str) -> st.Page:
        file, sign = f"pages/{name}.py", f":material/{icon}:"
        return st.Page(file, title=title, icon=sign, default=name == HOME)

    found: dict[str, list[st.Page]] = {}
    for name, lesson in LESSONS.items():
        found.setdefault(lesson.section, []).append(page(name, lesson.title, lesson.icon))
    found["Lab"].append(page("style", "Style", "palette"))
    return found


def enter() -> st.Page:
    """Called by app.py in every run, before the page, which is returned."""
    watchdog.start()
    page = _navigation()
    for sheet in ("style.css", "plain.css"):
        st.html(UI / sheet)
    screen.enter(page.url_path or HOME)
    st.session_state[IN_APP] = True
    return page


def _navigation() -> st.Page:
    # The settings come first: a page's own icon would be fetched from another host for the tab.
    st.set_page_config(page_title=TITLE, page_icon=UI / "icon.svg", layout="wide")
    return st.navigation(pages())


def heading(title: str, lead: str = "") -> None:
    """The page's title and what it is about."""
    _require_app()
    first_sight.note_title(title)
    st.title(title, anchor=False)
    if lead:
        st.markdown(lead)


def begin(page: str, lead: str) -> None:
    """A lesson's title, and what it is about, or the step that it is in; call it first."""
    open_steps(page)
    heading(LESSONS[page].title)
    if step_of(page):
        panel(page)
        return
    looks: dict[str, Any] = {"vertical_alignment": "center", "gap": "small", "wrap": False}
    with st.container(horizontal=True, key="lead", **looks):
        st.markdown(lead, width="stretch")
        invitation(page)


def finding(sentence: str, key: str = "") -> None:
    """What the figures below show, with its numbers; `key` tells several on a page apart."""
    with st.container(key=f"finding_{key}" if key else "finding"):
        st.markdown(sentence)


def course(page: str) -> None:
    """What comes before a lesson and after it; a page for reference has neither."""
    if page not in COURSE:
        return
    at = COURSE.index(page)
    with st.container(horizontal=True, gap="medium", key="course"):
        for step, words in ((-1, "Before"), (1, "Next")):
            if 0 <= at + step < len(COURSE):
                name = COURSE[at + step]
                lesson = LESSONS[name]
                with st.container(border=True, gap="xsmall", key=f"card_{name}"):
                    label = f"{words}, {at + step + 1} of {len(COURSE)}: **{lesson.title}**"
                    st.page_link(f"pages/{name}.py", label=label)
                    st.markdown(lesson.about)


def to_try(page: str, points: Sequence[str]) -> None:
    """A short list of things to do, and where to go on."""
    st.header("What to try", anchor=False)
    st.markdown("\n".join(f"- {point}" for point in points))
    course(page)


def _require_app() -> None:
    """Run again through app.py if this page was run by itself.

    Streamlit takes the folder pages/ for an app of its older kind until `st.navigation` has been
    called once: on a server just started, a page's own address would run without app.py.
    """
    if not st.session_state.pop(IN_APP, False):
        _navigation()
        st.rerun()
