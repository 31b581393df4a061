"""The one place that shows a figure: title, looks, caption, data table, exports."""

from typing import Any

import streamlit as st

from icl_core.plots.figure import alt_text, figure_name, figure_title, tidy_rows
from icl_core.plots.style import Mode, themed
from icl_core.validation import Config
from ui.export_row import export_menu


def surface() -> Mode:
    """The visitor's theme."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chart(
    figure: Any, *, key: str, page: str, config: Config | None = None, caption: str = ""
) -> None:
    """Show a figure (plotly) with its caption, its numbers as a table and its downloads.

    `config` holds the page's choices behind it, for the configuration file.
    """
    with st.container(gap="xsmall", key=f"chart_{key}"):
        _header(figure, key, page, config)
        # Headings stand in the page, where they wrap and are read out; files have them inside.
        shown = themed(figure, surface()).update_layout(title_text=None, margin_t=16)
        st.plotly_chart(
            shown,
            key=key,
            theme=None,
            alt=alt_text(figure),
            config={
                "displaylogo": False,
                "showSendToCloud": False,
                "showTips": False,
                "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
                "toImageButtonOptions": {"format": "svg", "filename": figure_name(figure)},
            },
        )
        if caption:
            st.caption(caption)


def _header(figure: Any, key: str, page: str, config: Config | None) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key=f"head_{key}"
    ):
        st.markdown(f"**{figure_title(figure)}**", width="stretch")
        with st.popover("", icon=":material/table:", type="tertiary", help="The data as a table"):
            st.dataframe(tidy_rows(figure), hide_index=True, height=320)
        export_menu(figure, key=key, page=page, config=config)
