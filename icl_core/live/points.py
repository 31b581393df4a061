"""Points on a chart that a reader drags, adds and removes."""

import math
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

from icl_core.errors import InputError

MAX_POINTS = 20
DIGITS = 3
"""Decimals of a coordinate: as fine as a screen shows, and short in a link."""
Point = tuple[float, float]
Ends = tuple[float, float]


@dataclass(frozen=True)
class Points:
    """Examples (x, y) to be dragged within the ends of both axes.

    They lie on the figure's first pair of axes. While the pointer is over these and holds nothing,
    the control `hover` stands at its abscissa. There are 1 to `most`; one that is alone is only
    dragged.
    """

    name: str
    label: str
    _: KW_ONLY
    value: tuple[Point, ...]
    x: Ends
    y: Ends
    hover: str = ""
    most: int = MAX_POINTS

    def __post_init__(self) -> None:
        if not all(math.isfinite(low) and low < high < math.inf for low, high in (self.x, self.y)):
            raise InputError(f"The points {self.name!r} need axes with finite, increasing ends.")
        if self.admitted(self.value) is None:
            raise InputError(
                f"The points {self.name!r} are {self.value!r:.60}: expected 1 to {self.most} "
                f"pairs of x from {self.x[0]:g} to {self.x[1]:g} and y from {self.y[0]:g} to "
                f"{self.y[1]:g}."
            )

    def admitted(self, value: Any) -> tuple[Point, ...] | None:
        """`value`, sent by a browser, if it is points within the limits."""
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= self.most:
            return None
        if not all(isinstance(point, list | tuple) and len(point) == 2 for point in value):
            return None
        ends = (self.x, self.y)
        for point in value:
            for number, (low, high) in zip(point, ends, strict=True):
                plain = isinstance(number, int | float) and not isinstance(number, bool)
                if not plain or not low <= number <= high:
                    return None
        return rounded(value)

    def sent(self) -> dict[str, Any]:
        """What the browser is told; values travel apart."""
        return {
            "kind": "points",
            "name": self.name,
            "label": self.label,
            "x": list(self.x),
            "y": list(self.y),
            "digits": DIGITS,
            "most": self.most,
            "hover": self.hover,
        }


def rounded(points: Iterable[Iterable[float]]) -> tuple[Point, ...]:
    """With the digits that a browser sends, and no -0."""
    return tuple((_round(x), _round(y)) for x, y in points)


def _round(number: float) -> float:
    return round(float(number), DIGITS) + 0.0
