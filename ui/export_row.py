"""Downloads of a figure, built when they are asked for."""

from collections.abc import Callable

import streamlit as st

from icl_core.errors import InputError
from icl_core.export.formats import FORMATS, Format, Source
from icl_core.export.images import missing
from icl_core.export.notice import notice_pdf
from icl_core.export.recipe import HOME, Recipe, permalink
from icl_core.lessons.catalog import LESSONS
from icl_core.live import View
from icl_core.plots.style import HEIGHT
from ui.menu import download
from ui.screen import embedding

OFFERED = ("html", "csv", "pdf", "zip", "json", "bib")
"""In the menu; PNG and SVG of what is on screen come from the browser."""
AROUND = 160
"""Pixels that a chart's heading, controls and caption take."""


def export_menu(view: View, *, key: str, recipe: Recipe | None) -> None:
    """The files to download, and the link to the figure's page."""
    link = "" if recipe is None else permalink(recipe, app_address(st.context.url))
    source = Source(view=view, recipe=recipe, link=link)
    problem = _no_images()
    with st.container(gap=None):
        for suffix in OFFERED:
            if (suffix == "pdf" and problem) or (suffix == "json" and recipe is None):
                continue
            form = FORMATS[suffix]
            name, look = f"{view.name}.{suffix}", {"key": f"{key}_{suffix}", "type": "tertiary"}
            words, build = f"{form.label} (.{suffix})", building(form, source, suffix)
            download(words, build, name, form.mime, **look)
        if problem:
            st.caption(f"No PDF here, and no images in the archive. {problem}")
        said = "PNG and SVG: the buttons below the figure."
        st.caption(f"{said} The link to all of this:" if link else said)
        if recipe is not None:
            st.code(link, language=None, wrap_lines=True)
            st.caption("In a page of your own, with its controls:")
            height = (view.figure.layout.height or HEIGHT) + AROUND
            words = embedding(link, recipe.figure, view.title, height)
            st.code(words, language="html", wrap_lines=True)


def building(form: Format, source: Source, suffix: str) -> Callable[[], bytes]:
    """What a click runs. Streamlit keeps the words of an error in it from the visitor, so the one
    form that fails when all is well with the figure but not with the server says why itself."""

    def build() -> bytes:
        try:
            return form.build(source)
        except InputError as error:
            if suffix != "pdf":
                raise
            return notice_pdf(str(error))

    return build


@st.cache_data(max_entries=1, ttl=60, show_spinner=False)
def _no_images() -> str:
    """See `images.missing`."""
    return missing()


def app_address(page_url: str | None) -> str:
    """The app's address, ending in a slash, out of that of one of its pages."""
    if not page_url:
        return ""
    before, _, last = page_url.rstrip("/").rpartition("/")
    named = last in LESSONS and last != HOME
    return f"{before if named else page_url.rstrip('/')}/"
