"""Opening the file of choices that every figure's export menu offers."""

import streamlit as st

from icl_core.export.recipe import parse_config
from icl_core.lessons.catalog import LESSONS
from ui.boundary import guarded
from ui.presets import preset_link


def reopen() -> None:
    """A place for the file, and a link to the page with its choices."""
    with st.expander("Open saved choices", icon=":material/folder_open:"):
        file = st.file_uploader("A .json file from a figure's export menu", type=["json"])
        if file is not None:
            with guarded():
                recipe = parse_config(file.getvalue(), LESSONS)
                if gaps := recipe.gaps():
                    st.info(gaps, icon=":material/info:")
                link = preset_link(recipe.config)
                path = f"pages/{recipe.page}.py"
                st.page_link(path, label="Go there", icon="", query_params=link)
