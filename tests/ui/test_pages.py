"""Every page renders in every preset, from every link, and without what it needs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from icl_core.export.recipe import HOME, link_values
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.paths import COURSE, PATHS
from icl_core.plots.methods import METHODS
from tests.ui.charts import told
from ui.presets import preset_link

ROOT = Path(__file__).parents[2]
STATES = [
    pytest.param(page, config, id=f"{page}: {name}")
    for page, lesson in LESSONS.items()
    for name, config in lesson.presets.items()
]


@pytest.mark.parametrize(("page", "config"), STATES)
def test_page_renders_in_every_preset(open_page, page, config):
    app = open_page(page, **preset_link(config))
    assert app.title[0].value
    assert app.session_state[f"{page}:config"] == config
    assert told(app) or page == "train"
    assert not app.info or page == "noise_and_depth"


def test_home_shows_a_picture_and_every_lesson(open_page):
    app = open_page("home")
    assert len(told(app)) == 1
    links = app.get("page_link")
    assert {link.proto.page for link in links} >= set(LESSONS) - {HOME}


def test_home_offers_paths_whose_links_open_their_stops(open_page):
    links = open_page("home").get("page_link")
    for name, stops in PATHS.items():
        for at, stop in enumerate(stops, 1):
            label = f"{at}. {LESSONS[stop.page].title}: {stop.see}"
            (link,) = [link.proto for link in links if link.proto.label == label]
            assert link.page == ("" if stop.page == HOME else stop.page), name
            wanted = preset_link(LESSONS[stop.page].presets[stop.preset])
            assert dict(parse_qsl(link.query_string, keep_blank_values=True)) == wanted


def test_no_name_of_a_page_is_the_end_of_another():
    """Streamlit finds the address of the app by what that of a page ends in."""
    names = [*LESSONS, "style"]
    assert not [
        (one, other) for one in names for other in names if other != one and other.endswith(one)
    ]


def test_the_style_page_names_every_method(open_page):
    app = open_page("style")
    assert len(told(app)) == 2
    table = next(text.value for text in app.markdown if text.value.startswith("| method"))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n")[2:]]
    assert [tuple(row) for row in rows] == [
        (style.label, style.about) for style in METHODS.values()
    ]


@pytest.mark.parametrize("page", LESSONS)
def test_a_link_of_every_preset_reads_back_as_its_config(page):
    default = LESSONS[page].config()
    for config in LESSONS[page].presets.values():
        values = link_values(config, default)
        values.pop("v", None)
        assert LESSONS[page].config.from_dict(default.to_dict() | values) == config


HOSTILE = ["abc", "", "-1", "1e999", "nan", "9" * 400, "<script>alert(1)</script>", "\x00", "[]"]


@pytest.mark.parametrize("page", LESSONS)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_link_falls_back_with_one_sentence(open_page, page, value):
    fields = LESSONS[page].config().to_dict()
    app = open_page(page, **dict.fromkeys(fields, value))
    link, *moved = (box.value for box in app.info)
    assert "default stands in its place" in link
    # Names of what is not shipped are told where it is looked for.
    assert all("is out of reach here" in told for told in moved)
    assert len(moved) <= 2
    assert app.session_state[f"{page}:config"].to_dict().keys() == fields.keys()


@pytest.mark.parametrize("page", LESSONS)
def test_a_link_of_another_version_says_so(open_page, page):
    app = open_page(page, v="99")
    assert "another version" in app.info[0].value


@pytest.fixture
def clone(tmp_path):
    """`run(script)` in a copy of the app without models; what it prints, read as JSON."""
    for name in ("icl_core", "ui", "pages", "benchmarks", "app.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)

    def run(script: str) -> Any:
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    run.folder = tmp_path
    return run


NOTHING_SHIPPED = """
import json
from streamlit.testing.v1 import AppTest
import ui.warm
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.paths import COURSE

ui.warm.start_warming = lambda: None
said = {}
for page in LESSONS:
    app = AppTest.from_file("app.py", default_timeout=120)
    app.switch_page(f"pages/{page}.py")
    app.run()
    assert not app.exception
    assert app.title[0].value
    said[page] = [error.value for error in app.error]
print(json.dumps(said))
"""


@pytest.mark.slow
def test_without_shipped_models_a_page_says_one_sentence(clone):
    said = clone(NOTHING_SHIPPED)
    quiet = {page for page, errors in said.items() if not errors}
    assert quiet == {"construction", "gdpp_spectrum", "theory"}
    for errors in filter(None, said.values()):
        (error,) = errors
        assert "make zoo" in error


ANOTHER_PAGE = """
import streamlit as st
from ui.frame import begin, pages
from ui.presets import preset_links

begin("another", "A lead.")
preset_links("another")
st.json({section: [page.title for page in listed] for section, listed in pages().items()})
"""
ANOTHER_LESSON = """
import json
from dataclasses import replace
from itertools import islice
from streamlit.testing.v1 import AppTest
import ui.warm
from benchmarks.sweeps import sweeps
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.paths import COURSE

ui.warm.start_warming = lambda: None
LESSONS["another"] = row = replace(
    LESSONS["one_layer"], title="Another lesson", about="What it is about.", section="Noise"
)
home, own = AppTest.from_file("app.py", default_timeout=120), AppTest.from_file("app.py")
own.switch_page("pages/another.py")
shown = [app.run() for app in (home, own)]
print(json.dumps({
    "cards": {link.proto.page: link.proto.label for link in home.get("page_link")},
    "abouts": [text.value for text in home.markdown],
    "title": own.title[0].value,
    "presets": [link.proto.label for link in own.get("page_link")],
    "navigation": json.loads(own.json[0].value),
    "prepared": any(call.args[0] is row for call in islice(ui.warm.plan(), len(LESSONS))),
    "swept": [sweep.control for sweep in sweeps("another")],
}))
"""


def test_a_lesson_is_a_row_and_a_page(clone):
    """Navigation, home, presets, preparation and sweeps know of a row that was added."""
    (clone.folder / "pages" / "another.py").write_text(ANOTHER_PAGE)
    (clone.folder / "pretrained").symlink_to(ROOT / "pretrained")
    said = clone(ANOTHER_LESSON)
    assert said["cards"]["another"] == "**Another lesson**"
    assert "What it is about." in said["abouts"]
    assert said["title"] == said["navigation"]["Noise"][-1] == "Another lesson"
    row = LESSONS["one_layer"]
    assert said["presets"] == [f"Guess first: {len(row.steps)} questions", *row.presets]
    assert said["prepared"]
    assert said["swept"] == ["frame", "shift", "part"]


@pytest.mark.parametrize("page", COURSE)
def test_a_lesson_says_what_came_before_and_what_is_next(open_page, page):
    at = COURSE.index(page)
    around = [COURSE[i] for i in (at - 1, at + 1) if 0 <= i < len(COURSE)]
    labels = [link.proto.label for link in open_page(page).get("page_link")]
    for name in around:
        assert any(label.endswith(f": **{LESSONS[name].title}**") for label in labels)
    assert sum(" of 10: " in label for label in labels) == len(around)
