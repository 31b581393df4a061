"""Reading and writing files: whole or not at all, with one clear sentence on failure."""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # not on this system: one process at a time, then
    fcntl = None

from icl_core.errors import InputError


def write_atomic(path: Path, data: bytes) -> None:
    """Write beside the target, then rename: a reader never sees half a file, and a failure (a full
    disk, say) leaves what was there before."""
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise InputError(
            f"{path.name} could not be saved ({error.strerror or error}): nothing was changed; "
            "free some space or choose another place, then save again."
        ) from error


class TakenError(InputError):
    """Another process has claimed it."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time for what is read, changed and written again in a folder."""
    handle = os.open(folder, os.O_RDONLY) if fcntl else None
    try:
        if fcntl and handle is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """One process alone for a folder, for as long as it lives; `TakenError` for the second."""
    handle = os.open(folder, os.O_RDONLY) if fcntl else None
    try:
        if fcntl and handle is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise TakenError(
                    "Another server process is at this training: open its link again in a minute."
                ) from error
        yield
    finally:
        if handle is not None:
            os.close(handle)


def read_bytes(path: Path, *, limit: int) -> bytes:
    """The whole file, if it is there and at most `limit` bytes."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= limit else b""
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.name!r} cannot be read ({getattr(error, 'strerror', None) or error}): "
            "check that the file is there and that you may read it."
        ) from error
    if size > limit:
        raise InputError(
            f"{path.name} has {size:,} bytes: expected at most {limit:,}; choose another file."
        )
    return data


def parse_json(name: str, data: bytes | str) -> Any:
    """JSON without NaN or infinities, where no entry of an object stands twice."""

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON number")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
            raise ValueError(f"the entry {twice!r:.40} stands there twice")
        return entries

    try:
        return json.loads(data, parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is no valid JSON ({error}): export it again.") from error


def dump_json(value: Any) -> str:
    """Stable, readable JSON."""
    return json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"
