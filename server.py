"""The app, with a picture in every page before Streamlit has started in the browser.

`streamlit run server.py` serves app.py, which also runs by itself.
"""

from starlette.middleware import Middleware
from streamlit.starlette import App

from ui.first_sight import FirstSight

app = App("app.py", middleware=[Middleware(FirstSight)])
