"""Named states of a lesson, as links, and what the names in its figures mean."""

from collections.abc import Mapping

import streamlit as st

from icl_core.export.recipe import LINK_VERSION, link_values
from icl_core.lessons.catalog import LESSONS
from icl_core.validation import Config
from ui.boundary import fragment
from ui.menu import menu
from ui.screen import present_button


def preset_links(
    page: str, now: Config | None = None, *, beside: Mapping[str, str] | None = None
) -> None:
    """A row of links to the same page, each with its own choices, marked where these are the ones
    that stand; names are explained last. `beside` stands in every link before the choices."""
    lesson = LESSONS[page]
    with st.container(horizontal=True, key="presets", gap="small", vertical_alignment="center"):
        for label, config in lesson.presets.items():
            query = dict(beside or {}) | preset_link(config)
            mark = ":material/check:" if config == now else ""
            st.page_link(f"pages/{page}.py", label=label, icon=mark, query_params=query)
        glossary(lesson.names)
        present_button("page")


def preset_link(config: Config) -> dict[str, str]:
    """Query parameters of a state; never empty, so that the defaults are a link as well."""
    return {"v": LINK_VERSION} | link_values(config, type(config)())


@fragment()
def glossary(names: Mapping[str, str]) -> None:
    """What legends and symbols stand for, on demand."""
    with menu("What the names mean", key="names") as opened:
        if opened:
            rows = [f"| {name} | {about} |" for name, about in names.items()]
            st.markdown("\n".join(["| name | what it is |", "|-|-|", *rows]))
