"""What docs/lecturers.md and docs/researchers.md say: their links open, their commands run."""

import json
import re
import shlex
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest

from benchmarks.serving import ROOT
from icl_core.cli import main
from icl_core.export.recipe import HOME, Recipe, config_json
from icl_core.lessons.catalog import LESSONS

LECTURERS, RESEARCHERS = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("lecturers", "researchers")
)
APP = "http://localhost:8501/"
ROWS = re.findall(rf"^\| (\d+) to (\d+) \| \[`(.*?)`\]\({APP}(.*?)\)", LECTURERS, re.MULTILINE)


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """`run(line)` gives what a line of a shell prints, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> str:
        program, option, module, *words = shlex.split(line)
        assert [program, option, module] == ["python", "-m", "icl_core"]
        assert main(words) == 0
        return capsys.readouterr().out

    return run


def test_the_lecture_is_45_minutes_without_a_gap():
    times = [(int(start), int(end)) for start, end, *_ in ROWS]
    assert times[0][0] == 0
    assert times[-1][1] == 45
    assert all(end == start for (_, end), (start, _) in pairwise(times))
    assert all(said == linked for *_, said, linked in ROWS)


@pytest.mark.parametrize("link", [linked for *_, linked in ROWS])
def test_a_link_of_the_lecture_opens(open_page, link):
    address = urlsplit(link)
    page, query = address.path or HOME, dict(parse_qsl(address.query))
    assert page in LESSONS
    app = open_page(page, **query)
    assert not app.info  # of what a link holds in vain
    if step := query.get("step"):
        question = LESSONS[page].steps[int(step) - 1].question
        assert any(question in text.value for text in app.markdown)
    if "present" in query:
        assert not [button for button in app.button if button.label == "Present"]
        assert [button for button in app.button if button.label == "Leave"]


def test_the_problem_sheet_is_that_of_the_pages(run):
    commands = [line for block in blocks(LECTURERS, "") for line in block.splitlines()]
    assert len(commands) == 3
    sheet, one, as_json = (run(line) for line in commands)
    for lesson in LESSONS.values():
        assert all(step.question in sheet for step in lesson.steps)
    steps = json.loads(as_json)["steps"]
    lesson = LESSONS["several_layers"]
    assert [entry["question"] for entry in steps] == [step.question for step in lesson.steps]
    assert all(entry["answer"] in one and entry["answer"] not in sheet for entry in steps)
    assert [entry["answer"] for entry in steps] == [
        step.told(None, lesson.answer(step)) for step in lesson.steps
    ]


@pytest.mark.slow
def test_the_commands_for_researchers_run(run, tmp_path, capsys):
    lesson = LESSONS["several_layers"]
    recipe = Recipe(page="several_layers", figure="layers", config=lesson.default)
    (tmp_path / "choices.json").write_bytes(config_json(recipe))
    (spec,) = blocks(RESEARCHERS, "toml")
    (tmp_path / "spec.toml").write_text(spec)
    for block in blocks(RESEARCHERS, "sh"):
        for line in block.splitlines():
            assert json.loads(run(line))
    (script,) = blocks(RESEARCHERS, "python")
    exec(compile(script, "researchers.md", "exec"), {})
    assert re.match(r"\[[\d. ]+\] \[[\d. ]+\]", capsys.readouterr().out)
    assert {"figure.csv", "mine.safetensors", "sweep.csv"} <= {f.name for f in tmp_path.iterdir()}
