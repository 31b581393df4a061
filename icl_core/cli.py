"""Command line: JSON on standard output, progress on standard error, exit code 2 on bad input.

Only `steps` prints Markdown, unless it is asked for JSON.
"""

import argparse
import dataclasses
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from icl_core.algorithms import Predictor
from icl_core.algorithms.ridge import baselines
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.analysis.tails import told_loss
from icl_core.analysis.tuning import tune_ridge
from icl_core.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from icl_core.console import say, show
from icl_core.errors import InputError
from icl_core.export.formats import FORMATS, Source
from icl_core.export.images import SCALES
from icl_core.export.recipe import MAX_CONFIG_BYTES, parse_config, permalink
from icl_core.files import read_bytes, write_atomic
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.train.words import tail_warning
from icl_core.live.look import COLUMNS, PLAIN, Look
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.problem_sheet import add_steps
from icl_core.runtime import prepare_process
from icl_core.settings import settings
from icl_core.sweeps.figure import sweep_view
from icl_core.sweeps.spec import read_spec
from icl_core.sweeps.table import read_table
from icl_core.tasks.inputs import parse_inputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import parse_noise
from icl_core.training import train_any
from icl_core.training.chosen import OF_ONE_RUN, OF_ROUNDS, ROUNDS, config_of, require_finished
from icl_core.validation import choice, integer, number
from icl_core.zoo_commands import add_commands

