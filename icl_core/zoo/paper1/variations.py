"""Trainings that struggle: LayerNorm, plateaus, fixed prompts (paper 1, A.11, A.12; figures 14-16).

One layer, or two, trained by the paper's recipe with smaller batches (`training/tokens.py`), each
variant from several seeds. Losses are half MSE at sampled queries of the same EVALUATION prompts,
paired with one step of gradient descent, whose loss is known exactly. A part holds all seeds of a
variant.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.likeness import likeness
from icl_core.analysis.loss import sampled_loss
from icl_core.analysis.recursion import exact_losses, sample_spectra, tune_steps
from icl_core.analysis.statistics import mean_and_error
from icl_core.arrays import Array
from icl_core.models.blocks import BlockModel, BlockTransformer, sensitivity
from icl_core.tasks.base import Draw
from icl_core.tasks.linear import prompts_of
from icl_core.tasks.shifts import wider_inputs
from icl_core.training import RunConfig, Snapshot, run
from icl_core.training.tokens import Batch, BlockTrainee, fixed_prompts, half_mse
from icl_core.zoo.paper1.one_layer import MAIN, task_of
from icl_core.zoo.paper1.store import Part, training_settings

EVALUATION, EVALUATION_SEED, QUERIES = 2000, 5_000_007, 2
SCALES = np.array([0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0])
"""Inputs times alpha."""
EVERY = 4
"""Every so many snapshots weights, likeness and shifted losses are kept too."""
SNAPSHOTS = 97
PREFIX = "variations_"
REFERENCE = f"{PREFIX}reference"
MEASURES = ("cosine", "prediction_gap")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is trained, from how many seeds, and the algorithm of `descents` it is likened to."""

    trainee: BlockTrainee
    run: RunConfig
    seeds: int
    descent: str


def _variant(
    seeds: int,
    *,
    steps: int,
    batch: int = 512,
    tasks: int = 0,
    model: dict[str, Any] | None = None,
    descent: str = "gd1",
) -> Variant:
    trainee = BlockTrainee(task=task_of(MAIN), model=BlockModel(**(model or {})), tasks=tasks)
    run = RunConfig(steps=steps, batch=batch, snapshots=SNAPSHOTS)
    return Variant(trainee=trainee, run=run, seeds=seeds, descent=descent)


FIXED = {128: 3000, 512: 3000, 2048: 1500, 8192: 1200}
"""Updates by the number of fixed prompts, which are one batch."""
BETWEEN = {"num_layers": 2, "norm": "between"}
VARIANTS: Mapping[str, Variant] = {
    "norm1": _variant(3, steps=6000, model={"norm": "every"}),
    "norm2": _variant(3, steps=6000, model=BETWEEN, descent="gdpp2"),
    "heads1": _variant(10, steps=6000, batch=256),
    "heads2": _variant(10, steps=6000, batch=256, model={"num_heads": 2}),
    **{
        f"fixed{tasks}": _variant(3, steps=steps, batch=tasks, tasks=tasks)
        for tasks, steps in FIXED.items()
    },
    "grok": _variant(3, steps=6000, batch=64, tasks=8192, model={"widening": 4}),
}
"""Batches of 256 and 512 fresh prompts where the paper has 2,048."""


def names() -> tuple[str, ...]:
    """Every part, in the order in which they are made."""
    return (REFERENCE, *(PREFIX + name for name in VARIANTS))


def settings_of(name: str) -> dict[str, Any]:
    """What a part depends on; a stored part of other settings is made again."""
    common = {"task": task_of(MAIN).to_dict(), "prompts": EVALUATION, "version": 1}
    if name == REFERENCE:
        return common
    variant = VARIANTS[name.removeprefix(PREFIX)]
    own = {"seeds": variant.seeds, "descent": variant.descent}
    return common | own | {"training": training_settings(variant.trainee, variant.run, "cooling")}


def build_part(name: str) -> Part:
    """Train from every seed, or measure the algorithms."""
    if name == REFERENCE:
        return Part(name=name, arrays=_reference(), settings=settings_of(name))
    variant = VARIANTS[name.removeprefix(PREFIX)]
    runs = [_run(variant, seed) for seed in range(variant.seeds)]
    arrays = {key: np.stack([run[key] for run in runs]) for key in runs[0]}
    return Part(name=name, arrays=arrays, settings=settings_of(name))


def parameters_of(part: Part, seed: int) -> dict[str, np.ndarray]:
    """The trained model of a seed."""
    names = VARIANTS[part.name.removeprefix(PREFIX)].trainee.model.shapes(MAIN)
    return {name: part[f"last:{name}"][seed] for name in names}


@cache
def descents() -> dict[str, GDPlusPlus | GradientDescent]:
    """One best step, and two tied ones of GD and of GD++, tuned on exact losses."""
    task = task_of(MAIN)
    return {
        "gd1": GradientDescent(etas=(one_layer_step(task),)),
        "gd2": tune_steps(task, 2, preconditioned=False),
        "gdpp2": tune_steps(task, 2, preconditioned=True),
    }


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Prompts with sampled queries, and what gradient descent's weights [prompts, d] are there."""

    drawn: Draw
    weights: Mapping[str, np.ndarray]

    def answers(self, model: BlockModel, parameters: Mapping[str, Array]) -> np.ndarray:
        """Of the trained model at every query, by XLA, as it was trained."""
        trained = BlockTransformer(
            shape=model, parameters={name: jnp.asarray(v) for name, v in parameters.items()}
        )
        return np.asarray(trained.answers(self.drawn.context, self.drawn.queries))[-1]

    def losses(self, answer: np.ndarray) -> np.ndarray:
        """Half squared errors, mean over a prompt's queries, [prompts]."""
        return sampled_loss(answer, self.drawn.truth)

    def of_descent(self, name: str) -> np.ndarray:
        return self.losses(np.einsum("bqd,bd->bq", self.drawn.queries, self.weights[name]))


