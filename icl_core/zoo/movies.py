"""The movie of a training run: its snapshots, as they are shipped."""

from collections.abc import Sequence

import numpy as np

from icl_core.training import Validated
from icl_core.zoo.library import Movie


def movie_of(run: Sequence[Validated]) -> Movie:
    """The track of the start that was refined in the end, from its first step on."""
    exploring = [snapshot for snapshot in run if snapshot.phase == "exploring"]
    refining = [snapshot for snapshot in run if snapshot.phase != "exploring"]
    winner = exploring[-1].best
    frames = [(s, winner) for s in exploring]
    frames += [(s, s.best) for s in refining]
    return Movie(
        steps=np.asarray([snapshot.step for snapshot, _ in frames]),
        loss=np.asarray([snapshot.losses[index] for snapshot, index in frames]),
        P=np.stack([snapshot.candidates.P[index] for snapshot, index in frames]),
        Q=np.stack([snapshot.candidates.Q[index] for snapshot, index in frames]),
    )
