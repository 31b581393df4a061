"""A training, its frames, and what its model is worth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.checkpoints import Checkpoint
from icl_core.errors import InputError
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import ENDED, Frame, Saved
from icl_core.lessons.train.systems import system_of
from icl_core.validation import LIMITS as ENGINE_LIMITS
from icl_core.validation import Reach


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A training as far as it has come; `measured` is empty before its end."""

    frames: Sequence[Frame]
    measured: Mapping[str, LossSummary] = field(default_factory=dict)
    finished: bool = True

    @property
    def last(self) -> int:
        return len(self.frames) - 1

    @property
    def comes_again(self) -> bool:
        """Whether `measure` gives the same: nobody and no time limit cut the training short."""
        last = self.frames[-1]
        return bool(self.measured) and last.phase == "finished" and not last.cut


def measure(config: Train) -> Outcome:
    """The whole training, and its model measured: without the time limit, so that the same config
    gives the same model on a slower machine."""
    frames = list(train_in(config, ENGINE_LIMITS["seconds"][1]))
    return Outcome(frames=frames, measured=measure_last(config, frames[-1]))


def train_in(config: Train, seconds: float, saved: Saved | None = None) -> Iterator[Frame]:
    """The training, in so many seconds at most, or what is left of a saved one."""
    if saved and saved.last.phase in ENDED:
        return iter(())
    return system_of(config).frames(config, seconds, saved)


def measure_last(config: Train, frame: Frame) -> dict[str, LossSummary]:
    """What the model of a frame is worth, beside what it is compared with."""
    return system_of(config).measured(config, frame.model)


def finding(config: Train, outcome: Outcome) -> str:
    """How good the trained model is."""
    return system_of(config).finding(config, outcome.measured)


def reach(config: Train, outcome: Outcome) -> dict[str, Reach]:
    """Stops of the training that there was."""
    return {"snapshot": Reach("The stop of the training", 0, outcome.last)}


def checkpoint_of(
    config: Train, frame: Frame, measured: Mapping[str, LossSummary]
) -> Checkpoint[Any]:
    """The finished model as a file of the zoo's format."""
    loss = measured["model"]
    values = {"mean": loss.mean[-1], "stderr": loss.stderr[-1], "median": loss.median[-1]}
    if not all(np.isfinite(value) for value in values.values()):
        raise InputError(
            "The model's loss is not finite, so there is nothing worth saving: train it again "
            "with another seed or a longer time limit."
        )
    metrics = {name: float(value) for name, value in values.items()}
    metrics |= {"prompts": loss.count, "seed": 1, "seconds": round(frame.seconds, 1)}
    return system_of(config).checkpoint(config, frame, metrics)
