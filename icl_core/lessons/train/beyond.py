"""Systems beyond linear attention: how the lesson trains and measures them."""

import time
from collections.abc import Iterator
from functools import lru_cache

from icl_core.algorithms import Predictor
from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.loss import LossSummary, evaluate, sampled_loss
from icl_core.checkpoints import Checkpoint
from icl_core.experiments.shared import training_settings
from icl_core.experiments.sine.claims import PAPER
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.models.predictor import Model
from icl_core.tasks.base import Draw
from icl_core.tasks.kinds import AnyTask
from icl_core.tasks.linear import LinearTask
from icl_core.training import run
from icl_core.training.answers import model_of

PROMPTS, QUERIES, SEED = 2048, 4, 987_655
"""Of the draw on which a run is watched."""
MEASURED = 16_384


@lru_cache(maxsize=4)
def _watched(task: AnyTask) -> Draw:
    return task.draw(SEED, PROMPTS, QUERIES)


def frames(config: Train, limit: float) -> Iterator[Frame]:
    """The run, snapshot by snapshot, in `limit` seconds at most; losses are half MSE on fixed fresh
    prompts."""
    (trainee, settings), begun = config.recipe, time.monotonic()
    drawn = _watched(trainee.task)
    for snapshot in run(trainee, settings):
        model = model_of(trainee.model, snapshot.parameters)
        loss = float(
            sampled_loss(model.answers(drawn.context, drawn.queries)[-1], drawn.truth).mean()
        )
        seconds = time.monotonic() - begun
        ended = snapshot.step == settings.steps or seconds > limit
        yield Frame(
            step=snapshot.step,
            total_steps=settings.steps,
            seconds=seconds,
            phase="finished" if ended else "training",
            loss=loss,
            losses=(loss,),
            floor=0.0,
            model=model,
        )
        if ended:
            return


def levels(task: AnyTask) -> dict[str, float]:
    """Losses to compare with: on linear regression one best step of gradient descent, exact; on
    sine waves the paper's."""
    if isinstance(task, LinearTask):
        return {"gd": one_layer_loss(task)}
    return {"paper": PAPER["coded"]}


def measure_model(model: Model, task: AnyTask) -> dict[str, LossSummary]:
    """Loss (half MSE) by layer on fresh prompts, of the model ("model") and of a step of GD."""
    methods: dict[str, Predictor] = {"model": model}
    if isinstance(task, LinearTask):
        methods["gd"] = GradientDescent(etas=(one_layer_step(task),))
    return evaluate(methods, task, prompts=MEASURED, against=None)


def checkpoint_of(config: Train, model: Model, metrics: dict[str, float]) -> Checkpoint[Model]:
    """The finished model as a file of the zoo's format."""
    trainee, settings = config.recipe
    return Checkpoint(
        model=model,
        task=trainee.task,
        seed=config.seed,
        training=training_settings(trainee, settings),
        metrics=metrics,
    )
