"""Opening the file of choices that every figure's export menu offers."""

import streamlit as st

from icl_core.export import parse_config
from icl_core.lessons.catalog import LESSONS
from ui.boundary import guarded
from ui.presets import preset_link


def reopen() -> None:
    """A place for the file, and a link to the page with its choices."""
    with st.expander("Open saved choices", icon=":material/folder_open:"):
        file = st.file_uploader("A .json file from a figure's export menu", type=["json"])
        if file is not None:
            with guarded():
                page, config = parse_config(file.getvalue(), LESSONS)
                link = preset_link(config, LESSONS[page]())
                st.page_link(f"pages/{page}.py", label="Go there", icon="", query_params=link)
