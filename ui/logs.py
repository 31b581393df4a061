"""The server's log in one form: Streamlit and uvicorn give every logger a handler of its own."""

import logging

from streamlit import logger as streamlits

from icl_core.logs import set_up
from icl_core.settings import settings


def gather() -> None:
    """Once a server: by ICL_LOG=json their records become JSON lines as all others do."""
    set_up()
    if settings().log == "json":
        for known in [*logging.root.manager.loggerDict.values()]:
            if isinstance(known, logging.Logger):
                _through_root(known)
        # Of loggers that are made later, with modules that are imported later.
        streamlits.setup_formatter = _through_root
        for quiet in ("uvicorn.error", "uvicorn.access"):  # of every request and connection
            logging.getLogger(quiet).setLevel(logging.WARNING)


def _through_root(logger: logging.Logger) -> None:
    logger.handlers.clear()
    logger.propagate = True
