"""Downloads of a figure, built when they are asked for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from icl_core.errors import InputError
from icl_core.export.formats import FORMATS, Format, Source
from icl_core.export.images import KINDS, missing
from icl_core.export.notice import notice_pdf
from icl_core.export.recipe import HOME, Recipe, permalink
from icl_core.lessons.catalog import LESSONS
from icl_core.live import View
from icl_core.live.look import COLUMNS, PLAIN, PRINT_TYPE, Look
from icl_core.plots.style import HEIGHT
from ui.menu import download
from ui.screen import embedding
from ui.values import written

OFFERED = ("html", "csv", "pdf", "zip", "json", "bib")
"""In the menu; PNG and SVG of what is on screen come from the browser."""
FOR_PRINT = ("html", "csv", "pdf", "svg", "png", "zip", "json", "bib")
"""In the menu where a size in mm is chosen."""
SCREEN, FREE = "screen", "free"
SIZES = {SCREEN: "screen"} | {name: f"{mm:g} mm" for name, mm in COLUMNS.items()} | {FREE: "other"}
"""Of files: as on screen, a journal's columns, or in other numbers."""
AROUND = 160
"""Pixels that a chart's heading, controls and caption take."""


def export_menu(view: View, *, key: str, recipe: Recipe | None, look: Look = PLAIN) -> None:
    """The files to download, drawn in this `look`, and the link to the figure's page."""
    look = sized(look, key)
    if recipe is not None:
        recipe = replace(recipe, look=look)
    link = "" if recipe is None else permalink(recipe, app_address(st.context.url))
    source = Source(view=view, recipe=recipe, look=look, link=link)
    problem = _no_images()
    with st.container(gap=None):
        for suffix in OFFERED if look.width is None else FOR_PRINT:
            if (suffix in KINDS and problem) or (suffix == "json" and recipe is None):
                continue
            form = FORMATS[suffix]
            name, quiet = f"{view.name}.{suffix}", {"key": f"{key}_{suffix}", "type": "tertiary"}
            words, build = f"{form.label} (.{suffix})", building(form, source, suffix)
            download(words, build, name, form.mime, **quiet)
        if problem:
            st.caption(f"No PDF here, and no images in the archive. {problem}")
        said = "" if look.width else "PNG and SVG: the buttons below the figure."
        st.caption(f"{said} The link to all of this:".strip() if link else said)
        if recipe is not None:
            st.code(link, language=None, wrap_lines=True)
            st.caption("In a page of your own, with its controls:")
            figure: Any = view.figure
            height = (figure.layout.height or HEIGHT) + AROUND
            words = embedding(link, recipe.figure, view.title, height)
            st.code(words, language=None, wrap_lines=True)


def sized(look: Look, key: str) -> Look:
    """`look` with the size for print that is chosen here."""
    columns = {width: name for name, width in COLUMNS.items()}
    start = SCREEN if look.width is None else columns.get(look.width, FREE)
    size = st.segmented_control(
        "Size",
        list(SIZES),
        format_func=lambda name: SIZES[name],
        default=start,
        required=True,
        key=f"{key}_size",
        help="For print: as wide as one or two columns of a journal, with the type that it asks "
        "for, in 600 dpi, and without the title, which belongs to the caption.",
    )
    if size == SCREEN:
        return look.on_screen()
    asked: dict[str, Any] = look.to_dict() | {"type": look.type or PRINT_TYPE}
    asked["width"] = COLUMNS.get(size, look.width)
    fields = {"type": "Type (pt)"}
    if size == FREE:
        asked["width"] = asked["width"] or COLUMNS["single"]
        fields = {"width": "Width (mm)", "height": "Height (mm)"} | fields
    with st.container(horizontal=True, gap="small"):
        for name, label in fields.items():
            shown = written(asked[name])
            asked[name] = st.text_input(label, shown, key=f"{key}_{name}", width=104) or None
    try:
        return Look.from_dict(asked)
    except InputError as error:
        st.error(str(error))
        return look.on_screen()


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
