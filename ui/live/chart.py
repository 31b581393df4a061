"""The one place where a live chart is put on a page."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

import streamlit as st
from streamlit.components.v2 import component

from icl_core.errors import InputError
from icl_core.plots.style import HEIGHT, TEMPLATES
from ui.live import assets
from ui.live.controls import Answer, Control, Values, answer_to, check_controls
from ui.live.figure import Figure, breaks, for_browser, gaps, plain_figure, readable, sized
from ui.live.grid import READOUT, Grid


@dataclass(frozen=True, kw_only=True)
class Readout:
    """A number written under the chart; in a grid, the quantity of trace READOUT, field `name`."""

    name: str
    label: str
    value: float
    format: str = ".3g"


@dataclass(frozen=True, kw_only=True)
class Link:
    """Charts of one `group` answer each other's hover.

    `by` says what makes two points the same: "x" their abscissa (a layer), "point" their place in
    the trace (an eigenvalue), "trace" the uid of their trace (a method).
    """

    group: str
    by: Literal["x", "point", "trace"]


# The JavaScript and Python sides are joined here: `mount` in frontend/boot.mjs reads what
# `live_chart` sends, and the state "asked" holds {"question": int, "values": {name: number}}.
_component = component("icl_live_chart", js=assets.boot_script(), isolate_styles=False)


def asked_values(key: str, controls: Sequence[Control]) -> Values:
    """What the reader last asked of the chart `key`, or the controls' own values."""
    return _answer(key, controls).values


def live_chart(
    figure: Figure | Mapping[str, Any],
    *,
    key: str,
    alt: str,
    controls: Sequence[Control] = (),
    grid: Grid | None = None,
    readouts: Sequence[Readout] = (),
    exact: bool = True,
    on_change: Callable[[Values], None] | None = None,
    link: Link | None = None,
    height: int | None = None,
    file_name: str = "figure",
    placeholder_svg: str | None = None,
) -> None:
    """Show `figure` in place, drawn from `grid` while a control moves and exactly on release.

    Args:
        figure: For the controls' own values. Its traces need a uid or distinct names, its axes
            fixed ranges where a grid should draw fast; its template is replaced by those of
            the style table, its title appears in downloads only.
        key: Unique on the page; the chart keeps zoom and legend as long as it is the same.
        alt: What the picture shows, for those who cannot see it.
        controls: Sliders, and one player at most.
        grid: What to draw from between releases; without one the chart waits for the answer.
        readouts: Numbers under the chart.
        exact: Whether `figure` is the engine's result; false marks it as a preview.
        on_change: Called with the admitted values before the rerun that a release causes: the
            place to write session state and link. Without it read `asked_values(key, controls)`.
        link: Which other charts answer this one's hover.
        height: Of the picture, in pixels; by default the figure's own.
        file_name: Of downloads, without extension.
        placeholder_svg: A picture to show until the chart lives.

    Call it within a fragment, so that a release reruns no more than the chart.

    Raises:
        InputError: Grid, controls and figure do not fit together, or the figure is too large.
    """
    check_controls(controls)
    if len({readout.name for readout in readouts}) < len(readouts):
        raise InputError("Two readouts share a name: each needs its own.")
    plain = plain_figure(figure)
    if grid is not None:
        grid.check_against(controls, {trace["uid"]: readable(trace) for trace in plain["data"]})
        _check_readouts(grid, readouts)

    sent = for_browser(plain)
    data = {
        "role": "chart",
        "figure": sized(sent),
        "names": {trace["uid"]: trace.get("name") or trace["uid"] for trace in sent["data"]},
        "gaps": gaps(sent),
        "breaks": breaks(sent),
        "controls": [control.sent() for control in controls],
        "values": {control.name: control.value for control in controls},
        "question": _answer(key, controls).question,
        "grid": None if grid is None else grid.digest,
        "readouts": [_sent(readout) for readout in readouts],
        "exact": exact,
        "link": None if link is None else asdict(link),
        "templates": _templates(),
        "alt": alt,
        "height": height or plain["layout"].get("height") or HEIGHT,
        "fileName": file_name,
        "placeholder": placeholder_svg,
    }

    def asked() -> None:
        if on_change is not None:
            on_change(asked_values(key, controls))

    assets.serve()
    # One container without a gap: the component that carries the grid takes no room.
    with st.container(gap=None):
        _component(key=key, data=data, on_asked_change=asked)
        if grid is not None:
            # Its own message: Streamlit sends one that it has sent before as a short reference.
            _component(key=f"{key}-grid", data=grid.packed)


def _answer(key: str, controls: Sequence[Control]) -> Answer:
    return answer_to(st.session_state.get(key), controls)


@cache
def _templates() -> dict[str, Any]:
    return {mode: template.to_plotly_json() for mode, template in TEMPLATES.items()}


def _sent(readout: Readout) -> dict[str, Any]:
    value = readout.value if math.isfinite(readout.value) else None
    return {**asdict(readout), "value": value}


def _check_readouts(grid: Grid, readouts: Sequence[Readout]) -> None:
    known = {readout.name for readout in readouts}
    for quantity in grid.quantities:
        if quantity.trace == READOUT and quantity.field not in known:
            raise InputError(
                f"The grid has values for the readout {quantity.field!r}, but the chart has "
                f"{sorted(known)}: name one of them."
            )
