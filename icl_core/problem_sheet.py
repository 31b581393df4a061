"""All questions of the lessons, and their answers, computed: a problem sheet."""

import argparse
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from icl_core.console import show
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.paths import COURSE
from icl_core.validation import choice


def asking() -> tuple[str, ...]:
    """The lessons that ask something, those of the course first, in its order."""
    others = (name for name in LESSONS if name not in COURSE)
    return tuple(name for name in (*COURSE, *others) if LESSONS[name].steps)


def questions(lessons: Iterable[str], *, answers: bool) -> list[dict[str, Any]]:
    """What each step of the lessons asks, where it opens, and what there is to choose from; with
    `answers` what is found too, computed from the results of the step's own state."""
    found: list[dict[str, Any]] = []
    for name in lessons:
        lesson = LESSONS[name]
        for number, step in enumerate(lesson.steps, 1):
            entry: dict[str, Any] = {
                "lesson": name,
                "title": lesson.title,
                "step": number,
                "link": f"{name}?{urlencode({'step': number})}",
                "question": step.question,
            }
            if step.range is None:
                entry["options"] = list(step.options)
            else:
                entry["range"] = [step.range.low, step.range.high]
            if answers:
                answer = lesson.answer(step)
                right = answer.right if step.range else step.options[int(answer.right)]
                entry |= {"right": right, "answer": step.told(None, answer)}
            found.append(entry)
    return found


def as_markdown(entries: Iterable[dict[str, Any]]) -> str:
    """The same, to be read and printed; links are below the app's address."""
    lines: list[str] = []
    title = ""
    for entry in entries:
        if entry["title"] != title:
            title = entry["title"]
            lines += [f"## {title}", ""]
        lines += [f"{entry['step']}. {entry['question']} (`{entry['link']}`)", ""]
        if "options" in entry:
            lines += [f"   - {option}" for option in entry["options"]] + [""]
        if "answer" in entry:
            lines += [f"   {entry['answer']}", ""]
    return "\n".join(lines).rstrip()


def run_steps(options: argparse.Namespace) -> None:
    """Print the questions of the lessons, as Markdown or JSON."""
    known = asking()
    lessons = known if options.lesson is None else (choice("--lesson", options.lesson, known),)
    entries = questions(lessons, answers=options.answers)
    if options.json:
        show({"steps": entries})
    else:
        print(as_markdown(entries))


def add_steps(commands: Any) -> None:
    """The command `steps`."""
    command = commands.add_parser("steps", help="print the questions that the lessons ask")
    command.add_argument("--lesson", help="of one lesson only")
    command.add_argument("--answers", action="store_true", help="with what is found, computed")
    command.add_argument("--json", action="store_true", help="as JSON, not as Markdown")
    command.set_defaults(run=run_steps)
