"""What `zoo build` makes one after the other: trained models, and what is measured on them."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icl_core.checkpoints import Checkpoint
from icl_core.errors import InputError
from icl_core.zoo.library import find_entry, load_model, save_model
from icl_core.zoo.movies import Movie, load_movie, save_movie
from icl_core.zoo.results import load_settings, save_result

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """What a job has made: a result and, where it trained, the model, with its weights over
    training if these are kept."""

    result: Any
    checkpoint: Checkpoint[Any] | None = None
    movie: Movie | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """One thing to make, by name.

    settings: all that the result depends on; trains: whether it makes a model; make: given the
    folder in which the jobs before it have left what they made.
    """

    name: str
    settings: Mapping[str, Any]
    make: Callable[[Path], Made]
    trains: bool = False

    def is_current(self, folder: Path) -> bool:
        """Whether all is there that this job makes, made with these settings."""
        try:
            if self.trains:
                entry = find_entry(self.name, folder)
                load_model(entry, folder)
                if entry.movie_sha256:
                    load_movie(self.name, folder)
            return load_settings(self.name, folder) == self.settings
        except InputError:
            return False

    def run(self, experiment: str, folder: Path) -> None:
        """Make it, and write it."""
        made = self.make(folder)
        # The result comes last: it says that all is there.
        movie = save_movie(self.name, made.movie, folder) if made.movie else ""
        result = save_result(self.name, made.result, self.settings, folder)
        if made.checkpoint:
            save_model(
                self.name,
                experiment,
                made.checkpoint,
                folder,
                movie_sha256=movie,
                result_sha256=result,
            )


def run_jobs(experiment: str, jobs: Iterable[Job], *, folder: Path, report: Report) -> list[str]:
    """Make what is missing or was made with other settings; returns the names of what was made."""
    made = []
    for job in jobs:
        if job.is_current(folder):
            report(f"{job.name}: there already")
            continue
        begun = time.monotonic()
        job.run(experiment, folder)
        made.append(job.name)
        report(f"{job.name}: {time.monotonic() - begun:.1f} s")
    return made
