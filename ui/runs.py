"""The models of trainings, by the ids of their runs."""

import re

from icl_core.lessons.train.keeping import keep_reached
from ui.jobs import trainings

RUN = re.compile(r"[A-Za-z0-9_-]{22}")
"""How a run's id is written (`Job.id`)."""


def model_of_run(name: str) -> str:
    """The name of the model of a training whose id this is: the one that is kept, or what it has
    reached so far; any other name as it is.

    Raises:
        InputError: It has no model yet, or none that other lessons show.
    """
    job = trainings().find(name) if RUN.fullmatch(name) else None
    if job is None:
        return name
    return job.kept or keep_reached(job.config, job.frames)
