"""A training, its frames, and what its model is worth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from icl_core.algorithms.ridge import baselines
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.checkpoints import Checkpoint
from icl_core.errors import InputError
from icl_core.lessons.train import beyond
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask
from icl_core.training import train
from icl_core.validation import LIMITS as ENGINE_LIMITS
from icl_core.validation import Reach

MEASURE_PROMPTS = 8192


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A training as far as it has come; `measured` is empty before its end."""

    frames: Sequence[Frame]
    measured: Mapping[str, LossSummary] = field(default_factory=dict)
    finished: bool = True

    @property
    def last(self) -> int:
        return len(self.frames) - 1

    def comes_again(self, config: Train) -> bool:
        """Whether `measure` gives the same: nobody and no time limit cut the training short."""
        whole, last = config.training(), self.frames[-1]
        steps = whole.explore_steps + whole.refine_steps
        if config.system != "noise":
            steps = config.recipe[1].steps
        return bool(self.measured) and (last.phase, last.step) == ("finished", steps)


def measure(config: Train) -> Outcome:
    """The whole training, and its model measured: without the time limit, so that the same config
    gives the same model on a slower machine."""
    frames = list(train_in(config, ENGINE_LIMITS["seconds"][1]))
    return Outcome(frames=frames, measured=measure_last(config, frames[-1]))


def train_in(config: Train, seconds: float) -> Iterator[Frame]:
    """The training, in so many seconds at most."""
    if config.system != "noise":
        yield from beyond.frames(config, seconds)
        return
    training = config.training().replace(max_seconds=seconds)
    yield from (Frame.of(snapshot) for snapshot in train(config.task(), training))


def measure_last(config: Train, frame: Frame) -> dict[str, LossSummary]:
    """What the model of a frame is worth, beside what it is compared with."""
    if config.system != "noise":
        return beyond.measure_model(frame.model, config.recipe[0].task)
    return measure_model(frame.model, config.task())


def reach(config: Train, outcome: Outcome) -> dict[str, Reach]:
    """Stops of the training that there was."""
    return {"snapshot": Reach("The stop of the training", 0, outcome.last)}


def measure_model(model: LinearTransformer, task: LinearTask) -> dict[str, LossSummary]:
    """Loss of a model ("model") by layer on fresh prompts, and of its baselines."""
    return evaluate({"model": model, **baselines(task)}, task, prompts=MEASURE_PROMPTS)


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
    if config.system != "noise":
        return beyond.checkpoint_of(config, frame.model, metrics)
    return Checkpoint(
        model=frame.model,
        parametrization=config.parametrization,
        task=config.task(),
        seed=config.seed,
        training=config.training().to_dict() | {"steps": frame.step},
        metrics=metrics,
    )
