"""Layers are trained, and measured beside one step of gradient descent.

All losses are plain half MSE against the true weights, exact over the query; they are measured on
the same EVALUATION prompts for every layer, so that differences between methods are paired.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_loss
from icl_core.analysis.likeness import draw_queries, likeness
from icl_core.analysis.loss import distance_loss
from icl_core.analysis.rollout import roll_out
from icl_core.analysis.statistics import overflowed
from icl_core.arrays import in_float64
from icl_core.constructions.matrices import AttentionWeights
from icl_core.experiments import shared
from icl_core.experiments.jobs import Job, Made
from icl_core.experiments.one_layer import settings
from icl_core.experiments.one_layer.layers import (
    constructed,
    mixed,
    model_of,
    weights_of,
    without_y_column,
)
from icl_core.experiments.one_layer.results import Course, RollOuts, ShiftedLosses, Shifts, Spread
from icl_core.experiments.shared import Training, task_of
from icl_core.models.factored import FACTORS, FactoredTransformer
from icl_core.tasks.linear import LinearTask, Prompts, draw_prompts
from icl_core.tasks.shifts import ShiftedPrompts, input_shift, law_shift, target_shift
from icl_core.zoo.library import find_entry, load_model
from icl_core.zoo.movies import Movie
from icl_core.zoo.results import stacked

SHIFT_PROMPTS, FEW = 4000, 2500


def jobs() -> tuple[Job, ...]:
    """Every layer, then what is measured on those of the main size."""
    layers = (
        Job(
            name=name,
            settings=settings.settings_of(name),
            make=partial(_train, size, seed),
            trains=True,
        )
        for name, (size, seed) in settings.models().items()
    )
    return (
        *layers,
        Job(name=settings.SHIFTS, settings=settings.settings_of(settings.SHIFTS), make=_shifts),
    )


def load_layer(name: str, folder: Path) -> AttentionWeights:
    """A trained layer."""
    checkpoint = load_model(find_entry(name, folder), folder)
    return weights_of(checkpoint.holding(FactoredTransformer).model)


def implicit_weights(weights: AttentionWeights, prompts: Prompts) -> np.ndarray:
    """Those of the layer applied once, [batch, d]."""
    return np.asarray(roll_out(weights, prompts.moments, damping=1.0, steps=1)[-1])


def _losses(weights: np.ndarray, prompts: Prompts, query: Any) -> np.ndarray:
    return overflowed(np.asarray(distance_loss(weights[None], prompts.w, query))[0])


@in_float64
def _train(size: int, seed: int, folder: Path) -> Made:
    task, training = task_of(size), Training.of(*settings.training_of(size, seed))
    weights = [_layer(snapshot.parameters) for snapshot in training.snapshots]
    prompts = draw_prompts(task, shared.EVALUATION_SEED, shared.EVALUATION)
    queries = draw_queries(task.inputs, shared.QUERY_SEED, (shared.EVALUATION, task.dim))
    descent = implicit_weights(constructed(task), prompts)
    gd = _losses(descent, prompts, task.query_variances)
    found = [implicit_weights(layer, prompts) for layer in weights]
    excess = [Estimate.of(_losses(w, prompts, task.query_variances) - gd) for w in found]
    course = Course(
        steps=training.steps,
        train_loss=training.train_losses,
        loss=one_layer_loss(task) + stacked(excess).mean,
        excess=stacked(excess),
        likeness=stacked([likeness(w, descent, queries) for w in found]),
        descent=Estimate.of(gd),
        seconds=np.array(training.seconds),
    )
    return Made(
        result=course,
        checkpoint=training.checkpoint(model_of(weights[-1]), metrics_of(course)),
        movie=_movie(course, weights) if size == shared.MAIN else None,
    )


def _layer(parameters: Mapping[str, np.ndarray]) -> AttentionWeights:
    """The one layer of a `FactorTrainee`, in float64."""
    return AttentionWeights(**{name: np.asarray(parameters[name][0], float) for name in FACTORS})


def metrics_of(course: Course) -> dict[str, Any]:
    """What the manifest says of a finished layer."""
    return {
        "mean": float(course.loss[-1]),
        "stderr": float(course.excess.stderr[-1]),
        "prompts": shared.EVALUATION,
        "seed": shared.EVALUATION_SEED,
        "seconds": round(float(course.seconds), 1),
    }


def _movie(course: Course, weights: Sequence[AttentionWeights]) -> Movie:
    return Movie(
        steps=course.steps,
        loss=course.loss,
        P=np.array([[[layer.PW_V]] for layer in weights]),
        Q=np.array([[[layer.W_KQ]] for layer in weights]),
    )


def _shifts(folder: Path) -> Made:
    """Everything that is measured on the finished layers of the main size, by seed."""
    task = task_of(shared.MAIN)
    layers = [load_layer(settings.model_name(shared.MAIN, seed), folder) for seed in settings.SEEDS]
    prompts = draw_prompts(task, shared.EVALUATION_SEED, shared.EVALUATION)
    values = np.linalg.eigvalsh(np.asarray(prompts.moments.Sigma))
    result = Shifts(
        input_shift=_shifted(layers, input_shift, settings.INPUT_SCALES, shared.EVALUATION),
        target_shift=_shifted(layers, target_shift, settings.TARGET_SCALES, SHIFT_PROMPTS),
        law_shift=_shifted(layers, law_shift, settings.LAW_SCALES, SHIFT_PROMPTS),
        mixes=_mixes(layers, task, prompts),
        roll_outs=_roll_outs(layers, task, prompts),
        largest_eigenvalues=np.sort(values[:, -1]).astype(np.float32),
    )
    return Made(result=result)


def _shifted(
    layers: Sequence[AttentionWeights],
    shift: Callable[[LinearTask, float, int, int], ShiftedPrompts],
    strengths: np.ndarray,
    prompts: int,
) -> ShiftedLosses:
    task = task_of(shared.MAIN)
    # One seed for all strengths: smooth curves.
    drawn = [
        shift(task, float(strength), shared.EVALUATION_SEED, prompts) for strength in strengths
    ]

    def losses(layer: AttentionWeights) -> Estimate:
        found = (_losses(implicit_weights(layer, s.prompts), s.prompts, s.query) for s in drawn)
        return stacked([Estimate.of(values) for values in found])

    return ShiftedLosses(
        trained=stacked([losses(layer) for layer in layers]),
        gd=losses(constructed(task)),
        mixed=stacked([losses(mixed(layer, task, 0.5)) for layer in layers]),
    )


def _mixes(layers: Sequence[AttentionWeights], task: LinearTask, prompts: Prompts) -> Estimate:
    def losses(layer: AttentionWeights) -> np.ndarray:
        return _losses(implicit_weights(layer, prompts), prompts, task.query_variances)

    gd = losses(constructed(task))
    return stacked(
        [
            stacked(
                [Estimate.of(losses(mixed(layer, task, share)) - gd) for share in settings.MIXES]
            )
            for layer in layers
        ]
    )


def _roll_outs(layers: Sequence[AttentionWeights], task: LinearTask, prompts: Prompts) -> RollOuts:
    few = jax.tree.map(lambda values: values[:FEW] if np.ndim(values) else values, prompts)

    def rolled(layer: AttentionWeights, drawn: Prompts) -> Spread:
        paths = (
            roll_out(layer, drawn.moments, damping=float(damping), steps=settings.STEPS)
            for damping in settings.DAMPINGS
        )
        return stacked([_spread(path, drawn, task) for path in paths])

    return RollOuts(
        trained=stacked([rolled(without_y_column(layer), prompts) for layer in layers]),
        gd=rolled(constructed(task), prompts),
        whole=stacked([rolled(layer, few) for layer in layers]),
    )


def _spread(path: Any, prompts: Prompts, task: LinearTask) -> Spread:
    losses = overflowed(np.asarray(distance_loss(path, prompts.w, task.query_variances)))
    low, median, high = np.quantile(np.minimum(losses, 1e300), [0.1, 0.5, 0.9], axis=-1)
    known = Estimate.of(losses)
    return Spread(mean=known.mean, stderr=known.stderr, median=median, low=low, high=high)
