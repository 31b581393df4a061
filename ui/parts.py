"""A lesson's figures on its page: the first picture, and one part of all else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.shared.parts import Part
from ui.chart import Moved, charts_of
from ui.controls import Controls, folded


@contextmanager
def more_choices(*chosen: str) -> Iterator[None]:
    """Widgets that not everybody needs, behind a button that says what is `chosen` there."""
    said = ", ".join(filter(None, chosen))
    label = f"More choices: {said}" if said else "More choices"
    with folded(label, icon=":material/tune:", key="more"):
        yield


def part_choice(controls: Controls[Any]) -> Part:
    """The choice of a part, and the one chosen, for pages that put more on them than its charts."""
    lesson = LESSONS[controls.page]
    offered = lesson.parts_of(controls.config())
    titles = {name: part.title for name, part in offered.items()}
    controls.one_of(lesson.part, "Look closer", titles)
    return offered[controls[lesson.part]]


def parts(controls: Controls[Any], found: Any, moved: Mapping[str, Moved] | None = None) -> None:
    """The part that is chosen, below the choice of it. `moved` is that of `charts_of`."""
    part = part_choice(controls)
    charts_of(controls.config(), found, moved)(*part.views, widths=part.widths)
