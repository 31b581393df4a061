"""The one place that shows a view: title, chart, caption, data table, exports."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import streamlit as st

from icl_core.export.recipe import Recipe
from icl_core.lessons.catalog import LESSONS, page_of
from icl_core.lessons.papers import place_of
from icl_core.lessons.shared.words import TERMS
from icl_core.live import Chart, Control, Values, View
from icl_core.live.look import Look
from icl_core.live.message import Finished
from icl_core.plots.figure import tidy_rows
from icl_core.validation import Config
from ui import first_sight
from ui.boundary import fragment
from ui.export_row import export_menu
from ui.links import linked_look
from ui.live import asked_values, live_chart, look_on_screen
from ui.menu import menu
from ui.screen import fitting, shows
from ui.steps import as_asked, is_asked

Moved = Callable[[Values], None]
"""What is called with the values that a reader's release asks for."""
Show = Callable[..., list[Finished]]
"""See `charts_of`."""


def chart(
    view: View | Chart,
    *,
    key: str,
    page: str,
    config: Config | None = None,
    figure: str = "",
    on_change: Moved | None = None,
) -> Finished | None:
    """Show a view with its caption, its numbers as a table and its downloads; returns it finished,
    None where another view stands alone.

    `config` holds the choices behind it, where they alone make it again: as the lesson's view
    `figure`, by default `key`. `on_change` is that of `ui.live.live_chart`.
    """
    if not shows(page, key):
        return None
    recipe = None
    if config is not None:
        recipe = Recipe(page=page_of(config), figure=figure or key, config=config)
    name = f"{page}:{key}"
    seen: set[str] = st.session_state.setdefault("charts seen", set())
    made = view if isinstance(view, Chart) else Chart.of(view)
    look = linked_look(made, figure or key)
    # A picture for the seconds until the chart lives, which only its first showing needs.
    finished, picture = made.ready(sketched=name not in seen, look=look.on_screen())
    if picture is not None and not seen:
        first_sight.remember(picture, finished)
    seen.add(name)
    with st.container(gap="xsmall", key=f"chart_{key}"):
        _header(finished, made, key, page, recipe, look)
        live_chart(finished, key=name, on_change=on_change, placeholder_svg=picture)
        if finished.caption:
            st.caption(finished.caption)
    return finished


def charts_of(config: Config, found: Any, moved: Mapping[str, Moved] | None = None) -> Show:
    """`show(*names)` puts views of a lesson on its page, which it returns: side by side, and as
    wide as `widths` are to one another. `moved` holds an `on_change` by view."""
    page = page_of(config)

    def show(*names: str, widths: Sequence[int] = ()) -> list[Finished]:
        shown = []
        drawn = [name for name in names if shows(page, name)]
        wide = widths if len(drawn) == len(names) else ()
        places = st.columns(wide or len(drawn), gap="large") if drawn[1:] else [nullcontext()]
        for name, place in zip(drawn, places, strict=False):
            with place:
                made = fitting(as_asked(page, LESSONS[page].chart(name, config, found)))
                on_change = (moved or {}).get(name)
                shown.append(chart(made, key=name, page=page, config=config, on_change=on_change))
        return [finished for finished in shown if finished]

    return show


def asked(page: str, key: str, controls: Sequence[Control]) -> Values:
    """What the reader last asked of a chart that has no `on_change`, or the controls' own."""
    return asked_values(f"{page}:{key}", controls)


def _about(finished: Finished, recipe: Recipe | None) -> str | None:
    """What is said of a figure on demand: where the papers have it, and what its names mean."""
    if recipe is None:
        return None
    names = LESSONS[recipe.page].names.items()
    told = [f"**{name}**: {about}" for name, about in names if name in {*TERMS, *finished.names}]
    return "\n\n".join([place_of(recipe.page, recipe.figure), *told])


@fragment()
def _header(
    finished: Finished, made: Chart, key: str, page: str, recipe: Recipe | None, look: Look
) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key=f"head_{key}"
    ):
        st.markdown(f"**{finished.title}**", width="stretch", help=_about(finished, recipe))
        if is_asked(page):  # the answer is in both
            return
        with menu("Data", key=key) as opened:
            if opened:
                st.dataframe(tidy_rows(made.build().figure), hide_index=True, height=320, width=400)
        with menu("Export", key=key) as opened:
            if opened:
                view = made.build()
                now = look_on_screen(f"{page}:{key}", view.figure, look)
                export_menu(view, key=key, recipe=recipe, look=now)
