"""The frame of every page: the list of pages, a page's title, its closing list."""

from collections.abc import Sequence

import streamlit as st

IN_APP = "in_app"


def pages() -> dict[str, list[st.Page]]:
    """The app's navigation: sections and their pages."""

    def page(name: str, title: str, icon: str, **options: bool) -> st.Page:
        return st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:", **options)

    return {
        "Start": [page("home", "Home", "home", default=True)],
        "Noise": [page("noise_and_depth", "Noise and depth", "show_chart")],
    }


def enter() -> None:
    """Called by app.py in every run, before the page."""
    st.session_state[IN_APP] = True


def heading(title: str, lead: str) -> None:
    """The page's title and what it is about."""
    _require_app()
    st.title(title, anchor=False)
    st.markdown(lead)


def to_try(points: Sequence[str]) -> None:
    """A short list of things to do."""
    st.subheader("What to try", anchor=False)
    st.markdown("\n".join(f"- {point}" for point in points))


def _require_app() -> None:
    """Run again through app.py if this page was run by itself.

    Streamlit takes the folder pages/ for an app of its older kind until `st.navigation` has been
    called once: on a server just started, a page's own address would run without app.py.
    """
    if not st.session_state.pop(IN_APP, False):
        st.navigation(pages())
        st.rerun()
