"""Layers are trained, and by snapshot their losses and likeness to GD and GD++ measured.

Without clipping all is exact over the query, by moments; with tokens clipped to +-CLIP after every
layer, of GD and GD++ too, it is measured at sampled queries.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from icl_core.analysis.estimate import Estimate, MedianEstimate
from icl_core.analysis.likeness import Likeness, draw_queries, likeness
from icl_core.experiments import shared
from icl_core.experiments.jobs import Job, Made
from icl_core.experiments.several_layers import layers, settings
from icl_core.experiments.several_layers.algorithms import tune_algorithms
from icl_core.experiments.several_layers.results import Algorithms, Comparison, Course
from icl_core.experiments.several_layers.sweeps import measure_sweeps
from icl_core.experiments.shared import Training, task_of
from icl_core.models.blocks import BlockTransformer, Parameters
from icl_core.models.factored import FactoredTransformer
from icl_core.tasks.base import Draw
from icl_core.tasks.linear import Prompts, draw_prompts
from icl_core.training.factors import FactorTrainee
from icl_core.training.tokens import BlockTrainee
from icl_core.zoo.movies import Movie
from icl_core.zoo.results import load_result, stacked

FRAME_PROMPTS = 4096
FEW = 1024
"""Prompts whose sensitivities are measured through clipped tokens, over training."""


def jobs() -> tuple[Job, ...]:
    """Of every architecture its rivals, its models, and what is measured on these together."""
    found = []
    for key, known in settings.ARCHITECTURES.items():
        found += [
            Job(
                name=settings.algorithms_name(key),
                settings=settings.algorithms_settings(key),
                make=lambda folder, key=key: Made(result=tune_algorithms(key)),
            ),
            *(
                Job(
                    name=settings.model_name(key, seed),
                    settings=settings.model_settings(key, seed),
                    make=partial(_train, key, seed),
                    trains=True,
                )
                for seed in known.seeds
            ),
            Job(
                name=settings.sweeps_name(key),
                settings=settings.sweeps_settings(key),
                make=lambda folder, key=key: Made(result=measure_sweeps(key, folder)),
            ),
        ]
    return tuple(found)


def _train(key: str, seed: int, folder: Path) -> Made:
    training = Training.of(*settings.training_of(key, seed))
    models = [_model(training.trainee, snapshot.parameters) for snapshot in training.snapshots]
    algorithms = load_result(Algorithms, settings.algorithms_name(key), folder)
    known = settings.ARCHITECTURES[key]
    few, many = (FEW, FRAME_PROMPTS) if known.clipped else (FRAME_PROMPTS, shared.EVALUATION)
    compared = [_compare(model, algorithms, few) for model in models]
    course = Course(
        steps=training.steps,
        train_loss=training.train_losses,
        frames=stacked(compared),
        end=_compare(models[-1], algorithms, many),
        seconds=np.array(training.seconds),
        processor_seconds=np.array(training.processor_seconds),
    )
    return Made(
        result=course,
        checkpoint=training.checkpoint(models[-1], metrics_of(course, many)),
        movie=_movie(course, models) if seed in known.movie else None,
    )


def _model(
    trainee: FactorTrainee | BlockTrainee, parameters: Parameters
) -> FactoredTransformer | BlockTransformer:
    if isinstance(trainee, BlockTrainee):
        return BlockTransformer(parameters=parameters, shape=trainee.model)
    return FactoredTransformer.of_one_head(parameters, trainee.layers)


def metrics_of(course: Course, prompts: int) -> dict[str, Any]:
    """What the manifest says of finished layers."""
    loss = course.end.loss
    return {
        "mean": float(loss.mean[-1]),
        "stderr": float(loss.stderr[-1]),
        "median": float(loss.median[-1]),
        "prompts": prompts,
        "seed": shared.EVALUATION_SEED,
        "seconds": round(float(course.processor_seconds), 1),
    }


def _movie(course: Course, models: Sequence[FactoredTransformer | BlockTransformer]) -> Movie:
    factors = [model for model in models if isinstance(model, FactoredTransformer)]
    linear, blocks = [model.linear for model in factors], len(factors[0].P)
    return Movie(
        steps=course.steps,
        loss=course.frames.loss.mean[:, -1],
        P=np.array([model.P[:blocks] for model in linear]),
        Q=np.array([model.Q[:blocks] for model in linear]),
    )


def _compare(
    model: FactoredTransformer | BlockTransformer, algorithms: Algorithms, count: int
) -> Comparison:
    if isinstance(model, BlockTransformer):
        return _compare_clipped(model, algorithms, count)
    prompts, queries, paths = _beside(algorithms, count)
    variance = task_of(shared.MAIN).query_variances
    path = np.asarray(model.weight_path(prompts))
    losses = layers.exact_losses(path, prompts, variance)
    return Comparison(
        loss=MedianEstimate.of(losses),
        excess=Estimate.of(losses - layers.exact_losses(paths["gdpp"], prompts, variance)),
        **{method: likeness(path, paths[method], queries) for method in settings.METHODS},
    )


@lru_cache(maxsize=2)
def _beside(
    algorithms: Algorithms, count: int
) -> tuple[Prompts, np.ndarray, dict[str, np.ndarray]]:
    """Prompts, a query each, and the weights of GD and GD++ by step on them."""
    task = task_of(shared.MAIN)
    prompts = draw_prompts(task, shared.EVALUATION_SEED, count)
    paths = {m: np.asarray(algorithms.of(m).model.weight_path(prompts)) for m in settings.METHODS}
    return prompts, draw_queries(task.inputs, shared.QUERY_SEED, (count, task.dim)), paths


def _compare_clipped(model: BlockTransformer, algorithms: Algorithms, count: int) -> Comparison:
    """All tokens are clipped, those of GD and GD++ too."""
    drawn, others = _beside_clipped(algorithms, count)
    first, losses, slopes = layers.readings(model, drawn)

    def alike(method: str) -> Likeness:
        answer, _, slope = others[method]
        gap = Estimate.of(np.abs(first - answer))
        found = likeness(slopes, slope, np.asarray(drawn.queries)[:, 0])
        return replace(found, prediction_gap=gap.mean, prediction_stderr=gap.stderr)

    return Comparison(
        loss=MedianEstimate.of(losses),
        excess=Estimate.of(losses - others["gdpp"][1]),
        gd=alike("gd"),
        gdpp=alike("gdpp"),
    )


@lru_cache(maxsize=2)
def _beside_clipped(
    algorithms: Algorithms, count: int
) -> tuple[Draw, dict[str, tuple[np.ndarray, ...]]]:
    drawn = layers.draw_clipped(task_of(shared.MAIN), count)
    blocks = {m: layers.as_blocks(algorithms.of(m).model, settings.CLIP) for m in settings.METHODS}
    return drawn, {m: layers.readings(model, drawn) for m, model in blocks.items()}
