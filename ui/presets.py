"""Named states of a lesson, as links."""

from collections.abc import Mapping

import streamlit as st

from icl_core.export.recipe import LINK_VERSION, link_values
from icl_core.validation import Config


def preset_links(path: str, default: Config, presets: Mapping[str, Config]) -> None:
    """A row of links to the same page, each with its own choices."""
    with st.container(horizontal=True, key="presets", gap="small"):
        for label, config in presets.items():
            st.page_link(path, label=label, icon="", query_params=preset_link(config, default))


def preset_link(config: Config, default: Config) -> dict[str, str]:
    """Query parameters of a state; never empty, so that the defaults are a link as well."""
    return {"v": LINK_VERSION} | link_values(config, default)
