"""The app, with a picture in every page before Streamlit has started in the browser, and with a
health check that tells the truth. No XLA program runs in its process.

`streamlit run server.py` serves app.py, which also runs by itself.
"""

import sys

from starlette.middleware import Middleware
from streamlit.starlette import App

from icl_core.errors import InputError
from icl_core.runtime import without_xla
from ui.first_sight import FirstSight
from ui.health import Health
from ui.watchdog import start

without_xla()
try:
    start()
except InputError as error:
    sys.exit(str(error))

app = App("app.py", middleware=[Middleware(Health), Middleware(FirstSight)])
