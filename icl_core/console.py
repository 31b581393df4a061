"""What a command says: JSON on standard output, progress on standard error."""

import contextlib
import json
import math
import sys
from typing import Any

from icl_core.errors import InputError


def say(line: str) -> None:
    """Progress: nothing stops because nobody reads it."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _plain(value: Any) -> Any:
    """JSON-able, with null for what is not a finite number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def show(value: Any) -> None:
    """A result, in ASCII where the output's encoding has no other way to say it."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(_plain(value), indent=2)
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(
            f"The result could not be written ({error.strerror}): send the output elsewhere."
        ) from error
