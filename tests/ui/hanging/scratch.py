"""The app as it is, but with one page, which hangs on request."""

from pathlib import Path

import streamlit as st

from ui import frame, warm

frame.pages = lambda: {"": [st.Page("pages/hang.py", default=True)]}
warm.start_warming = lambda: None
APP = Path(frame.__file__).parents[1] / "app.py"
exec(compile(APP.read_text(), APP, "exec"))
