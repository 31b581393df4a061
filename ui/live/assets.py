"""The JavaScript behind a live chart, served from where it is installed.

plotly.js comes out of the installed plotly package and nothing is copied: Streamlit serves any
folder named as a component's, also read-only, in a container and under a base path. (A static/
folder would need a copy, as links out of it are refused; an asset_dir would need an installed
package.) The names carry a digest or a version, so that a browser never keeps an old file.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

import streamlit as st
from streamlit.components.v1 import declare_component

from icl_core.live.message import FRONTEND, PLOTLY_FOLDER


def _digest(folder: Path) -> str:
    content = hashlib.blake2b(digest_size=6)
    for file in sorted(folder.glob("*.*")):
        content.update(file.read_bytes())
    return content.hexdigest()


FRONTEND_NAME = f"frontend_{_digest(FRONTEND)}"
PLOTLY_NAME = f"plotly_{version('plotly').replace('.', '_')}"


def boot_script() -> str:
    """What Streamlit sends with every chart: only enough to fetch the rest, once."""
    template = (FRONTEND / "boot.mjs").read_text(encoding="utf-8")
    return template.replace("FRONTEND_NAME", f"{__name__}.{FRONTEND_NAME}").replace(
        "PLOTLY_NAME", f"{__name__}.{PLOTLY_NAME}"
    )


@st.cache_resource(max_entries=1, show_spinner=False)
def serve() -> None:
    """Make both folders known to the running server, which forgets them when it ends."""
    declare_component(FRONTEND_NAME, path=FRONTEND)
    declare_component(PLOTLY_NAME, path=PLOTLY_FOLDER)
