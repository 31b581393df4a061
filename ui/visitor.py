"""Who looks at a page."""

import secrets
from hashlib import sha256

import streamlit as st
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

from icl_core.settings import settings


def visitor() -> str:
    """Who asks, through whatever tab: every browser holds a token of Streamlit's against forged
    requests. Without cookies every tab is a visitor of its own.

    The cookie writes the token differently every time.
    """
    token, _ = decode_xsrf_token_string(st.context.cookies.get("_streamlit_xsrf", ""))
    own = st.session_state.setdefault("visitor", secrets.token_hex(16))
    return sha256(token).hexdigest() if token else own


def owner() -> str:
    """Whose models are listed: the visitor's where ICL_DATA_DIR says that this is a server for
    many, else those of everybody who uses this machine."""
    return visitor() if settings().data_dir else "everybody"
