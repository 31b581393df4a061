"""Measures every shipped model again from tokens, not moments, on a fresh draw.

Together with the hashes this shows that the files, the manifest's figures and both routes through a
model agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icl_core.checkpoints import MAX_BYTES, sha256
from icl_core.errors import InputError
from icl_core.experiments.catalog import EXPERIMENTS, matching
from icl_core.experiments.measured import measured
from icl_core.files import read_bytes
from icl_core.validation import choice, integer, number
from icl_core.zoo.library import PRETRAINED, Entry, read_manifest

PROMPTS = 20_000


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One model: what the manifest says and what tokens say (mean loss, half MSE)."""

    name: str
    ok: bool
    problem: str
    manifest: float
    measured: float
    stderr: float


def chosen(only: str = "*", folder: Path = PRETRAINED) -> tuple[Entry, ...]:
    """The models whose names match the pattern."""
    entries = {entry.name: entry for entry in read_manifest(folder)}
    return tuple(entries[name] for name in matching(entries, only))


def verify(
    folder: Path = PRETRAINED, *, prompts: int = PROMPTS, only: str = "*"
) -> Iterator[Verdict]:
    """One verdict per model of the manifest that matches the pattern."""
    count = integer("The number of prompts", prompts, "prompts")
    for entry in chosen(only, folder):
        yield _verdict(entry, folder, count)


def _verdict(entry: Entry, folder: Path, prompts: int) -> Verdict:
    mean = stderr = float("nan")
    problems = []
    try:
        for key in ("mean", "stderr"):
            number(f"{entry.name}: the manifest's {key}", entry.metrics.get(key), (0, np.inf))
        check_hashes(entry, folder)
        known = choice(f"{entry.name}: the experiment", entry.experiment, EXPERIMENTS)
        losses, problems = EXPERIMENTS[known].measure_again(entry, folder, prompts)
        mean, stderr = float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(losses.size))
    except InputError as error:
        problems.append(str(error))
    return Verdict(
        name=entry.name,
        ok=not problems,
        problem="; ".join(problems),
        manifest=measured(entry.metrics).mean,
        measured=mean,
        stderr=stderr,
    )


def check_hashes(entry: Entry, folder: Path) -> None:
    """Of what ships beside the model, where the manifest names it."""
    for kind, expected in entry.files.items():
        if sha256(read_bytes(folder / kind / entry.file, limit=MAX_BYTES)) != expected:
            raise InputError(
                f"The {kind.removesuffix('s')} of {entry.name} has another SHA-256 than the "
                "manifest says: restore both from the repository or run `make zoo`."
            )
