"""What becomes of a training that has ended: its pace is noted, its model goes to a shelf."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.errors import InputError
from icl_core.lessons.shared.words import counted
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.cost import note
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.measure import checkpoint_of
from icl_core.lessons.train.systems import system_of
from icl_core.models.linear import LinearTransformer
from icl_core.zoo.movies import Movie
from icl_core.zoo.shelf import shelf

REACHED = "runs"
"""Whose shelf holds what trainings had reached when somebody opened it, so that it is not taken for
what was deleted."""


def keep(
    config: Train, frames: Sequence[Frame], measured: Mapping[str, LossSummary], owner: str
) -> str:
    """The name of the model on the shelf, where its training stands beside it; "" of a system that
    no other lesson shows, and of a run that has diverged.

    Raises:
        InputError: Its loss is not finite, or it cannot be written.
    """
    note(config, frames)
    last = frames[-1]
    if last.phase == "diverged" or not isinstance(last.model, LinearTransformer):
        return ""
    checkpoint = checkpoint_of(config, frames[-1], measured)
    task = checkpoint.linear_task
    label = f"{system_of(config).name(config)}; {task.noise.label()}, d = {task.dim}"
    place, movie = shelf(), _movie(frames)
    return place.keep(checkpoint, owner, label=label, origin="trained", movie=movie).name


def keep_reached(config: Train, frames: Sequence[Frame]) -> str:
    """The name of the model that a training has reached, kept beside others for whoever has a link
    to it.

    Raises:
        InputError: It has not begun, has diverged, or is of a system that no other lesson shows.
    """
    if not frames or frames[-1].phase == "diverged":
        raise InputError("The training has no model to open yet: look at it under *Train*.")
    last, system = frames[-1], system_of(config)
    if not isinstance(last.model, LinearTransformer):
        raise InputError(f"{system.name(config)} is no linear transformer: see it under *Train*.")
    checkpoint: Any = system.checkpoint(config, last, {"seconds": round(last.seconds, 1)})
    label = f"{system.name(config)} after {counted(last.step, 'update')}"
    return shelf().keep(checkpoint, REACHED, label=label, origin="trained").name


def _movie(frames: Sequence[Frame]) -> Movie:
    """The snapshots that the page showed; raw weights."""
    return Movie(
        steps=np.array([frame.step for frame in frames]),
        loss=np.array([frame.loss for frame in frames]),
        P=np.stack([frame.model.P for frame in frames]),
        Q=np.stack([frame.model.Q for frame in frames]),
    )
