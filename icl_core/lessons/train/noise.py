"""Linear attention on regression with noise (paper 2, section 5)."""

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

from icl_core.algorithms.ridge import baselines
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.analysis.tails import PROMPTS, told_loss
from icl_core.checkpoints import Checkpoint
from icl_core.experiments.mixed_noise.published import published_loss
from icl_core.lessons.shared.coordinates import normalised
from icl_core.lessons.shared.matrices import Rows, panels
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame, Saved
from icl_core.lessons.train.runs import as_bytes, from_bytes
from icl_core.lessons.train.system import Measured, System
from icl_core.lessons.train.words import label_of, model_finding
from icl_core.models.linear import LinearTransformer
from icl_core.models.predictor import Model
from icl_core.plots import LOSS
from icl_core.tasks.linear import LinearTask
from icl_core.training import train_any, trainer_of

BASELINE_PROMPTS, LEAST = 32_768, 8192
WORK = 2000
"""L H (d+1)^3 of a model that is measured on as many prompts as `analysis.tails` has; a larger one
on fewer, at least LEAST, so that it takes seconds."""


def measure_model(model: LinearTransformer, task: LinearTask) -> dict[str, LossSummary]:
    """Loss of a model ("model") by layer on fresh prompts, and of its baselines on the first of
    them."""
    work = model.num_layers * model.num_heads * (task.dim + 1) ** 3
    prompts = int(min(PROMPTS, max(LEAST, PROMPTS * WORK / work)))
    beside = evaluate(baselines(task), task, prompts=BASELINE_PROMPTS)
    return {"model": told_loss(model, task, prompts=prompts), **beside}


class Noise(System):
    """Rounds of many starts, and adjusted losses above the Bayes floor."""

    loss, weights, open_ended = LOSS, "Weights (normalised)", True

    def frames(self, config: Train, seconds: float, saved: Saved | None = None) -> Iterator[Frame]:
        task, training = config.task(), config.training().replace(max_seconds=seconds)
        trainer = trainer_of(task, training)
        progress = from_bytes(trainer.load, saved.state) if saved else None
        for snapshot in train_any(task, training, progress):
            save = partial(trainer.save, progress=cast(Any, snapshot.state))
            yield Frame.of(snapshot, partial(as_bytes, save))

    def measured(self, config: Train, model: LinearTransformer) -> dict[str, LossSummary]:
        return measure_model(model, config.task())

    def checkpoint(
        self, config: Train, frame: Frame, metrics: dict[str, float]
    ) -> Checkpoint[Model]:
        return Checkpoint(
            model=frame.model,
            parametrization=config.parametrization,
            task=config.task(),
            seed=config.seed,
            training=config.training().to_dict() | {"steps": frame.step},
            metrics=metrics,
        )

    def levels(self, config: Train) -> dict[str, float]:
        if config.tied:
            return {}
        published = published_loss(config.task(), config.parametrization, config.layers)
        return {} if published is None else {"paper": published}

    def matrices(self, config: Train, frame: Frame) -> Rows:
        return panels(normalised(frame.model, config.task()))

    def finding(self, config: Train, measured: Measured) -> str:
        return model_finding(config.parametrization, config.task(), measured)

    def name(self, config: Train) -> str:
        return label_of(config.parametrization, config.layers, tied=config.tied)

    def file_name(self, config: Train) -> str:
        tied = "_tied" * config.tied
        return f"{config.parametrization}_L{config.layers}{tied}_d{config.dim}.safetensors"

    def style(self, config: Train) -> str:
        return config.parametrization


class OneRun(Noise):
    """The same by one run, whose updates are counted."""

    open_ended = False
