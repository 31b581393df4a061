"""Trainings that struggle are trained, and measured beside gradient descent."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_loss
from icl_core.analysis.likeness import likeness
from icl_core.analysis.recursion import exact_losses, sample_spectra
from icl_core.experiments.jobs import Job, Made
from icl_core.experiments.shared import MAIN, Training, task_of
from icl_core.experiments.variations import settings
from icl_core.experiments.variations.evaluation import descents, evaluation_at
from icl_core.experiments.variations.results import Algorithms, Course, Descent
from icl_core.models.blocks import BlockTransformer, sensitivity
from icl_core.training.tokens import BlockTrainee, fixed_prompts, half_mse
from icl_core.zoo.movies import Movie
from icl_core.zoo.results import stacked


def jobs() -> tuple[Job, ...]:
    """The algorithms, then every variant from every seed."""
    models = (
        Job(
            name=settings.model_name(name, seed),
            settings=settings.model_settings(name, seed),
            make=partial(train_variant, variant, seed),
            trains=True,
        )
        for name, variant in settings.VARIANTS.items()
        for seed in range(variant.seeds)
    )
    algorithms = Job(
        name=settings.ALGORITHMS, settings=settings.algorithms_settings(), make=_algorithms
    )
    return (algorithms, *models)


def _algorithms(folder: Path) -> Made:
    """Exact losses of the algorithms, and their sampled ones at every alpha, with errors."""
    task = task_of(MAIN)
    values = sample_spectra(task)

    def descent(name: str) -> Descent:
        exact = Estimate.of(exact_losses(descents()[name], task, values)[-1])
        known = Estimate(mean=np.array(one_layer_loss(task)), stderr=np.array(0.0))
        sampled = [Estimate.of(evaluation_at(float(a)).of_descent(name)) for a in settings.SCALES]
        return Descent(loss=known if name == "gd1" else exact, shift=stacked(sampled))

    return Made(result=Algorithms(**{name: descent(name) for name in descents()}))


def train_variant(variant: settings.Variant, seed: int, folder: Path) -> Made:
    """A variant from one seed, measured at every snapshot."""
    trainee = variant.trainee
    training = Training.of(trainee, variant.run.replace(seed=seed))
    models = [
        BlockTransformer(parameters=snapshot.parameters, shape=trainee.model)
        for snapshot in training.snapshots
    ]
    frames = models[:: settings.EVERY]
    alike = [_likeness(model, variant.descent) for model in frames]
    course = Course(
        steps=training.steps,
        loss=_single([_loss(model) for model in models]),
        train_loss=_train_losses(trainee, training),
        shift=_single([_shifted(model) for model in frames]),
        cosine=_single([cosine for cosine, _ in alike]),
        prediction_gap=_single([gap for _, gap in alike]),
        seconds=np.array(training.processor_seconds),
    )
    metrics = training.metrics(course.loss, settings.EVALUATION, settings.EVALUATION_SEED)
    checkpoint = training.checkpoint(models[-1], metrics)
    return Made(result=course, checkpoint=checkpoint, movie=_movie(course, frames))


def _single(estimates: Sequence[Estimate]) -> Estimate:
    found = stacked(estimates)
    return Estimate(mean=found.mean.astype(np.float32), stderr=found.stderr.astype(np.float32))


def _train_losses(trainee: BlockTrainee, training: Training) -> np.ndarray:
    """On the prompts of a run that has only so many, else of the last batch."""
    if not trainee.tasks:
        return training.train_losses.astype(np.float32)
    fixed = fixed_prompts(trainee, training.config.seed)
    known = (snapshot.parameters for snapshot in training.snapshots)
    losses = [half_mse(trainee.model, parameters, fixed) for parameters in known]
    return np.array(losses, np.float32)


def _loss(model: BlockTransformer) -> Estimate:
    test = evaluation_at(1.0)
    excess = Estimate.of(test.losses(test.answers(model)) - test.of_descent("gd1"))
    return Estimate(mean=one_layer_loss(task_of(MAIN)) + excess.mean, stderr=excess.stderr)


def _shifted(model: BlockTransformer) -> Estimate:
    """Losses at every alpha."""
    tests = (evaluation_at(float(alpha)) for alpha in settings.SCALES)
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
        steps=course.steps[:: settings.EVERY],
        loss=course.loss.mean[:: settings.EVERY],
        P=np.array(writes, np.float16),
        Q=np.array(compares, np.float16),
    )
