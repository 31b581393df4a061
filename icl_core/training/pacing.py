"""A training in rounds as far as it has come, and what its time limit leaves it."""

from dataclasses import replace

import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array
from icl_core.training.loop import State
from icl_core.training.objective import Parameters

MAX_ROUNDS = 6
"""After which a training ends whatever it still gains."""
EXPLORING = 0.3
"""Of the time left the largest share that exploring may take."""
SHORTEST = 0.1
"""Share of a refinement for which it is not begun."""
GROWTH, LOOKS = 1.8, (4, 8)
"""Stretches between snapshots grow by this factor while the pace of a phase is unknown, in the
first round, and are at most this part of the phase (exploring, refining)."""
LONGEST = 0.25
"""Of the time left the largest share that a stretch may take."""


@struct.dataclass
class RoundsProgress(State):
    """A training as far as it has come: the state of the phase under way, and what was before.

    phase: of PHASES; before: updates of the phases before; steps: those of this one; seconds: of
    the training so far, `since` of them when the phase began and was compiled; pace: mean seconds
    of an update in each phase, 0 while unknown; cut: whether the time limit has changed anything.
    survivors: what the last refinement left, parameters [1, kept, ...] and losses [1, kept],
    infinite before; best: the same of the best model of all snapshots, [1, 1, ...]; reached: its
    loss after each round.
    """

    round: int
    phase: int
    before: int
    steps: int
    seconds: float
    since: float
    pace: Float[np.ndarray, "phases"]
    cut: bool
    survivors: tuple[Parameters, Float[Array, "1 kept"]]
    best: tuple[Parameters, Float[Array, "1 1"]]
    reached: Float[np.ndarray, "rounds"]


def time_left(progress: RoundsProgress, limit: float) -> float:
    """Seconds until the phase must have ended, of a training of at most `limit`."""
    share = 1.0 if progress.phase else EXPLORING
    return share * (limit - progress.since) - (progress.seconds - progress.since)


def stretch(progress: RoundsProgress, limit: float) -> tuple[int, bool]:
    """Updates until the next snapshot, and whether they are fewer because time is short."""
    step, pace = progress.step, float(progress.pace[progress.phase])
    size = -(-progress.steps // LOOKS[progress.phase])
    if not progress.round:
        size = min(size, max(1, int((GROWTH - 1) * step)))
    size = min(size, progress.steps - step)
    affordable = LONGEST * max(time_left(progress, limit), 0) / pace if pace else size
    return (max(1, int(affordable)), True) if size > max(affordable, 1) else (size, False)


def shortened(progress: RoundsProgress, planned: int, limit: float) -> RoundsProgress:
    """With as many updates left in the phase as there is time for, up to those planned.

    Not before half of the time has gone, so that a run that keeps its limit depends on the seed
    alone.
    """
    left, pace = time_left(progress, limit), float(progress.pace[progress.phase])
    steps = min(planned, progress.step + int(max(left, 0) / pace))
    if left >= progress.seconds - progress.since or steps == progress.steps:
        return progress
    return replace(progress, steps=steps, cut=True)
