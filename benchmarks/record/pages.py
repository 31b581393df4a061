"""What the pages show, with no browser: their words, their widgets, their charts."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

import ui.warm
from benchmarks.record.facts import Facts
from benchmarks.record.units import Unit, add_chart, add_table
from icl_core.export.recipe import LINK_VERSION, link_values
from icl_core.lessons.catalog import LESSONS
from ui.live.chart import told_of

APP = str(Path(__file__).parents[2] / "app.py")
OTHERS = ("style",)
"""Pages that are no lessons."""
WIDGET = ("label", "value", "options", "help", "min", "max", "step")
"""What is said of a widget beside its type."""
ELSEWHERE = ("html", "bidi_component", "event", "arrow_data_frame", "dataframe")
"""Elements without words, and those whose numbers are kept apart."""


def page_units() -> Iterator[Unit]:
    """Every page in every named state of its lesson."""
    for page in OTHERS:
        yield f"pages/{page}/as it opens", partial(page_facts, page, {})
    for page, lesson in LESSONS.items():
        for preset, config in lesson.presets.items():
            link = {"v": LINK_VERSION} | link_values(config, lesson.config())
            yield f"pages/{page}/{preset}", partial(page_facts, page, link)


def opened(page: str, link: Mapping[str, str]) -> AppTest:
    """The page as a link opens it."""
    ui.warm.start_warming = lambda: None
    app = AppTest.from_file(APP, default_timeout=300)
    app.switch_page(f"pages/{page}.py")
    for name, value in link.items():
        app.query_params[name] = value
    return app.run()


def page_facts(page: str, link: Mapping[str, str]) -> Facts:
    """All that stands on the page, in its order."""
    app, facts = opened(page, link), Facts()
    lines = [line for element in [*app.main, *app.sidebar] if (line := _line(element))]
    for index, table in enumerate(app.dataframe):
        add_table(facts, table.value.to_csv().encode(), f"table {index}")
    told = (told_of(chart.proto.bytes) for chart in app.get("bidi_component"))
    for index, sent in enumerate(filter(None, told)):
        add_chart(facts, f"chart {index}", sent)
    facts.words["page"] = "\n".join(lines)
    facts.words["link"] = json.dumps(app.query_params, default=str)
    return facts


def _line(element: Any) -> str:
    """What is read or chosen there; "" for what only holds others."""
    proto: Any = getattr(element, "proto", None)
    if element.type == "page_link":
        return f"page_link {proto.page}?{proto.query_string} {proto.label}"
    if element.type in ELSEWHERE:
        return ""
    said = {name: getattr(element, name, None) for name in WIDGET}
    if said["label"] is None and proto is not None:
        said["label"] = getattr(proto, "label", None)
    told = {name: value for name, value in said.items() if value not in (None, "", [])}
    return f"{element.type} {json.dumps(told, ensure_ascii=False, default=str)}" if told else ""
