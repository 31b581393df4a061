"""What an operator may set, in one place: docs/operators.md tells of each.

A setting is an entry of the TOML file that ICL_SETTINGS names, or an environment variable, ICL_ and
its name in capitals, which goes before the file. An empty variable counts as none.
"""

import logging
import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from icl_core.errors import InputError
from icl_core.files import read_bytes
from icl_core.validation import LIMITS, Config, checked, integer, number, text

LOG = logging.getLogger("icl.settings")
PREFIX, FILE = "ICL_", "ICL_SETTINGS"
MAX_BYTES = 100_000
SECONDS = LIMITS["seconds"]
COUNT, DAYS, SIZE = (1, 1_000_000), (0.01, 36_500.0), (1e-6, 1e6)


@dataclass(frozen=True, kw_only=True)
class Settings(Config):
    """All settings. Folders that are "" are where the platform keeps such things; a scheduler that
    is "" is one of this machine's own; 0 workers are half as many as there are cores."""

    data_dir: str = checked("", text, "ICL_DATA_DIR")
    cache_dir: str = checked("", text, "ICL_CACHE_DIR")
    answer_seconds: float = checked(30.0, number, "ICL_ANSWER_SECONDS", SECONDS)
    scheduler: str = checked("", text, "ICL_SCHEDULER")
    workers: int = checked(0, integer, "ICL_WORKERS", (0, 256))
    waiting: int = checked(12, integer, "ICL_WAITING", (0, 10_000))
    per_visitor: int = checked(3, integer, "ICL_PER_VISITOR", COUNT)
    training_seconds: float = checked(300.0, number, "ICL_TRAINING_SECONDS", (5.0, SECONDS[1]))
    unseen_seconds: float = checked(300.0, number, "ICL_UNSEEN_SECONDS", SECONDS)
    idle_seconds: float = checked(300.0, number, "ICL_IDLE_SECONDS", SECONDS)
    remembered: int = checked(48, integer, "ICL_REMEMBERED", COUNT)
    runs: int = checked(200, integer, "ICL_RUNS", COUNT)
    run_days: float = checked(7.0, number, "ICL_RUN_DAYS", DAYS)
    models: int = checked(1000, integer, "ICL_MODELS", COUNT)
    model_gigabytes: float = checked(2.0, number, "ICL_MODEL_GIGABYTES", SIZE)
    model_days: float = checked(365.0, number, "ICL_MODEL_DAYS", DAYS)
    chart_megabytes: float = checked(96.0, number, "ICL_CHART_MEGABYTES", SIZE)
    table_megabytes: float = checked(64.0, number, "ICL_TABLE_MEGABYTES", SIZE)


NAMES = {PREFIX + field.upper(): field for field in Settings.__dataclass_fields__}
"""Environment variables, and the settings that they are."""


def settings() -> Settings:
    """What is set now.

    Raises:
        InputError: A value is out of range, or the file cannot be read.
    """
    # Of a server's whole life the environment is one, of a test's not.
    given = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return _settings(tuple(sorted(given.items())))


@lru_cache(maxsize=16)
def _settings(environment: tuple[tuple[str, str], ...]) -> Settings:
    given = {name: value for name, value in environment if value}
    known = _of_file(Path(path).expanduser()) if (path := given.pop(FILE, "")) else {}
    if unknown := sorted(set(given) - set(NAMES)):
        LOG.warning("%.60s is no setting: expected one of %s.", unknown[0], ", ".join(NAMES))
    named = {NAMES[name]: value for name, value in given.items() if name in NAMES}
    return Settings.from_dict(known | named)


def _of_file(path: Path) -> dict[str, Any]:
    """The entries of a settings file, each checked."""
    data = read_bytes(path, limit=MAX_BYTES)
    try:
        found = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path.name} is no TOML ({error}): correct that line.") from error
    try:
        Settings.from_dict(found)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
    return found
