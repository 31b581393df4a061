"""Paper 1's task, and the prompts on which everything that is trained on it is measured."""

import time
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_loss
from icl_core.checkpoints import Checkpoint
from icl_core.models.kinds import Model
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.training import RunConfig, Snapshot, run
from icl_core.training.answers import AnswerTrainee
from icl_core.training.factors import FactorTrainee
from icl_core.training.tokens import BlockTrainee
from icl_core.validation import Config

Trained = TypeVar("Trained", FactorTrainee, BlockTrainee, AnswerTrainee)
MAIN = 10
"""Paper 1's size: n = d."""
EVALUATION, EVALUATION_SEED, QUERY_SEED = 10_000, 5_000_005, 5_000_006
RANDOM_STARTS = "trained from random weights"
"""Where a model comes from, in words."""


def task_of(size: int) -> LinearTask:
    """Paper 1's task at n = d = size: U(-1/2, 1/2) inputs, no noise."""
    return LinearTask(
        dim=size, num_context=size, noise=FixedNoise(value=0.0), inputs=UniformInputs()
    )


def nothing() -> float:
    """The loss (half MSE) of answering 0."""
    return 0.5 * float(task_of(MAIN).query_variances.sum())


def halfway() -> float:
    """The loss midway between answering 0 and one step of gradient descent."""
    return 0.5 * (nothing() + one_layer_loss(task_of(MAIN)))


def plateaus(steps: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Updates until the loss of each seed is first at most `halfway`, interpolated; inf: never.

    steps and losses are [seeds, snapshots].
    """
    found = []
    for marks, loss in zip(steps, losses, strict=True):
        below = np.flatnonzero(loss <= halfway())
        if not below.size:
            found.append(np.inf)
            continue
        at = int(below[0])
        share = (loss[at - 1] - halfway()) / (loss[at - 1] - loss[at])
        found.append(float(marks[at - 1] + share * (marks[at] - marks[at - 1])))
    return np.array(found)


def training_settings(trainee: Config, run: RunConfig) -> dict[str, Any]:
    """What is trained and how, as plain values."""
    return {"trainee": trainee.to_dict(), "run": run.to_dict()}


@dataclass(frozen=True, kw_only=True)
class Variant(Generic[Trained]):
    """What is trained, how, and from how many seeds."""

    trainee: Trained
    run: RunConfig
    seeds: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Training(Generic[Trained]):
    """A whole run; seconds by the clock, and of the processor."""

    trainee: Trained
    config: RunConfig
    snapshots: list[Snapshot]
    seconds: float
    processor_seconds: float

    @classmethod
    def of(cls, trainee: Trained, config: RunConfig) -> "Training[Trained]":
        """Train."""
        begun, used = time.monotonic(), time.process_time()
        snapshots = list(run(trainee, config))
        return cls(
            trainee=trainee,
            config=config,
            snapshots=snapshots,
            seconds=time.monotonic() - begun,
            processor_seconds=time.process_time() - used,
        )

    @property
    def steps(self) -> np.ndarray:
        """Updates before every snapshot."""
        return np.array([snapshot.step for snapshot in self.snapshots])

    @property
    def train_losses(self) -> np.ndarray:
        """Mean losses (half MSE) of the last batch before every snapshot; the first is nan."""
        return np.array([snapshot.train_loss for snapshot in self.snapshots])

    def metrics(self, loss: Estimate, prompts: int, seed: int) -> dict[str, Any]:
        """What the manifest says of a loss [...], whose last one is that of the trained model, on
        so many prompts drawn from a seed."""
        return {
            "mean": float(loss.mean[-1]),
            "stderr": float(loss.stderr[-1]),
            "prompts": prompts,
            "seed": seed,
            "seconds": round(self.processor_seconds, 1),
        }

    def checkpoint(self, model: Model, metrics: dict[str, Any]) -> Checkpoint[Model]:
        """The model that came out, with what the manifest says of it."""
        return Checkpoint(
            model=model,
            task=self.trainee.task,
            seed=self.config.seed,
            training=training_settings(self.trainee, self.config),
            metrics=metrics | {"source": RANDOM_STARTS},
        )
