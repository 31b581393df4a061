"""Links that were given away open what they opened then: tests/links.txt is never rewritten."""

import json

import pytest

from benchmarks.record.links import Line, read_links
from icl_core.export.recipe import Recipe, permalink
from icl_core.lessons.catalog import LESSONS

LINES = read_links()


@pytest.mark.slow
@pytest.mark.parametrize("page", LESSONS)
def test_every_link_opens_what_it_opened_when_it_was_made(open_page, page: str):
    own = [line for line in LINES if line.page == page]
    assert len(own) >= 5
    for line in own:
        app = open_page(page, **line.values)
        choices = app.session_state[f"{page}:config"].to_dict()
        assert json.loads(json.dumps(choices)) == line.choices, line.link


@pytest.mark.parametrize("page", LESSONS)
def test_every_preset_and_every_choice_has_a_link_that_is_kept(page: str):
    lesson, own = LESSONS[page], [line for line in LINES if line.page == page]
    for config in lesson.presets.values():
        link = permalink(Recipe(page=page, figure=next(iter(lesson.views)), config=config))
        assert Line(link, json.loads(json.dumps(config.to_dict()))) in own
    assert set(lesson.config().to_dict()) <= {name for line in own for name in line.values}
