"""A lesson's figures on its page: the first picture, and one part of all else."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from icl_core.lessons.catalog import LESSONS, page_of
from icl_core.lessons.shared.parts import Part
from icl_core.validation import Config
from ui.chart import Moved, charts_of
from ui.controls import Controls, folded
from ui.frame import finding
from ui.presets import preset_links
from ui.screen import presented
from ui.steps import step_of


@contextmanager
def more_choices(*chosen: str) -> Iterator[None]:
    """Widgets that not everybody needs, behind a button that says what is `chosen` there."""
    said = ", ".join(filter(None, chosen))
    label = f"More choices: {said}" if said else "More choices"
    with folded(label, icon=":material/tune:", key="more"):
        yield


def first_picture(
    config: Config,
    found: Any,
    moved: Mapping[str, Moved] | None = None,
    *,
    widths: Sequence[int] = (),
) -> None:
    """The views that a page begins with, what they show in a sentence, and the lesson's presets.
    `moved` and `widths` are those of `charts_of`."""
    page = page_of(config)
    lesson = LESSONS[page]
    if step := step_of(page):
        if names := [name for name in lesson.first if name in step.views]:
            charts_of(config, found, moved)(*names, widths=widths if len(names) > 1 else ())
        return
    shown = charts_of(config, found, moved)(*lesson.first, widths=widths)
    sentence = lesson.finding(config, found)
    # A chart that says it itself says it while something is dragged.
    if all(view.said != sentence for view in shown):
        finding(sentence)
    preset_links(page, config)


def part_choice(controls: Controls[Any]) -> Part:
    """The choice of a part, and the one chosen: what it has of widgets of its own comes next, then
    `show_part`."""
    lesson = LESSONS[controls.page]
    offered = lesson.parts_of(controls.config())
    if step := step_of(controls.page):
        part = offered[controls[lesson.part]]
        views = tuple(name for name in part.views if name in step.views)
        return Part(part.title, views, part.widths if views == part.views else ())
    if not presented():
        titles = {name: part.title for name, part in offered.items()}
        controls.one_of(lesson.part, "Look closer", titles)
    return offered[controls[lesson.part]]


def show_part(
    part: Part, config: Config, found: Any, moved: Mapping[str, Moved] | None = None
) -> None:
    """The charts of a part. `moved` is that of `charts_of`."""
    if part.views:
        charts_of(config, found, moved)(*part.views, widths=part.widths)


def parts(controls: Controls[Any], found: Any, moved: Mapping[str, Moved] | None = None) -> None:
    """The part that is chosen, which has no widgets of its own, below the choice of it."""
    show_part(part_choice(controls), controls.config(), found, moved)
