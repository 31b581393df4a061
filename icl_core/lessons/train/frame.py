"""What the lesson keeps of a moment of a training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from icl_core.training import Validated

ENDED = ("finished", "diverged")
"""Phases after which there is nothing more to come."""
CANCEL, PAUSE = "cancel", "pause"
"""Orders to whoever makes frames."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What is kept of a snapshot: losses are mean half MSE on fixed prompts, of models under noise
    the adjusted one, whose Bayes floor is `floor`; 0 where there is none. cut: whether the time
    limit has changed what the training does; round: the one under way; holds: of a run that has
    diverged the learning rate that held in a trial, or 0; save: gives the state from which the
    training goes on after this frame, where it can."""

    step: int
    total_steps: int
    seconds: float
    phase: str
    loss: float
    losses: tuple[float, ...]
    floor: float
    model: Any
    cut: bool = False
    round: int = 1
    holds: float = 0.0
    save: Callable[[], bytes] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, snapshot: Validated, save: Callable[[], bytes] | None = None) -> "Frame":
        return cls(
            step=snapshot.step,
            total_steps=snapshot.total_steps,
            seconds=snapshot.seconds,
            phase=snapshot.phase,
            loss=float(snapshot.loss),
            losses=tuple(float(loss) for loss in np.ravel(snapshot.losses)),
            floor=float(snapshot.floor),
            model=snapshot.model,
            cut=snapshot.cut,
            round=snapshot.round,
            holds=snapshot.holds,
            save=save,
        )


@dataclass(frozen=True)
class Saved:
    """A training as it was saved: its frames, at least one, and its state after the last."""

    frames: Sequence[Frame]
    state: bytes

    @property
    def last(self) -> Frame:
        return self.frames[-1]
