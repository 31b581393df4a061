"""What a lesson shows below its first picture: one part at a time, so that nobody meets a wall."""

from typing import NamedTuple


class Part(NamedTuple):
    """A row of figures: what it is called, its views by name, and how wide they are to one
    another, if not equally."""

    title: str
    views: tuple[str, ...]
    widths: tuple[int, ...] = ()
