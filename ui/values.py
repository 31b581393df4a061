"""Values and texts from outside, in sentences and in boxes."""

import re
from collections.abc import Callable
from typing import Any

MARKS = re.compile(r"([\\`*_{}\[\]()#+!|<>:$~&])")


def escaped(text: str) -> str:
    """Text from outside, of which Markdown makes no link, picture or formula."""
    return MARKS.sub(r"\\\1", text)


def written(value: Any) -> str:
    """A value in the line it was typed in: the shortest text of the same number; none is empty."""
    if value is None:
        return ""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def digits(count: int) -> Callable[[float], float]:
    """What rounds to so many digits."""
    return lambda value: float(f"{value:.{count}g}")


def said(value: Any) -> str:
    """A value in a sentence."""
    if isinstance(value, tuple | list):
        return " and ".join(map(said, value))
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)[:60]
    return f"**{escaped(shown)}**"
