"""The one place that shows a figure: title, looks, caption, data table, exports, grids."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st

from icl_core.plots.drawing import Curve
from icl_core.plots.figure import Figure, alt_text, figure_name, figure_title, tidy_rows
from icl_core.plots.sketch import sketch
from icl_core.validation import Config
from ui.export_row import export_menu
from ui.live import Control, Grid, Link, Quantity, Readout, Values, asked_values, live_chart

BOTTOM = 1e-12
"""Losses of a grid are interpolated by their logarithm and count as at least this."""


def chart(
    figure: Figure,
    *,
    key: str,
    page: str,
    config: Config | None = None,
    title: str | None = None,
    caption: str = "",
    controls: Sequence[Control] = (),
    grid: Grid | None = None,
    readouts: Sequence[Readout] = (),
    on_change: Callable[[Values], None] | None = None,
    link: Link | None = None,
) -> None:
    """Show a figure (plotly) with its caption, its numbers as a table and its downloads.

    `config` holds the page's choices behind it, for the configuration file; controls, grid,
    readouts, on_change and link are those of `ui.live.live_chart`.
    """
    with st.container(gap="xsmall", key=f"chart_{key}"):
        _header(figure, title or figure_title(figure), key, page, config)
        live_chart(
            figure,
            key=f"{page}:{key}",
            alt=alt_text(figure),
            controls=controls,
            grid=grid,
            readouts=readouts,
            on_change=on_change,
            link=link,
            file_name=figure_name(figure),
            placeholder_svg=_stand_in(figure, f"{page}:{key}"),
        )
        if caption:
            st.caption(caption)


def _stand_in(figure: Figure, key: str) -> str | None:
    """A picture for the seconds until the chart lives, which only its first showing needs."""
    seen: set[str] = st.session_state.setdefault("charts seen", set())
    if key in seen:
        return None
    seen.add(key)
    return sketch(figure)


def asked(page: str, key: str, controls: Sequence[Control]) -> Values:
    """What the reader last asked of a chart that has no `on_change`, or the controls' own."""
    return asked_values(f"{page}:{key}", controls)


def _header(figure: Figure, title: str, key: str, page: str, config: Config | None) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key=f"head_{key}"
    ):
        st.markdown(f"**{title}**", width="stretch")
        with st.popover("Data", type="tertiary"):
            st.dataframe(tidy_rows(figure), hide_index=True, height=320, width=400)
        export_menu(figure, key=key, page=page, config=config)


def curve_grid(
    axes: Mapping[str, Sequence[float] | np.ndarray],
    curves_at: Callable[[tuple[int, ...]], Sequence[Curve]],
    *,
    exact: bool = False,
) -> Grid:
    """A grid of losses: `curves_at` gives the curves at the node of that index.

    They must be the same curves of the same length at every node.
    """
    shape = tuple(len(nodes) for nodes in axes.values())
    nodes = [_values(curves_at(index)) for index in np.ndindex(shape)]
    quantities = []
    for uid in nodes[0]:
        stacked = np.stack([np.maximum(node[uid], BOTTOM) for node in nodes])
        values = stacked.reshape(shape + stacked.shape[1:])
        quantities.append(Quantity(trace=uid, field="y", values=values, scale="log"))
    return Grid(axes=axes, quantities=quantities, exact=exact)


def _values(curves: Sequence[Curve]) -> dict[str, np.ndarray]:
    return {uid: np.asarray(y) for curve in curves for uid, y in curve.values().items()}