@cache
def evaluation_at(alpha: float, seed: int = EVALUATION_SEED) -> Evaluation:
    """EVALUATION prompts with inputs times alpha: the same for all models."""
    task = wider_inputs(task_of(MAIN), alpha)
    drawn = task.draw(seed, EVALUATION, QUERIES, np.float32)
    context = jax.tree.map(np.float64, drawn.context)
    paths = {name: d.weight_path(prompts_of(context)) for name, d in descents().items()}
    weights = {name: np.asarray(path)[-1] for name, path in paths.items()}
    return Evaluation(drawn=drawn, weights=weights)


def _reference() -> dict[str, np.ndarray]:
    """Exact losses of the algorithms, and their sampled ones at every alpha, with errors."""
    task = task_of(MAIN)
    arrays: dict[str, np.ndarray] = {}
    values = sample_spectra(task)
    for name, descent in descents().items():
        exact = mean_and_error(exact_losses(descent, task, values)[-1])
        arrays[f"{name}:loss"] = np.array((one_layer_loss(task), 0) if name == "gd1" else exact)
        found = [mean_and_error(evaluation_at(float(alpha)).of_descent(name)) for alpha in SCALES]
        arrays[f"{name}:shift"] = np.array(found)
    return arrays


def _run(variant: Variant, seed: int) -> dict[str, np.ndarray]:
    trainee, model = variant.trainee, variant.trainee.model
    begun = time.process_time()
    snapshots = list(run(trainee, variant.run.replace(seed=seed)))
    seconds = time.process_time() - begun
    fixed = fixed_prompts(trainee, seed) if trainee.tasks else None
    rows = [_losses(model, snapshot, fixed) for snapshot in snapshots]
    movie = [_picture(model, snapshot, variant.descent) for snapshot in snapshots[::EVERY]]
    last = {f"last:{key}": value for key, value in snapshots[-1].parameters.items()}
    return _stacked(rows) | _stacked(movie) | last | {"seconds": np.asarray(seconds)}


def _stacked(rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    return {key: np.stack([row[key] for row in rows]) for key in rows[0]}


def _losses(model: BlockModel, snapshot: Snapshot, fixed: Batch | None) -> dict[str, Any]:
    """steps; loss and its error; loss on the training prompts, where they are fixed."""
    test, parameters = evaluation_at(1.0), snapshot.parameters
    found = test.answers(model, parameters)
    excess, error = mean_and_error(test.losses(found) - test.of_descent("gd1"))
    train = snapshot.train_loss if fixed is None else float(half_mse(model, parameters, fixed))
    values = {"loss": one_layer_loss(task_of(MAIN)) + excess, "error": error, "train_loss": train}
    return {"steps": np.int32(snapshot.step)} | {k: np.float32(v) for k, v in values.items()}


def _picture(model: BlockModel, snapshot: Snapshot, descent: str) -> dict[str, Any]:
    """Products of weights, likeness to descent, and losses at every alpha."""
    parameters = snapshot.parameters
    compares = np.einsum("lhji,lhjk->lhik", parameters["W_K"], parameters["W_Q"])
    writes = np.einsum("lhij,lhjk->lhik", parameters["P"], parameters["W_V"])
    shift = []
    for alpha in SCALES:
        test = evaluation_at(float(alpha))
        shift.append(mean_and_error(test.losses(test.answers(model, parameters))))
    return {
        "frames": np.int32(snapshot.step),
        "W_KQ": np.float16(compares),
        "PW_V": np.float16(writes),
        "shift": np.array(shift, np.float32),
    } | _likeness(model, parameters, descent)


def _likeness(
    model: BlockModel, parameters: Mapping[str, np.ndarray], descent: str
) -> dict[str, np.ndarray]:
    """(mean, standard error) over prompts of cosine and prediction gap, at one query each."""
    test = evaluation_at(1.0)
    context, weights, x = test.drawn.context, test.weights[descent], test.drawn.queries[:, :1]
    slopes = np.asarray(sensitivity(model, parameters, context.X, context.y, x))[:, 0]
    found = likeness(slopes, weights, np.asarray(x)[:, 0])
    answer = test.answers(model, parameters)[:, 0]
    gap = np.abs(answer - np.einsum("bd,bd->b", np.asarray(x)[:, 0], weights))
    return {
        "cosine": np.array([found.cosine, found.cosine_stderr], np.float32),
        "prediction_gap": np.array(mean_and_error(gap), np.float32),
    }


def halfway() -> float:
    """The loss midway between answering 0 and one step of gradient descent."""
    task = task_of(MAIN)
    return 0.25 * float(task.query_variances.sum()) + 0.5 * one_layer_loss(task)


def plateaus(part: Part) -> np.ndarray:
    """Updates until the loss of each seed is first at most `halfway`, interpolated; inf: never."""
    found = []
    for steps, loss in zip(part["steps"], part["loss"], strict=True):
        below = np.flatnonzero(loss <= halfway())
        if not below.size:
            found.append(np.inf)
            continue
        at = int(below[0])
        share = (loss[at - 1] - halfway()) / (loss[at - 1] - loss[at])
        found.append(float(steps[at - 1] + share * (steps[at] - steps[at - 1])))
    return np.array(found)
