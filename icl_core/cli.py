"""Command line: JSON on standard output, progress on standard error, exit code 2 on bad input."""

import argparse
import contextlib
import dataclasses
import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from icl_core.algorithms import Predictor
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.analysis.tuning import tune_ridge
from icl_core.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from icl_core.errors import InputError
from icl_core.export.formats import FORMATS, Source
from icl_core.export.images import SCALES
from icl_core.export.recipe import MAX_CONFIG_BYTES, parse_config, permalink
from icl_core.files import read_bytes, write_atomic
from icl_core.lessons.catalog import LESSONS
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.runtime import choose_devices, prepare_process
from icl_core.tasks.inputs import parse_inputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import format_noise, parse_noise
from icl_core.training import TrainingConfig, train
from icl_core.validation import choice, integer, number
from icl_core.zoo.build import build
from icl_core.zoo.claims import Claim, claims
from icl_core.zoo.faults import faults
from icl_core.zoo.library import read_manifest
from icl_core.zoo.paper1.build import build_paper1
from icl_core.zoo.paper1.claims import rows as paper1_rows
from icl_core.zoo.paper1.report import markdown as paper1_markdown
from icl_core.zoo.report import markdown
from icl_core.zoo.table import VERDICTS, results, results_of
from icl_core.zoo.verify import PROMPTS, chosen, verify

CLOSED_PIPE = 141
"""Exit code, as shells count it: 128 + SIGPIPE."""


