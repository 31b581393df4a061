"""Every experiment: what it makes, how, and how its models are measured again."""

import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from icl_core.cluster import Cluster
from icl_core.errors import InputError
from icl_core.experiments import tokens
from icl_core.experiments.copying import settings as copying
from icl_core.experiments.copying.build import jobs as copying_jobs
from icl_core.experiments.copying.claims import copying_rows
from icl_core.experiments.jobs import Job, Report, run_jobs
from icl_core.experiments.mixed_noise.build import pieces as mixed_noise_pieces
from icl_core.experiments.mixed_noise.settings import specs
from icl_core.experiments.mixed_noise.verify import measure_again as measure_mixed_noise_again
from icl_core.experiments.one_layer import settings as one_layer
from icl_core.experiments.one_layer.build import jobs as one_layer_jobs
from icl_core.experiments.one_layer.claims import one_layer_rows
from icl_core.experiments.pieces import Piece, run_pieces
from icl_core.experiments.row import Row
from icl_core.experiments.several_layers import settings as several_layers
from icl_core.experiments.several_layers.build import jobs as several_layers_jobs
from icl_core.experiments.several_layers.claims import several_layers_rows
from icl_core.experiments.sine import settings as sine
from icl_core.experiments.sine.build import jobs as sine_jobs
from icl_core.experiments.sine.claims import sine_rows
from icl_core.experiments.variations import settings as variations
from icl_core.experiments.variations.build import jobs as variations_jobs
from icl_core.experiments.variations.claims import variation_rows
from icl_core.zoo.library import MIXED_NOISE, PRETRAINED, Entry

Claims = Callable[[], Iterable[Row]]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One experiment. paper: which of the two.

    names: of all that it makes, in that order. pieces: what makes, in a folder, those of some names
    that are missing or were made with other settings. measure_again: losses of a model on so
    many fresh prompts, and in what they differ from the manifest's figures. claims: its rows of
    docs/paper1.md.
    """

    paper: int
    names: Callable[[], Iterable[str]]
    pieces: Callable[[list[str], Path], list[Piece]]
    measure_again: Callable[[Entry, Path, int], tuple[np.ndarray, list[str]]]
    claims: Claims = tuple


def _of_jobs(
    name: str, jobs: Callable[[], tuple[Job, ...]], claims: Claims, *, heavy: bool = False
) -> Experiment:
    def pieces(names: list[str], folder: Path) -> list[Piece]:
        wanted = [job for job in jobs() if job.name in names]
        measured = [place for place, job in enumerate(wanted) if not job.trains]
        return [
            Piece(
                run=partial(_make, name, jobs, job.name, folder),
                # Models do not need one another; what is measured needs all models before it.
                after=tuple(p for p in measured if p < place) if job.trains else (*range(place),),
            )
            for place, job in enumerate(wanted)
        ]

    return Experiment(
        paper=1,
        names=lambda: (job.name for job in jobs()),
        pieces=pieces,
        measure_again=partial(tokens.measure_again, heavy=heavy),
        claims=claims,
    )


def _make(
    experiment: str, jobs: Callable[[], tuple[Job, ...]], name: str, folder: Path, report: Report
) -> list[str]:
    wanted = (job for job in jobs() if job.name == name)
    return run_jobs(experiment, wanted, folder=folder, report=report)


EXPERIMENTS = {
    MIXED_NOISE: Experiment(
        paper=2,
        names=lambda: (spec.name for spec in specs()),
        pieces=mixed_noise_pieces,
        measure_again=measure_mixed_noise_again,
    ),
    one_layer.NAME: _of_jobs(one_layer.NAME, one_layer_jobs, one_layer_rows),
    several_layers.NAME: _of_jobs(
        several_layers.NAME, several_layers_jobs, several_layers_rows, heavy=True
    ),
    variations.NAME: _of_jobs(variations.NAME, variations_jobs, variation_rows),
    copying.NAME: _of_jobs(copying.NAME, copying_jobs, copying_rows),
    sine.NAME: _of_jobs(sine.NAME, sine_jobs, sine_rows),
}


def matching(names: Iterable[str], only: str) -> list[str]:
    """The names that match a pattern."""
    found = [name for name in names if fnmatch.fnmatch(name, only)]
    if not found:
        raise InputError(
            f"Nothing that is shipped matches {only[:60]!r}: see the names with "
            "`python -m icl_core zoo list`."
        )
    return found


def build(
    *,
    only: str = "*",
    papers: tuple[int, ...] = (1, 2),
    folder: Path = PRETRAINED,
    cluster: Cluster | None = None,
    report: Report = lambda line: None,
) -> list[str]:
    """Make what matches the pattern and is missing or was made with other settings: here, or on a
    cluster whose workers see the same folder.

    May be stopped at any moment and called again. Returns the names of what was made; `report`
    receives one line per finished piece.
    """
    chosen = {key: known for key, known in EXPERIMENTS.items() if known.paper in papers}
    wanted = matching([name for known in chosen.values() for name in known.names()], only)
    made = []
    for known in chosen.values():
        if names := [name for name in known.names() if name in wanted]:
            made += run_pieces(known.pieces(names, folder), cluster=cluster, report=report)
    return made
