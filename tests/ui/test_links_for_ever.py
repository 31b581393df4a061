"""Links that were given away open what they opened then: tests/links.txt is never rewritten."""

import json

import pytest

from benchmarks.record.links import Line, read_links
from icl_core.export.recipe import Recipe, permalink
from icl_core.lessons.catalog import LESSONS
from icl_core.validation import Config

LINES = read_links()


def plain(config: Config) -> dict:
    """Choices as a file of JSON holds them."""
    return json.loads(json.dumps(config.to_dict()))


def opened(line: Line) -> dict:
    """What a link opens: what it opened when it was made, and choices that came later at their
    defaults."""
    return plain(LESSONS[line.page].config()) | line.choices


@pytest.mark.slow
@pytest.mark.parametrize("page", LESSONS)
def test_every_link_opens_what_it_opened_when_it_was_made(open_page, page: str):
    own = [line for line in LINES if line.page == page]
    assert len(own) >= 5
    for line in own:
        app = open_page(page, **line.values)
        assert plain(app.session_state[f"{page}:config"]) == opened(line), line.link


@pytest.mark.parametrize("page", LESSONS)
def test_every_preset_and_every_choice_has_a_link_that_is_kept(page: str):
    lesson, own = LESSONS[page], [line for line in LINES if line.page == page]
    for config in lesson.presets.values():
        link = permalink(Recipe(page=page, figure=next(iter(lesson.views)), config=config))
        assert plain(config) in [opened(line) for line in own if line.link == link]
    assert set(lesson.config().to_dict()) <= {name for line in own for name in line.values}
