"""The app: its settings, its pages and the error boundary around them."""

from pathlib import Path

import streamlit as st

from ui.boundary import guarded
from ui.frame import enter, pages

UI = Path(__file__).parent / "ui"

st.set_page_config(
    page_title="In-context learning, seen", page_icon=UI / "icon.svg", layout="wide"
)
st.html(UI / "style.css")
navigation = st.navigation(pages())
enter()
with guarded():
    navigation.run()
