"""The app, with a picture in every page before Streamlit has started in the browser, and with a
health check that tells the truth. No XLA program runs in its process.

`streamlit run server.py` serves app.py, which also runs by itself.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.middleware import Middleware
from streamlit.starlette import App

from icl_core.errors import InputError
from icl_core.runtime import without_xla
from icl_core.settings import settings
from ui.first_sight import FirstSight
from ui.health import Health
from ui.job import STATUSES
from ui.jobs import trainings
from ui.logs import gather
from ui.metrics import TRAININGS, Metrics
from ui.watchdog import start

without_xla()
try:
    gather()
    start()
except InputError as error:
    sys.exit(str(error))


@asynccontextmanager
async def alive(_: App) -> AsyncIterator[None]:
    """Trainings that the last server left go on at once; those of this one are saved at its end."""
    jobs = await asyncio.to_thread(trainings)
    for status in STATUSES:
        TRAININGS.labels(status).set_function(partial(jobs.number_of, status))
    yield
    await asyncio.to_thread(jobs.stop, settings().stop_seconds)


app = App(
    "app.py",
    lifespan=alive,
    middleware=[Middleware(Health), Middleware(Metrics), Middleware(FirstSight)],
)
