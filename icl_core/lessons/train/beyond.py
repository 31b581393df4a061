"""Systems beyond linear attention, whose tasks have no noise (paper 1, 3.3, 3.4, A.9)."""

import time
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from icl_core.algorithms import Predictor
from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.loss import LossSummary, evaluate, sampled_loss
from icl_core.checkpoints import Checkpoint
from icl_core.experiments.shared import training_settings
from icl_core.experiments.sine.claims import PAPER
from icl_core.lessons.shared.matrices import Rows, product_rows
from icl_core.lessons.shared.words import plus_minus, short
from icl_core.lessons.train.config import SYSTEMS, Train
from icl_core.lessons.train.frame import Frame, Saved
from icl_core.lessons.train.runs import as_bytes, from_bytes
from icl_core.lessons.train.system import Measured, System
from icl_core.models.copying import CopyingModel
from icl_core.models.factored import layer_products
from icl_core.models.predictor import Model
from icl_core.plots.lines import PLAIN
from icl_core.tasks.base import Draw
from icl_core.tasks.kinds import AnyTask
from icl_core.tasks.linear import LinearTask
from icl_core.training import RunConfig, State, load_run, run, save_run
from icl_core.training.answers import model_of

PROMPTS, QUERIES, SEED = 2048, 4, 987_655
"""Of the draw on which a run is watched."""
MEASURED = 16_384
OTHERS = {"gd": "one best step of gradient descent has", "paper": "the paper's figure ends at"}


@lru_cache(maxsize=4)
def _watched(task: AnyTask) -> Draw:
    return task.draw(SEED, PROMPTS, QUERIES)


def _save(state: State, trainee: Any, settings: RunConfig, path: Path) -> None:
    save_run(path, state, trainee, settings)


class Beyond(System):
    """One run of the shipped recipe, and plain losses (half MSE)."""

    loss, weights = PLAIN, "Weights"

    def frames(self, config: Train, seconds: float, saved: Saved | None = None) -> Iterator[Frame]:
        """Losses are those on fixed fresh prompts."""
        (trainee, settings), begun = config.shipped_run, time.monotonic()
        load = partial(load_run, trainee=trainee, config=settings)
        state = from_bytes(load, saved.state) if saved else None
        if saved and state is not None:
            begun -= saved.last.seconds
        drawn = _watched(trainee.task)
        for snapshot in run(trainee, settings, state):
            model = model_of(trainee.model, snapshot.parameters)
            loss = float(
                sampled_loss(model.answers(drawn.context, drawn.queries)[-1], drawn.truth).mean()
            )
            spent = time.monotonic() - begun
            ended = snapshot.step == settings.steps or spent > seconds
            yield Frame(
                step=snapshot.step,
                total_steps=settings.steps,
                seconds=spent,
                phase="finished" if ended else "training",
                loss=loss,
                losses=(loss,),
                floor=0.0,
                model=model,
                cut=ended and snapshot.step < settings.steps,
                save=partial(as_bytes, partial(_save, snapshot.state, trainee, settings)),
            )
            if ended:
                return

    def measured(self, config: Train, model: Model) -> dict[str, LossSummary]:
        task, methods = config.shipped_run[0].task, dict[str, Predictor](model=model)
        if isinstance(task, LinearTask):
            methods["gd"] = GradientDescent(etas=(one_layer_step(task),))
        return evaluate(methods, task, prompts=MEASURED, against=None)

    def checkpoint(
        self, config: Train, frame: Frame, metrics: dict[str, float]
    ) -> Checkpoint[Model]:
        trainee, settings = config.shipped_run
        return Checkpoint(
            model=frame.model,
            task=trainee.task,
            seed=config.seed,
            training=training_settings(trainee, settings),
            metrics=metrics,
        )

    def levels(self, config: Train) -> dict[str, float]:
        """One best step of gradient descent on linear regression, exact; on sine waves the
        paper's."""
        task = config.shipped_run[0].task
        if isinstance(task, LinearTask):
            return {"gd": one_layer_loss(task)}
        return {"paper": PAPER["coded"]}

    def matrices(self, config: Train, frame: Frame) -> Rows:
        model = frame.model
        writes, compares = layer_products(model.tensors(), model.shape.num_layers)
        places = model.shape.encoding if isinstance(model.shape, CopyingModel) else 0
        return product_rows(np.asarray(writes), np.asarray(compares), places)

    def finding(self, config: Train, measured: Measured) -> str:
        loss = measured["model"]
        said = f"Loss **{plus_minus(float(loss.mean[-1]), float(loss.stderr[-1]))}** (half MSE)"
        beside = [f"{OTHERS[m]} {short(v, 4)}" for m, v in self.levels(config).items()]
        return "; ".join([said, *beside]) + "."

    def name(self, config: Train) -> str:
        return SYSTEMS[config.system]

    def file_name(self, config: Train) -> str:
        return f"{config.system}_seed{config.seed}.safetensors"

    def style(self, config: Train) -> str:
        return "full"
