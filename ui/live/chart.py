"""The one place where a live chart is put on a page."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from icl_core.errors import InputError
from icl_core.live import Control, Values, View
from icl_core.live.controls import Answer, answer_to
from icl_core.live.dressed import fitting
from icl_core.live.look import Look
from icl_core.live.message import Finished, finished
from icl_core.plots import Figure
from ui.live import assets

# The JavaScript and Python sides are joined here: `mount` in frontend/boot.mjs reads what
# `live_chart` sends, and the state "asked" holds {"question": int, "values": {name: value}}.
_component = component("icl_live_chart", js=assets.boot_script(), isolate_styles=False)


def asked_values(key: str, controls: Sequence[Control]) -> Values:
    """What the reader last asked of the chart `key`, or the controls' own values."""
    return _answer(key, controls).values


def live_chart(
    view: View | Finished,
    *,
    key: str,
    exact: bool = True,
    on_change: Callable[[Values], None] | None = None,
    placeholder_svg: str | None = None,
) -> None:
    """Show `view` in place, drawn from its source while a control moves and exactly on release.

    Without one the chart waits for the answer. The figure's template is replaced by those of the
    style table, its title appears in downloads only.

    Args:
        view: For its controls' own values.
        key: Unique on the page; the chart keeps zoom and legend as long as it is the same.
        exact: Whether the figure is the engine's result; false marks it as a preview.
        on_change: Called with the admitted values before the rerun that a release causes: the
            place to write session state and link. Without it read `asked_values(key, controls)`.
        placeholder_svg: A picture to show until the chart lives.

    Call it within a fragment, so that a release reruns no more than the chart.

    Raises:
        InputError: The parts of the view do not fit together, or the figure is too large.
    """
    told = finished(view) if isinstance(view, View) else view
    more = {"exact": exact, "placeholder": placeholder_svg, "key": key}
    data = told.packed(question=_answer(key, told.controls).question, **more)

    def asked() -> None:
        if on_change is not None:
            on_change(asked_values(key, told.controls))

    assets.serve()
    # One container without a gap: the component that carries the source takes no room.
    with st.container(gap=None):
        _component(key=key, data=data, on_asked_change=asked)
        if told.source is not None:
            # Its own message: Streamlit sends one that it has sent before as a short reference.
            _component(key=f"{key}-source", data=told.source)


def told_of(data: bytes) -> dict[str, Any] | None:
    """What a component's bytes tell of a chart; None if they are a source."""
    return json.loads(data) if data.startswith(b"{") else None


def look_on_screen(key: str, figure: Figure, known: Look) -> Look:
    """`known` with the lines that the reader has hidden of the chart `key` by now, and the zoom.

    The browser tells them where they are asked for, in a rerun of the fragment that asks: nothing
    is sent while a reader zooms.
    """
    here = f"{key}-look"
    told = st.session_state.get(here)
    given = told.get("look") if isinstance(told, Mapping) else None
    begun = {"hidden": list(known.hidden), "zoom": [list(zoom) for zoom in known.zoom]}
    data = {"role": "look", "key": key, "known": given or begun}
    _component(key=here, data=data, on_look_change=lambda: None)
    if given is None:
        return known
    try:
        asked = Look.from_dict(given)
    except InputError:
        return known
    return fitting(known.replace(hidden=asked.hidden, zoom=asked.zoom), figure)


def _answer(key: str, controls: Sequence[Control]) -> Answer:
    return answer_to(st.session_state.get(key), controls)
