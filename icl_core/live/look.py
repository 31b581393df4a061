"""How a reader wants a figure drawn: what of it is hidden, which part, how large."""

from dataclasses import dataclass
from re import fullmatch
from typing import Any, Self
from urllib.parse import quote, unquote

from icl_core.errors import InputError
from icl_core.validation import Config, checked, number, text

AXIS_NAMES = r"[xy]([2-9]|[1-9]\d)?"
"""As traces name axes: "x", "y", "x2", ..."""
MOST = 100
"""Lines that a look hides, and axes that it zooms."""
COLUMNS = {"single": 84.0, "double": 174.0}
"""Widths of a figure in a journal, in mm."""
PRINT_TYPE = 8.0
"""Points of a journal's type."""
SIZES = {"width": (30.0, 400.0), "height": (20.0, 500.0), "type": (4.0, 40.0), "lines": (0.25, 8.0)}
"""Inclusive limits: mm, mm, points, and how many times as thick."""


def _hidden(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST:
        raise InputError(f"{name} are {value!r:.60}: expected up to {MOST} names of lines.")
    return tuple(dict.fromkeys(text(name, entry) for entry in value))


def _zoom(name: str, value: Any) -> tuple[tuple[str, float, float], ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST:
        raise InputError(f'{name} is {value!r:.60}: expected entries such as ["x", 0, 3].')
    return tuple(sorted({entry[0]: entry for entry in map(_zoomed, value)}.values()))


def _zoomed(entry: Any) -> tuple[str, float, float]:
    if not isinstance(entry, list | tuple) or len(entry) != 3:
        raise InputError(f'A zoom is {entry!r:.60}: expected an axis and two ends, ["x", 0, 3].')
    axis, *ends = entry
    if not isinstance(axis, str) or not fullmatch(AXIS_NAMES, axis):
        raise InputError(f"A zoom is on the axis {axis!r:.40}: expected x, y, x2 or the like.")
    largest = (-1e300, 1e300)
    low, high = (number(f"An end of the zoom on {axis}", end, largest) for end in ends)
    if low == high:
        raise InputError(f"The zoom on {axis} begins and ends at {low:g}: give two different ends.")
    return axis, low, high


@dataclass(frozen=True, kw_only=True)
class Look(Config):
    """The choices of a figure that change nothing of what is computed.

    hidden: lines by their entry in the legend, the `legendgroup` of their traces or else the uid;
    zoom: (axis, from, to), in the numbers that the axis shows. width and height in mm, for files:
    without a width a figure is drawn for the screen, with one its height follows from its type, and
    the title is left to the caption. type: in points, of ticks and legends, the smallest there is;
    lines: how many times as thick as usual, where nothing is said as many times as the type is
    larger.
    """

    hidden: tuple[str, ...] = checked((), _hidden, "The hidden lines")
    zoom: tuple[tuple[str, float, float], ...] = checked((), _zoom, "The zoom")
    width: float | None = checked(None, number, "The width in mm", SIZES["width"])
    height: float | None = checked(None, number, "The height in mm", SIZES["height"])
    type: float | None = checked(None, number, "The size of the type in points", SIZES["type"])
    lines: float | None = checked(None, number, "The thickness of lines", SIZES["lines"])

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width is None and self.height is not None:
            raise InputError("A height in mm needs a width beside it: give both.")

    def on_screen(self) -> "Look":
        """What a page follows: with a width, all sizes are those of a file."""
        if self.width is None:
            return self
        return self.replace(width=None, height=None, type=None, lines=None)

    def said(self) -> str:
        """As text for a link or a command line, "hide:gd,ridge!x:0,3!width:84"; "" if nothing."""
        parts = {"hide": [_escaped(name) for name in self.hidden]}
        parts |= {axis: [_short(low), _short(high)] for axis, low, high in self.zoom}
        sizes = {name: getattr(self, name) for name in SIZES}
        parts |= {name: [_short(size)] for name, size in sizes.items() if size is not None}
        return "!".join(f"{name}:{','.join(values)}" for name, values in parts.items() if values)

    @classmethod
    def read(cls, words: str) -> Self:
        """The inverse of `said`.

        Raises:
            InputError: It is no such text, or one of its values is out of range.
        """
        given: dict[str, Any] = {"hidden": [], "zoom": []}
        for part in filter(None, words.split("!")):
            name, colon, value = part.partition(":")
            values = value.split(",")
            if name == "hide" and value:
                given["hidden"] += [unquote(entry.replace("~", "%")) for entry in values]
            elif fullmatch(AXIS_NAMES, name):
                given["zoom"].append([name, *values])
            elif name in SIZES and colon and name not in given:
                given[name] = value
            else:
                raise InputError(
                    f"The look of the figure has a part {part!r:.60}: expected hide:NAMES, an axis "
                    f"such as x:0,3, or {', '.join(f'{size}:NUMBER' for size in SIZES)}, once."
                )
        return cls.from_dict(given)


PLAIN = Look()
"""The figure as the lesson draws it."""


def _escaped(name: str) -> str:
    return quote(name, safe="").replace("~", "%7E").replace("%", "~")


def _short(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
