"""Links that were given away once, and what they must open for ever: tests/links.txt.

A line is a link, a tab, and as JSON the choices that the page then has. Lines are only ever added.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from benchmarks.record.pages import opened
from benchmarks.sweeps import UNSEEN, sweeps
from icl_core.export.recipe import HOME, Recipe, permalink
from icl_core.files import write_atomic
from icl_core.lessons.catalog import LESSONS
from icl_core.validation import Config

FILE = Path(__file__).parents[2] / "tests" / "links.txt"
VALUES = 3
"""Links for a choice that the file does not know yet: its first values, beside the default."""
APART: Mapping[str, Mapping[str, Sequence[object]]] = {"train": {"snapshot": (3, 0)}}
"""Values of the choices that `sweeps` leaves out."""


class Line(NamedTuple):
    """A link, "PAGE?NAME=VALUE&...", and the choices it opens."""

    link: str
    choices: dict[str, Any]

    @property
    def page(self) -> str:
        return self.link.partition("?")[0] or HOME

    @property
    def values(self) -> dict[str, str]:
        return dict(parse_qsl(self.link.partition("?")[2], keep_blank_values=True))


def read_links(file: Path = FILE) -> list[Line]:
    """All lines, in their order."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    pairs = [line.split("\t") for line in text.splitlines()]
    return [Line(link, json.loads(choices)) for link, choices in pairs]


def add_links(others: Sequence[str] = (), file: Path = FILE) -> list[Line]:
    """Add what is new: the links of presets, of choices that no line has, and `others`.

    A link of a preset or choice is left out where its page cannot show that state and moves to
    another.
    """
    known = read_links(file)
    have = {line.link for line in known}
    added = []
    for config in _wanted(known):
        link = _link(config)
        if link not in have and _choices(link) == _plain(config):
            have.add(link)
            added.append(Line(link, _plain(config)))
    added += [Line(link, _choices(link)) for link in others if link not in have]
    if added:
        rows = [
            f"{line.link}\t{json.dumps(line.choices, ensure_ascii=False)}\n"
            for line in known + added
        ]
        write_atomic(file, "".join(rows).encode())
    return added


def _wanted(known: Sequence[Line]) -> Iterator[Config]:
    for page, lesson in LESSONS.items():
        yield from lesson.presets.values()
        default = next(iter(lesson.presets.values()))
        said = {name for line in known if line.page == page for name in line.values}
        for sweep in sweeps(page):
            others = [value for value in sweep.values if value != getattr(default, sweep.control)]
            if sweep.control not in said:
                for value in _ends(others):
                    yield default.replace(**{**sweep.start, sweep.control: value})
        for name in UNSEEN.get(page, frozenset()) - said:
            for value in APART[page][name]:
                yield default.replace(**{name: value})


def _ends(values: Sequence[object]) -> list[object]:
    """The first ones and the last."""
    return list(dict.fromkeys([*values[: VALUES - 1], *values[-1:]]))


def _link(config: Config) -> str:
    page, lesson = next((p, found) for p, found in LESSONS.items() if type(config) is found.config)
    return permalink(Recipe(page=page, figure=next(iter(lesson.views)), config=config))


def _choices(link: str) -> dict[str, Any]:
    """What the page has chosen once the link is open."""
    line = Line(link, {})
    app = opened(line.page, line.values)
    if app.exception or app.error:
        raise SystemExit(f"{link} fails: {[*app.exception, *app.error]}")
    return _plain(app.session_state[f"{line.page}:config"])


def _plain(config: Config) -> dict[str, Any]:
    """As JSON has it."""
    return json.loads(json.dumps(config.to_dict()))
