"""What is shipped, by command: `python -m icl_core zoo ...`, and `paper1 ...` for part of it.

They exit with 0 when all is done, with 1 when a shipped model or a claim failed its check.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from icl_core.cluster import Cluster
from icl_core.console import say, show
from icl_core.errors import InputError
from icl_core.experiments.catalog import build
from icl_core.experiments.mixed_noise.claims import Claim, claims
from icl_core.experiments.mixed_noise.faults import faults
from icl_core.experiments.mixed_noise.report import markdown as table1
from icl_core.experiments.mixed_noise.table import VERDICTS, results, results_of
from icl_core.experiments.paper1.claims import rows
from icl_core.experiments.paper1.report import markdown as paper1
from icl_core.experiments.verify import PROMPTS, chosen, verify
from icl_core.files import write_atomic
from icl_core.runtime import choose_devices, cores
from icl_core.settings import settings
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import format_noise
from icl_core.validation import integer
from icl_core.zoo.library import MIXED_NOISE, Entry, read_manifest


def add_commands(commands: Any) -> None:
    """Add them to the subparsers of a command line."""
    command = commands.add_parser("zoo", help="the shipped models, and what is measured on them")
    command.add_argument("action", choices=["list", "build", "verify", "report", "table"])
    command.add_argument("--only", default="*", help="build, verify: names matching this pattern")
    command.add_argument("--devices", choices=["cpu", "gpu"], default="cpu", help="build: where")
    _add_cluster(command)
    command.add_argument("--out", help="report: folder for both documents, docs; table: file")
    command.add_argument("--prompts", default=PROMPTS, help="verify: fresh prompts per model")
    command.set_defaults(run=run_zoo, papers=(1, 2))

    command = commands.add_parser("paper1", help="of the zoo, the experiments of paper 1")
    command.add_argument("action", choices=["build", "report"])
    command.add_argument("--only", default="*", help="build: names matching this pattern")
    _add_cluster(command)
    command.add_argument("--out", help="report: file to write, docs/paper1.md")
    command.set_defaults(run=run_zoo, papers=(1,), devices="cpu")


def _add_cluster(command: argparse.ArgumentParser) -> None:
    command.add_argument("--workers", default=0, help="build: processes; 0: one a core")
    command.add_argument("--scheduler", default="", help="build: of a cluster, tcp://HOST:8786")


def run_zoo(options: argparse.Namespace) -> int:
    """List, build or verify what is shipped, or write the documents about it."""
    match options.action:
        case "list":
            show([_row(entry) for entry in read_manifest()])
            return 0
        case "build":
            made = _build(options)
            show({"models": len(read_manifest()), "made": made})
            return 0
        case "verify":
            prompts = integer("The number of prompts", options.prompts, "prompts")
            return _verify(options.only, prompts)
        case "table":
            return _table1(_document(options.out))
    if options.papers == (1,):
        return _paper1(_document(options.out))
    folder = Path(options.out or "docs")
    return max(_table1(folder / "table1.md"), _paper1(folder / "paper1.md"))


def _build(options: argparse.Namespace) -> list[str]:
    """In processes of this machine or on a cluster; with one worker, or on a GPU, in this one."""
    workers = integer("--workers", options.workers, (0, 256)) or cores()
    scheduler = options.scheduler or settings().scheduler
    given: dict[str, Any] = {"only": options.only, "papers": options.papers, "report": say}
    if not scheduler and (workers == 1 or options.devices == "gpu"):
        choose_devices(options.devices)
        return build(**given)
    with Cluster(scheduler, workers=workers) as cluster:
        return build(**given, cluster=cluster)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "experiment": entry.experiment,
        "kind": entry.kind,
        "noise": format_noise(entry.task.noise) if isinstance(entry.task, LinearTask) else None,
        "loss": entry.metrics.get("mean"),
        "stderr": entry.metrics.get("stderr"),
    }


def _document(out: str | None) -> Path | None:
    if out is not None and Path(out).suffix != ".md":
        raise InputError(f"--out is {out!r:.60}: expected a file name ending in .md.")
    return None if out is None else Path(out)


def _table1(out: Path | None) -> int:
    """Write paper 2's results table; a summary goes to standard output."""
    table = results()
    judged = claims(table)
    if out is not None:
        write_atomic(out, table1(table).encode())
    counts = {v: sum(cell.verdict == v for cell in table.cells) for v in VERDICTS}
    show(
        {
            "unit": "adjusted loss, half mean squared error",
            "file": out and str(out),
            "cells": counts,
            "claims": [dataclasses.asdict(claim) for claim in judged],
            "published_faults": [dataclasses.asdict(claim) for claim in faults(table)],
        }
    )
    return _exit_code(judged)


def _paper1(out: Path | None) -> int:
    """Set what is found beside what paper 1 says."""
    judged = rows()
    if out is not None:
        write_atomic(out, paper1(judged).encode())
    claimed = [dataclasses.asdict(row) for row in judged]
    show({"file": out and str(out), "claims": claimed})
    return int(not all(row.holds for row in judged))


def _verify(only: str, prompts: int) -> int:
    """Every model from tokens, then what is claimed of those of paper 2 together."""
    verdicts = []
    for verdict in verify(prompts=prompts, only=only):
        verdicts.append(verdict)
        say(f"{'ok ' if verdict.ok else 'BAD'} {verdict.name} {verdict.problem}")
    mixed = [entry for entry in chosen(only) if entry.experiment == MIXED_NOISE]
    judged = claims(results_of(mixed)) if mixed else ()
    for claim in judged:
        mark = {True: "ok ", False: "BAD", None: "-- "}[claim.holds]
        say("\n    ".join([f"{mark} {claim.name}: {claim.said}", *claim.cases]))
    show(
        {
            "models": [dataclasses.asdict(verdict) for verdict in verdicts],
            "claims": [dataclasses.asdict(claim) for claim in judged],
        }
    )
    return _exit_code(judged) if all(verdict.ok for verdict in verdicts) else 1


def _exit_code(judged: Sequence[Claim]) -> int:
    return int(any(claim.holds is False for claim in judged))
