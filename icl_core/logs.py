"""How processes write their log: as text, or, by ICL_LOG=json, as JSON, one object a line."""

import json
import logging
from datetime import UTC, datetime

from icl_core.settings import settings

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """A record as an object of time (UTC, ISO 8601), level, logger, process, message and, where
    there is one, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """On one line, however many the message has."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def set_up() -> None:
    """Once a process: what is logged, and what Python warns of, goes to standard error."""
    handler = logging.StreamHandler()
    json_lines = settings().log == "json"
    handler.setFormatter(JsonLines() if json_lines else logging.Formatter(TEXT))
    logging.basicConfig(handlers=[handler])
    logging.captureWarnings(json_lines)