CLOSED_PIPE = 141
"""Exit code, as shells count it: 128 + SIGPIPE."""


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
    config = config_of(
        task,
        options.recipe,
        {name: getattr(options, name) for name in OF_ROUNDS | OF_ONE_RUN},
        parametrization=options.parametrization,
        num_layers=options.layers,
        num_heads=options.heads,
        tied=options.tied,
        seed=options.seed,
        max_seconds=options.max_seconds,
    )
    out = Path(options.out)
    if out.suffix != ".safetensors":
        raise InputError(f"--out is {out.name!r:.60}: expected a file name ending in .safetensors.")
    last = None
    for last in train_any(task, config):
        number = f"round {last.round}, " if options.recipe == ROUNDS else ""
        say(
            f"{number}{last.phase} {last.step}/{last.total_steps}: "
            f"adjusted loss {last.loss:.5f} (Bayes floor {last.floor:.5f}), {last.seconds:.1f} s"
        )
    assert last is not None
    require_finished(last)
    tail = told_loss(last.model, task).tail
    if not tail.resolved:
        say(tail_warning(tail).replace("**", ""))
    told = {name: value for name, value in vars(tail).items() if np.isfinite(value)}
    metrics = {"validation_loss": last.loss, "bayes_floor": last.floor, "seconds": last.seconds}
    metrics |= {"resolved": tail.resolved} | told
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
    show({"file": str(out), "sha256": digest, "steps": last.step} | metrics)


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
    methods: dict[str, Predictor] = {"model": checkpoint.model, **baselines(task)}
    if task.num_context > task.dim:
        methods["tuned_rr"] = tune_ridge(task)
    else:
        say("AdaRR and TunedRR are left out: they need more tokens than dimensions.")
    seed = integer("The seed", options.seed, "seed")
    losses = evaluate(methods, task, prompts=options.prompts, seed=seed)
    show(
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
    scale = None if options.scale is None else number("The scale", options.scale, SCALES)
    if options.x is not None:
        view = sweep_view(read_table(Path(options.config)), options.x, options.by)
        look = _look(options, PLAIN)
        _draw(out, Source(view=view, look=look, scale=scale), {"title": view.title})
        return
    recipe = parse_config(read_bytes(Path(options.config), limit=MAX_CONFIG_BYTES), LESSONS)
    if gaps := recipe.gaps():
        say(gaps)
    lesson = LESSONS[recipe.page]
    if options.figure is not None:
        name = choice("--figure", options.figure, lesson.views)
        recipe = dataclasses.replace(recipe, figure=name)
    recipe = dataclasses.replace(recipe, look=_look(options, recipe.look))
    view = lesson.view(recipe.figure, recipe.config)
    source = Source(view=view, recipe=recipe, look=recipe.look, link=permalink(recipe), scale=scale)
    _draw(out, source, {"page": recipe.page, "figure": recipe.figure, "title": view.title})


def _look(options: argparse.Namespace, look: Look) -> Look:
    """The look of a file with what is said on the command line in its place."""
    given = {
        "hidden": options.hide,
        "zoom": options.zoom and Look.read("!".join(options.zoom)).zoom,
        "width": options.width_mm and COLUMNS.get(options.width_mm, options.width_mm),
        "height": options.height_mm,
        "type": options.type_pt,
        "lines": options.line_scale,
    }
    return look.replace(**{name: value for name, value in given.items() if value is not None})


def _draw(out: Path, source: Source, made: dict[str, str]) -> None:
    data = FORMATS[out.suffix.removeprefix(".")].build(source)
    write_atomic(out, data)
    digest = hashlib.sha256(data).hexdigest()
    show({"file": str(out), "bytes": len(data), "sha256": digest} | made)


def run_sweep_command(options: argparse.Namespace) -> None:
    """Train and measure a grid of models."""
    from icl_core.sweeps.run import run_sweep  # noqa: PLC0415  dask takes a second to import

    out, workers = Path(options.out), integer("--workers", options.workers, (0, 256))
    cells = read_spec(Path(options.spec))
    scheduler = options.scheduler or settings().scheduler
    rows = run_sweep(cells, out, scheduler=scheduler, workers=workers, report=say)
    show({"table": str(out / "table.json"), "models": len(rows)})


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
    command.add_argument(
        "--recipe",
        default=ROUNDS,
        help="rounds: until nothing is gained; paper, adam, muon: one run as paper 2 has it, or "
        "by that optimiser on the exact loss",
    )
    command.add_argument("--tied", action="store_true", help="all layers share their weights")
    command.add_argument("--restarts", help="new starts in a round, or starts of one run")
    command.add_argument("--explore-steps", help="rounds: updates of all starts in a round")
    command.add_argument(
        "--steps", help="updates of the best starts in the first round, or of one run"
    )
    command.add_argument("--rate", help="one run: the learning rate")
    command.add_argument("--batch", help="one run: prompts of an update")
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
    command.add_argument("config", help="choices exported by the app, or a sweep's table.json")
    command.add_argument("--x", help="of a sweep: the axis, layers say")
    command.add_argument("--by", default="parametrization", help="of a sweep: a line for each")
    command.add_argument(
        "--out", required=True, help=f"file to write, NAME.{{{','.join(FORMATS)}}}"
    )
    command.add_argument("--figure", help="another figure of the same page")
    command.add_argument("--scale", help="pixels of a PNG, relative to the screen's")
    command.add_argument("--hide", nargs="*", metavar="LINE", help="lines to leave out")
    command.add_argument("--zoom", nargs="*", metavar="AXIS:FROM,TO", help="x:0,3 y2:0.1,1")
    columns = ", ".join(f"{name} ({width:g})" for name, width in COLUMNS.items())
    command.add_argument("--width-mm", help=f"for print: mm, or a journal's columns, {columns}")
    command.add_argument("--height-mm", help="for print, beside a width")
    command.add_argument("--type-pt", help="the smallest type, in points")
    command.add_argument("--line-scale", help="lines so many times as thick")
    command.set_defaults(run=run_figure)

    command = commands.add_parser("sweep", help="train and measure a grid of models")
    command.add_argument("spec", help="what is trained, NAME.toml")
    command.add_argument("--out", required=True, help="folder for models and table")
    command.add_argument(
        "--scheduler", default="", help="of a running cluster, tcp://HOST:8786; else ICL_SCHEDULER"
    )
    command.add_argument("--workers", default=0, help="processes without one; 0: one a core")
    command.set_defaults(run=run_sweep_command)

    add_steps(commands)
    add_commands(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 a shipped model or a claim failed its check, 2 bad input."""
    options = parser().parse_args(arguments)
    try:
        prepare_process()
        return options.run(options) or 0
    except InputError as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        say("Stopped; nothing half-written was left behind.")
        return 130
    except BrokenPipeError:
        # The reader of the output has enough, as `head` has. Python would complain once more when
        # it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