def _say(line: str) -> None:
    """Progress: nothing stops because nobody reads it."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _plain(value: Any) -> Any:
    """JSON-able, with null for what is not a finite number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _print(value: Any) -> None:
    """A result, in ASCII where the output's encoding has no other way to say it."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(_plain(value), indent=2)
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(
            f"The result could not be written ({error.strerror}): send the output elsewhere."
        ) from error


def _summary(summary: LossSummary) -> dict[str, Any]:
    return {
        "mean": summary.mean,
        "stderr": summary.stderr,
        "median": summary.median,
        "q10": summary.low,
        "q90": summary.high,
    }


def run_train(options: argparse.Namespace) -> None:
    """Train one model and save it."""
    task = LinearTask(
        dim=options.dim,
        num_context=options.context,
        noise=parse_noise(options.noise),
        inputs=parse_inputs(options.inputs),
    )
    given = {
        "num_layers": options.layers,
        "num_heads": options.heads,
        "seed": options.seed,
        "max_seconds": options.max_seconds,
        "restarts": options.restarts,
        "explore_steps": options.explore_steps,
        "refine_steps": options.steps,
    }
    config = TrainingConfig(
        parametrization=options.parametrization,
        **{name: value for name, value in given.items() if value is not None},
    )
    out = Path(options.out)
    if out.suffix != ".safetensors":
        raise InputError(f"--out is {out.name!r:.60}: expected a file name ending in .safetensors.")
    last = None
    for last in train(task, config):
        _say(
            f"{last.phase} {last.step}/{last.total_steps}: adjusted loss {last.loss:.5f} "
            f"(Bayes floor {last.floor:.5f}), {last.seconds:.1f} s"
        )
    assert last is not None
    metrics = {"validation_loss": last.loss, "bayes_floor": last.floor, "seconds": last.seconds}
    checkpoint = Checkpoint(
        model=last.model,
        parametrization=config.parametrization,
        task=task,
        seed=config.seed,
        training=config.to_dict() | {"steps": last.step},
        metrics=metrics,
    )
    try:
        digest = save_checkpoint(out, checkpoint)
    except InputError as error:
        spare = Path(tempfile.gettempdir()) / out.name
        save_checkpoint(spare, checkpoint)
        raise InputError(f"{error} The trained model is kept as {spare}.") from error
    _print({"file": str(out), "sha256": digest, "steps": last.step} | metrics)


def run_evaluate(options: argparse.Namespace) -> None:
    """Per-layer adjusted loss of a checkpoint, beside the baselines and the Bayes floor."""
    checkpoint = load_checkpoint(Path(options.file))
    task = checkpoint.linear_task
    if options.noise is not None:
        task = task.replace(noise=parse_noise(options.noise))
    if options.context is not None:
        task = task.replace(num_context=options.context)
    if options.inputs is not None:
        task = task.replace(inputs=parse_inputs(options.inputs))
    methods: dict[str, Predictor] = {
        "model": checkpoint.model,
        "const_rr": ConstRR.of(task),
        "bayes_rr": BayesRR(noise=task.noise),
    }
    if task.num_context > task.dim:
        methods |= {"ada_rr": AdaRR(), "tuned_rr": tune_ridge(task)}
    else:
        _say("AdaRR and TunedRR are left out: they need more tokens than dimensions.")
    seed = integer("The seed", options.seed, "seed")
    losses = evaluate(methods, task, prompts=options.prompts, seed=seed)
    _print(
        {
            "unit": "adjusted loss, half mean squared error",
            "task": task.to_dict(),
            "parametrization": checkpoint.parametrization,
            "prompts": losses["model"].count,
            "seed": seed,
            "layers": _summary(losses.pop("model")),
            "bayes_floor": losses["bayes_rr"].final,
            "baselines": {
                name: {key: value[-1] for key, value in _summary(summary).items()}
                for name, summary in losses.items()
            },
        }
    )


def run_figure(options: argparse.Namespace) -> None:
    """Draw a figure of the app from the choices behind it."""
    out = Path(options.out)
    suffix = out.suffix.removeprefix(".")
    if suffix not in FORMATS:
        raise InputError(
            f"--out is {out.name!r:.60}: expected a file name ending in "
            f"{', '.join(f'.{known}' for known in FORMATS)}."
        )
    scale = number("The scale", options.scale, SCALES)
    recipe = parse_config(read_bytes(Path(options.config), limit=MAX_CONFIG_BYTES), LESSONS)
    if gaps := recipe.gaps():
        _say(gaps)
    lesson = LESSONS[recipe.page]
    if options.figure is not None:
        name = choice("--figure", options.figure, lesson.views)
        recipe = dataclasses.replace(recipe, figure=name)
    view = lesson.view(recipe.figure, recipe.config)
    source = Source(view=view, recipe=recipe, link=permalink(recipe), scale=scale)
    data = FORMATS[suffix].build(source)
    write_atomic(out, data)
    digest = hashlib.sha256(data).hexdigest()
    made = {"page": recipe.page, "figure": recipe.figure, "title": view.title}
    _print({"file": str(out), "bytes": len(data), "sha256": digest} | made)


def run_zoo(options: argparse.Namespace) -> int:
    """List, build or verify the shipped models, or write the results table."""
    if options.action == "build":
        choose_devices(options.devices)
        entries = build(only=options.only, report=_say)
        _print({"models": len(entries)})
        return 0
    if options.action == "list":
        _print(
            [
                {
                    "name": entry.name,
                    "noise": format_noise(entry.task.noise),
                    "loss": entry.metrics.get("mean"),
                    "stderr": entry.metrics.get("stderr"),
                }
                for entry in read_manifest()
            ]
        )
        return 0
    if options.action == "table":
        return _zoo_table(options.out)
    return _zoo_verify(options.only, integer("The number of prompts", options.prompts, "prompts"))


def _zoo_table(out: str | None) -> int:
    """Write the results table; a summary goes to standard output."""
    table = results()
    judged = claims(table)
    if out is not None:
        if Path(out).suffix != ".md":
            raise InputError(f"--out is {out!r:.60}: expected a file name ending in .md.")
        write_atomic(Path(out), markdown(table).encode())
    counts = {v: sum(cell.verdict == v for cell in table.cells) for v in VERDICTS}
    _print(
        {
            "unit": "adjusted loss, half mean squared error",
            "file": out,
            "cells": counts,
            "claims": [dataclasses.asdict(claim) for claim in judged],
            "published_faults": [dataclasses.asdict(claim) for claim in faults(table)],
        }
    )
    return _exit_code(judged)


def _zoo_verify(only: str, prompts: int) -> int:
    """Every model from tokens, then what is claimed of those together."""
    verdicts = []
    for verdict in verify(prompts=prompts, only=only):
        verdicts.append(verdict)
        _say(f"{'ok ' if verdict.ok else 'BAD'} {verdict.name} {verdict.problem}")
    judged = claims(results_of(chosen(only)))
    for claim in judged:
        mark = {True: "ok ", False: "BAD", None: "-- "}[claim.holds]
        _say("\n    ".join([f"{mark} {claim.name}: {claim.said}", *claim.cases]))
    _print(
        {
            "models": [dataclasses.asdict(verdict) for verdict in verdicts],
            "claims": [dataclasses.asdict(claim) for claim in judged],
        }
    )
    return 0 if all(verdict.ok for verdict in verdicts) else _exit_code(judged)


def run_paper1(options: argparse.Namespace) -> int:
    """Make what is shipped for paper 1, or set it beside the paper."""
    if options.action == "build":
        _print({"made": build_paper1(only=options.only, report=_say)})
        return 0
    if options.out is not None and Path(options.out).suffix != ".md":
        raise InputError(f"--out is {options.out!r:.60}: expected a file name ending in .md.")
    judged = paper1_rows()
    if options.out is not None:
        write_atomic(Path(options.out), paper1_markdown(judged).encode())
    _print({"file": options.out, "claims": [dataclasses.asdict(row) for row in judged]})
    return int(not all(row.holds for row in judged))


def _exit_code(judged: Sequence[Claim]) -> int:
    return int(any(claim.holds is False for claim in judged))


def parser() -> argparse.ArgumentParser:
    """Options arrive as text; the frozen configs validate them, so that every floor agrees."""
    top = argparse.ArgumentParser(prog="python -m icl_core", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    command = commands.add_parser("train", help="train one linear transformer")
    command.add_argument("--dim", default=10, help="input dimension d")
    command.add_argument("--context", default=20, help="context length n")
    command.add_argument("--noise", default="uniform:5", help="fixed:1, uniform:5, categorical:1,3")
    command.add_argument(
        "--inputs", default="gaussian", help="gaussian, gaussian:CONDITION, uniform:WIDTH"
    )
    command.add_argument("--layers", default=4)
    command.add_argument("--heads", default=1)
    command.add_argument("--parametrization", default="diag", help=", ".join(PARAMETRIZATIONS))
    command.add_argument("--seed", default=0)
    command.add_argument("--max-seconds", default=60)
    command.add_argument("--restarts", help="independent starts")
    command.add_argument("--explore-steps", help="updates of all starts")
    command.add_argument("--steps", help="updates of the best start")
    command.add_argument("--out", required=True, help="file to write, NAME.safetensors")
    command.set_defaults(run=run_train)

    command = commands.add_parser("evaluate", help="measure a checkpoint")
    command.add_argument("file")
    command.add_argument("--noise", help="another noise law than the training's")
    command.add_argument("--context", help="another context length than the training's")
    command.add_argument("--inputs", help="another input law than the training's")
    command.add_argument("--prompts", default=100_000)
    command.add_argument("--seed", default=1)
    command.set_defaults(run=run_evaluate)

    command = commands.add_parser("figure", help="draw a figure of the app")
    command.add_argument("config", help="choices exported by the app, NAME.json")
    command.add_argument(
        "--out", required=True, help=f"file to write, NAME.{{{','.join(FORMATS)}}}"
    )
    command.add_argument("--figure", help="another figure of the same page")
    command.add_argument("--scale", default=2, help="pixels of a PNG, relative to the screen's")
    command.set_defaults(run=run_figure)

    command = commands.add_parser("zoo", help="the shipped models")
    command.add_argument("action", choices=["list", "verify", "build", "table"])
    command.add_argument("--only", default="*", help="build, verify: names matching this pattern")
    command.add_argument("--devices", choices=["cpu", "gpu"], default="cpu", help="build: where")
    command.add_argument("--out", help="table: file to write, docs/table1.md")
    command.add_argument("--prompts", default=PROMPTS, help="verify: fresh prompts per model")
    command.set_defaults(run=run_zoo)

    command = commands.add_parser("paper1", help="the experiments of paper 1")
    command.add_argument("action", choices=["build", "report"])
    command.add_argument("--only", default="*", help="build: parts matching this pattern")
    command.add_argument("--out", help="report: file to write, docs/paper1.md")
    command.set_defaults(run=run_paper1)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 a shipped model or a claim failed its check, 2 bad input."""
    options = parser().parse_args(arguments)
    prepare_process()
    try:
        return options.run(options) or 0
    except InputError as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        _say("Stopped; nothing half-written was left behind.")
        return 130
    except BrokenPipeError:
        # The reader of the output has enough, as `head` has. Python would complain once more when
        # it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
