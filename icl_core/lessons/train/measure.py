"""A training, its frames, and what its model is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.checkpoints import Checkpoint
from icl_core.errors import InputError
from icl_core.lessons.train.config import Train
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask
from icl_core.training import Validated, train
from icl_core.validation import LIMITS as ENGINE_LIMITS
from icl_core.validation import Reach

MEASURE_PROMPTS = 8192


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What is kept of a snapshot: losses are mean adjusted half MSE on validation prompts."""

    step: int
    total_steps: int
    seconds: float
    phase: str
    loss: float
    losses: tuple[float, ...]
    floor: float
    model: LinearTransformer

    @classmethod
    def of(cls, snapshot: Validated) -> "Frame":
        return cls(
            step=snapshot.step,
            total_steps=snapshot.total_steps,
            seconds=snapshot.seconds,
            phase=snapshot.phase,
            loss=float(snapshot.loss),
            losses=tuple(float(loss) for loss in np.ravel(snapshot.losses)),
            floor=float(snapshot.floor),
            model=snapshot.model,
        )


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
        whole = config.training()
        steps = whole.explore_steps + whole.refine_steps
        last = self.frames[-1]
        return bool(self.measured) and (last.phase, last.step) == ("finished", steps)


def measure(config: Train) -> Outcome:
    """The whole training, and its model measured: without the time limit, so that the same config
    gives the same model on a slower machine."""
    training = config.training().replace(max_seconds=ENGINE_LIMITS["seconds"][1])
    frames = [Frame.of(snapshot) for snapshot in train(config.task(), training)]
    measured = measure_model(frames[-1].model, config.task())
    return Outcome(frames=frames, measured=measured)


def reach(config: Train, outcome: Outcome) -> dict[str, Reach]:
    """Stops of the training that there was."""
    return {"snapshot": Reach("The stop of the training", 0, outcome.last)}


def measure_model(model: LinearTransformer, task: LinearTask) -> dict[str, LossSummary]:
    """Loss of a model ("model") by layer on fresh prompts, and of its baselines."""
    methods: dict[str, Method] = {
        "model": model,
        "const_rr": ConstRR.of(task),
        "bayes_rr": BayesRR(noise=task.noise),
    }
    if task.num_context > task.dim:
        methods["ada_rr"] = AdaRR()
    return evaluate(methods, task, prompts=MEASURE_PROMPTS)


def checkpoint_of(
    config: Train, frame: Frame, measured: Mapping[str, LossSummary]
) -> Checkpoint[LinearTransformer]:
    """The finished model as a file of the zoo's format."""
    loss = measured["model"]
    values = {"mean": loss.mean[-1], "stderr": loss.stderr[-1], "median": loss.median[-1]}
    if not all(np.isfinite(value) for value in values.values()):
        raise InputError(
            "The model's loss is not finite, so there is nothing worth saving: train it again "
            "with another seed or a longer time limit."
        )
    return Checkpoint(
        model=frame.model,
        parametrization=config.parametrization,
        task=config.task(),
        seed=config.seed,
        training=config.training().to_dict() | {"steps": frame.step},
        metrics={name: float(value) for name, value in values.items()}
        | {"prompts": loss.count, "seed": 1, "seconds": round(frame.seconds, 1)},
    )
