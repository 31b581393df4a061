"""Trainings that struggle are trained, and measured beside gradient descent."""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_loss
from icl_core.analysis.likeness import likeness
from icl_core.analysis.recursion import exact_losses, sample_spectra
from icl_core.checkpoints import Checkpoint
from icl_core.experiments.jobs import Job, Made
from icl_core.experiments.shared import MAIN, RANDOM_STARTS, task_of, training_settings
from icl_core.experiments.variations.evaluation import descents, evaluation_at
from icl_core.experiments.variations.results import Algorithms, Course, Descent
from icl_core.experiments.variations.settings import (
    ALGORITHMS,
    EVALUATION,
    EVALUATION_SEED,
    EVERY,
    SCALES,
    VARIANTS,
    Variant,
    algorithms_settings,
    model_name,
    model_settings,
)
from icl_core.models.blocks import BlockTransformer, sensitivity
from icl_core.training import Snapshot, run
from icl_core.training.tokens import BlockTrainee, fixed_prompts, half_mse
from icl_core.zoo.movies import Movie
from icl_core.zoo.results import stacked


def jobs() -> tuple[Job, ...]:
    """The algorithms, then every variant from every seed."""
    models = (
        Job(
            name=model_name(name, seed),
            settings=model_settings(name, seed),
            make=partial(train_variant, variant, seed),
            trains=True,
        )
        for name, variant in VARIANTS.items()
        for seed in range(variant.seeds)
    )
    algorithms = Job(name=ALGORITHMS, settings=algorithms_settings(), make=_algorithms)
    return (algorithms, *models)


def _algorithms(folder: Path) -> Made:
    """Exact losses of the algorithms, and their sampled ones at every alpha, with errors."""
    task = task_of(MAIN)
    values = sample_spectra(task)

    def descent(name: str) -> Descent:
        exact = Estimate.of(exact_losses(descents()[name], task, values)[-1])
        known = Estimate(mean=np.array(one_layer_loss(task)), stderr=np.array(0.0))
        sampled = [Estimate.of(evaluation_at(float(a)).of_descent(name)) for a in SCALES]
        return Descent(loss=known if name == "gd1" else exact, shift=stacked(sampled))

    return Made(result=Algorithms(**{name: descent(name) for name in descents()}))


def train_variant(variant: Variant, seed: int, folder: Path) -> Made:
    """A variant from one seed, measured at every snapshot."""
    trainee, config = variant.trainee, variant.run.replace(seed=seed)
    begun = time.process_time()
    snapshots = list(run(trainee, config))
    seconds = time.process_time() - begun
    models = [
        BlockTransformer(parameters=snapshot.parameters, shape=trainee.model)
        for snapshot in snapshots
    ]
    frames = models[::EVERY]
    alike = [_likeness(model, variant.descent) for model in frames]
    course = Course(
        steps=np.array([snapshot.step for snapshot in snapshots]),
        loss=_single([_loss(model) for model in models]),
        train_loss=_train_losses(trainee, seed, snapshots),
        shift=_single([_shifted(model) for model in frames]),
        cosine=_single([cosine for cosine, _ in alike]),
        prediction_gap=_single([gap for _, gap in alike]),
        seconds=np.array(seconds),
    )
    checkpoint = Checkpoint(
        model=models[-1],
        task=task_of(MAIN),
        seed=seed,
        training=training_settings(trainee, config),
        metrics={
            "mean": float(course.loss.mean[-1]),
            "stderr": float(course.loss.stderr[-1]),
            "prompts": EVALUATION,
            "seed": EVALUATION_SEED,
            "source": RANDOM_STARTS,
            "seconds": round(seconds, 1),
        },
    )
    return Made(result=course, checkpoint=checkpoint, movie=_movie(course, frames))


def _single(estimates: Sequence[Estimate]) -> Estimate:
    found = stacked(estimates)
    return Estimate(mean=found.mean.astype(np.float32), stderr=found.stderr.astype(np.float32))


def _train_losses(trainee: BlockTrainee, seed: int, snapshots: Sequence[Snapshot]) -> np.ndarray:
    """On the prompts of a run that has only so many, else of the last batch."""
    if not trainee.tasks:
        return np.array([snapshot.train_loss for snapshot in snapshots], np.float32)
    fixed = fixed_prompts(trainee, seed)
    losses = [half_mse(trainee.model, snapshot.parameters, fixed) for snapshot in snapshots]
    return np.array(losses, np.float32)


def _loss(model: BlockTransformer) -> Estimate:
    test = evaluation_at(1.0)
    excess = Estimate.of(test.losses(test.answers(model)) - test.of_descent("gd1"))
    return Estimate(mean=one_layer_loss(task_of(MAIN)) + excess.mean, stderr=excess.stderr)


def _shifted(model: BlockTransformer) -> Estimate:
    """Losses at every alpha."""
    tests = (evaluation_at(float(alpha)) for alpha in SCALES)
    return stacked([Estimate.of(test.losses(test.answers(model))) for test in tests])


def _likeness(model: BlockTransformer, descent: str) -> tuple[Estimate, Estimate]:
    """Cosine of the sensitivities and gap of the predictions, at one query of each prompt."""
    test = evaluation_at(1.0)
    context, weights, x = test.drawn.context, test.weights[descent], test.drawn.queries[:, :1]
    slopes = sensitivity(model.shape, model.parameters, context.X, context.y, x)
    found = likeness(np.asarray(slopes)[:, 0], weights, np.asarray(x)[:, 0])
    gap = test.answers(model)[:, 0] - np.einsum("bd,bd->b", np.asarray(x)[:, 0], weights)
    return Estimate(mean=found.cosine, stderr=found.cosine_stderr), Estimate.of(np.abs(gap))


def _movie(course: Course, frames: Sequence[BlockTransformer]) -> Movie:
    """Products of weights, in half precision."""
    weights = [model.parameters for model in frames]
    writes = [np.einsum("lhij,lhjk->lhik", w["P"], w["W_V"]) for w in weights]
    compares = [np.einsum("lhji,lhjk->lhik", w["W_K"], w["W_Q"]) for w in weights]
    return Movie(
        steps=course.steps[::EVERY],
        loss=course.loss.mean[::EVERY],
        P=np.array(writes, np.float16),
        Q=np.array(compares, np.float16),
    )
