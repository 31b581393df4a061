"""Points as text that fits in a link: "x y; x y"."""

from collections.abc import Iterable
from typing import Any

from icl_core.errors import InputError
from icl_core.live.points import MAX_POINTS, Ends, Point, rounded
from icl_core.validation import integer, number, numbers


def parse_points(value: Any, x: Ends, y: Ends) -> tuple[Point, ...]:
    """The points written as "x y; x y", which lie between these ends."""
    if not isinstance(value, str) or len(value) > 40 * MAX_POINTS:
        raise InputError(f"The prompt is {value!r:.60}: expected text like '-2 0.3; 1.5 -0.2'.")
    rows = [numbers("A number of the prompt", row, (-100.0, 100.0)) for row in value.split(";")]
    integer("The number of examples", len(rows), (1, MAX_POINTS))
    for index, row in enumerate(rows, 1):
        if len(row) != 2:
            raise InputError(f"Example {index} has {len(row)} numbers: expected x and y.")
        number(f"x of example {index}", row[0], x)
        number(f"y of example {index}", row[1], y)
    return rounded(rows)


def format_points(points: Iterable[Point]) -> str:
    """The inverse of `parse_points`."""
    return "; ".join(" ".join(repr(v).removesuffix(".0") for v in point) for point in points)
