"""The log as JSON, one object a line."""

import json
import logging
import subprocess
import sys

from icl_core.logs import JsonLines

SCRIPT = """
import logging, warnings
from icl_core.logs import set_up
set_up()
logging.getLogger("icl.test").warning("of %s\\nand \\"more\\"", "σ")
warnings.warn("old", UserWarning)
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("other").exception("It failed")
"""


def test_every_line_is_an_object_whatever_was_said(monkeypatch):
    monkeypatch.setenv("ICL_LOG", "json")
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True)
    said, warned, failed = map(json.loads, done.stderr.decode().splitlines())
    assert said["message"] == 'of σ\nand "more"'
    assert (said["level"], said["logger"]) == ("WARNING", "icl.test")
    assert "UserWarning: old" in warned["message"]
    assert failed["exception"].endswith("ZeroDivisionError: division by zero")
    assert "exception" not in said


def test_the_time_is_that_of_the_record():
    record = logging.makeLogRecord({"msg": "m", "created": 1_000_000_000.5, "process": 7})
    found = json.loads(JsonLines().format(record))
    assert found["time"] == "2001-09-09T01:46:40.500+00:00"
    assert found["process"] == 7
