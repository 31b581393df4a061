"""Downloads of a figure, built when they are asked for."""

from collections.abc import Callable

import streamlit as st

from icl_core import export
from icl_core.plots.figure import Figure, figure_name
from icl_core.validation import Config


def export_menu(figure: Figure, *, key: str, page: str, config: Config | None) -> None:
    """A menu of files: the figure as a web page, its data, and the choices behind it."""
    name = figure_name(figure)
    files: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("Web page, works offline", "html", "text/html", lambda: export.to_html(figure)),
        ("Data", "csv", "text/csv", lambda: export.to_csv(figure)),
    ]
    if config is not None:
        files.append(
            ("Choices", "json", "application/json", lambda: export.config_json(page, config))
        )
    with st.popover("Export", type="tertiary"):
        for label, suffix, mime, build in files:
            st.download_button(
                f"{label} (.{suffix})",
                build,
                file_name=f"{name}.{suffix}",
                mime=mime,
                key=f"{key}_{suffix}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )
        st.caption("As an image: the buttons below the figure.")
