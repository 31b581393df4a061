"""What the command line answers to small questions, each asked of a process of its own."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.record.facts import Facts
from benchmarks.record.units import Unit, add_table
from icl_core.export.recipe import Recipe, config_json
from icl_core.lessons.catalog import LESSONS

ROOT = Path(__file__).parents[2]
MODEL = "diag_L1_uniform1_d10_n20"
TRAIN = (
    *("train", "--dim", "2", "--context", "8", "--noise", "uniform:1", "--layers", "2"),
    *("--max-seconds", "600", "--restarts", "3", "--explore-steps", "60", "--steps", "60"),
    *("--out", "trained.safetensors"),
)
EVALUATE = ("evaluate", str(ROOT / "pretrained" / f"{MODEL}.safetensors"), "--prompts", "2000")

COMMANDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "zoo list": (("zoo", "list"),),
    "zoo table": (("zoo", "table", "--out", "table.md"),),
    "zoo verify": (("zoo", "verify", "--only", MODEL, "--prompts", "2000"),),
    "paper1 report": (("paper1", "report", "--out", "paper1.md"),),
    "evaluate": (EVALUATE,),
    "evaluate, other laws": (
        (*EVALUATE, "--noise", "fixed:0.5", "--context", "6", "--inputs", "uniform:1"),
    ),
    "figure": (
        ("figure", "weights.json", "--out", "figure.csv"),
        ("figure", "weights.json", "--out", "figure.html"),
        ("figure", "weights.json", "--out", "figure.json", "--figure", "omegas"),
        ("figure", "construction.json", "--out", "figure.bib"),
    ),
    "bad input": (
        ("train", "--out", "m.pkl"),
        ("train", "--out", "m.safetensors", "--layers", "2.5"),
        ("train", "--out", "m.safetensors", "--noise", "gamma:2"),
        ("evaluate", "missing.safetensors"),
        ("figure", "missing.json", "--out", "fig.csv"),
        ("figure", "weights.json", "--out", "fig.doc"),
        ("figure", "weights.json", "--out", "fig.csv", "--figure", "nothing"),
        ("zoo", "build", "--only", "nothing*"),
        ("zoo", "verify", "--prompts", "many"),
    ),
    "train diag": (TRAIN, ("evaluate", "trained.safetensors", "--prompts", "2000")),
    "train full": (
        (*TRAIN, "--parametrization", "full", "--heads", "2", "--seed", "3"),
        ("evaluate", "trained.safetensors", "--prompts", "2000"),
    ),
    "train gdpp, stretched inputs": (
        (*TRAIN, "--parametrization", "gdpp", "--inputs", "gaussian:10"),
        ("evaluate", "trained.safetensors", "--prompts", "2000"),
    ),
}
"""What is asked in one folder, one after the other, by the name of the unit."""
PASSING = ("file", "sha256", "bytes", "seconds")
"""Entries of answers that are times and places, or follow from the last bit of a number."""


def command_units() -> Iterator[Unit]:
    """All of `COMMANDS`; a name that begins with "train" trains, in float32."""
    for name in COMMANDS:
        part = "training/command " if name.startswith("train") else "commands/"
        yield f"{part}{name}", partial(command_facts, name)


def command_facts(name: str) -> Facts:
    """Exit codes, answers, refusals, and the files that were written."""
    facts = Facts()
    with tempfile.TemporaryDirectory(prefix="record-") as place:
        folder = Path(place)
        for page in ("weights", "construction"):
            figure, config = next(iter(LESSONS[page].views)), LESSONS[page].config()
            recipe = Recipe(page=page, figure=figure, config=config)
            (folder / f"{page}.json").write_bytes(config_json(recipe))
        for arguments in COMMANDS[name]:
            _ask(facts, folder, arguments)
        for file in sorted(folder.glob("*.*")):
            _add_file(facts, file)
    return facts


def _ask(facts: Facts, folder: Path, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", BESIDE.format(root=str(ROOT)), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    said = " ".join(argument.removeprefix(str(ROOT)) for argument in arguments)
    facts.words[f"{said}: exit code"] = str(done.returncode)
    if done.returncode == 2:
        facts.words[f"{said}: refusal"] = done.stderr
    if done.stdout:
        facts.add(said, _lasting(json.loads(done.stdout)))


BESIDE = "import sys; sys.path.insert(0, {root!r}); from icl_core.cli import main; sys.exit(main())"
"""`python -m icl_core` with files of another folder."""


def _lasting(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _lasting(value) for key, value in answer.items() if key not in PASSING}
    return [_lasting(value) for value in answer] if isinstance(answer, list) else answer


def _add_file(facts: Facts, file: Path) -> None:
    match file.suffix:
        case ".csv":
            add_table(facts, file.read_bytes(), file.name)
        case ".html":
            # Scripts hold the numbers of the figure, which the table has as well.
            text = file.read_text(encoding="utf-8")
            facts.words[file.name] = re.sub(r"(?s)<(script|style).*?</\1>", "", text)
        case ".md" | ".json" | ".bib":
            facts.words[file.name] = file.read_text(encoding="utf-8")
