"""Models that have to copy are trained, and measured beside one step of gradient descent."""

from functools import cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.copying import attention_maps, sensitivities
from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.likeness import likeness
from icl_core.analysis.loss import sampled_loss
from icl_core.analysis.recursion import exact_losses, sample_spectra, tune_steps
from icl_core.experiments.copying.results import Course, Descents, Toward
from icl_core.experiments.copying.settings import (
    DESCENTS,
    EVALUATION,
    EVALUATION_SEED,
    FRAMES,
    LOOKED_AT,
    OPTIMISED,
    QUERIES,
    Optimised,
    descents_settings,
    model_name,
    model_settings,
)
from icl_core.experiments.jobs import Job, Made
from icl_core.experiments.shared import MAIN, Training, task_of
from icl_core.models.copying import CopyingTransformer
from icl_core.models.factored import layer_products
from icl_core.tasks.base import Context, Draw
from icl_core.tasks.linear import prompts_of
from icl_core.training.answers import Shape, model_of
from icl_core.zoo.movies import Movie
from icl_core.zoo.results import stacked


def jobs() -> tuple[Job, ...]:
    """Gradient descent, then every optimiser from every seed."""
    models = (
        Job(
            name=model_name(name, seed),
            settings=model_settings(name, seed),
            make=partial(train, known, seed),
            trains=True,
        )
        for name, known in OPTIMISED.items()
        for seed in range(known.seeds)
    )
    return (Job(name=DESCENTS, settings=descents_settings(), make=_descents), *models)


def _descents(folder: Path) -> Made:
    task = task_of(MAIN)
    two = tune_steps(task, 2, preconditioned=False)
    losses = Estimate.of(exact_losses(two, task, sample_spectra(task))[-1])
    return Made(result=Descents(one=np.array(one_layer_loss(task)), two=losses))


def train(known: Optimised, seed: int, folder: Path) -> Made:
    """A model by one optimiser from one seed, measured at every snapshot."""
    training = Training.of(known.trainee, known.run.replace(seed=seed))
    return measured(known.trainee.model, training)


def measured(shape: Shape, training: Training) -> Made:
    """What is kept of a training of models of that shape."""
    models: list[Any] = [model_of(shape, known.parameters) for known in training.snapshots]
    loss = stacked([*map(_loss, models)])
    cosine, gap = zip(*map(_likeness, models), strict=True)
    course = Course(
        steps=training.steps,
        loss=loss,
        sensitivity=stacked([*map(_sensitivity, models)]),
        attention=stacked([*map(_attention, models)]),
        cosine=stacked(cosine),
        prediction_gap=stacked(gap),
        frames=frames_of(training.steps, loss.mean, FRAMES),
        seconds=np.array(training.processor_seconds),
    )
    metrics = training.metrics(course.loss, EVALUATION, EVALUATION_SEED)
    checkpoint = training.checkpoint(models[-1], metrics)
    return Made(result=course, checkpoint=checkpoint, movie=_movie(course, models))


def frames_of(steps: np.ndarray, loss: np.ndarray, count: int) -> np.ndarray:
    """`count` snapshots of a movie, the first and the last among them: evenly by the updates and by
    the way of the loss's logarithm together, so that half of the movie shows where the loss moves.
    """
    way = np.append(0.0, np.cumsum(np.abs(np.diff(np.log(loss)))))
    clock = steps / steps[-1] + way / way[-1]
    place = np.arange(count)
    wanted = np.searchsorted(clock, np.linspace(0, clock[-1], count))
    apart = np.maximum.accumulate(wanted - place) + place
    return np.minimum(apart, len(steps) - count + place)


@cache
def _evaluation() -> Draw:
    return task_of(MAIN).draw(EVALUATION_SEED, EVALUATION, QUERIES, np.float32)


@cache
def _looked_at() -> Context:
    context = _evaluation().context
    X, y = (np.asarray(values[:LOOKED_AT], np.float64) for values in (context.X, context.y))
    return Context(X=X, y=y)


@cache
def _descent() -> tuple[np.ndarray, np.ndarray]:
    """Weights of the best step on every prompt [prompts, d], and its losses [prompts]."""
    drawn = _evaluation()
    step = GradientDescent(etas=(one_layer_step(task_of(MAIN)),))
    weights = np.asarray(step.weight_path(prompts_of(jax.tree.map(np.float64, drawn.context))))[-1]
    answers = np.einsum("bqd,bd->bq", drawn.queries, weights)
    return weights, sampled_loss(answers, drawn.truth)


@jax.jit
def _answers(model: CopyingTransformer, drawn: Draw) -> jax.Array:
    return jnp.asarray(model.answers(drawn.context, drawn.queries)[-1])


@jax.jit
def _slopes(model: CopyingTransformer, context: Context, queries: jax.Array) -> jax.Array:
    return jax.grad(lambda x: jnp.sum(jnp.asarray(model.answers(context, x)[-1])))(queries)


def _loss(model: CopyingTransformer) -> Estimate:
    drawn, (_, of_descent) = _evaluation(), _descent()
    losses = sampled_loss(np.asarray(_answers(model, drawn)), drawn.truth)
    excess = Estimate.of(losses - of_descent)
    return Estimate(mean=one_layer_loss(task_of(MAIN)) + excess.mean, stderr=excess.stderr)


def _sensitivity(model: CopyingTransformer) -> Toward:
    found = sensitivities(model, _looked_at())
    return Toward(**{name: np.array(getattr(found, name)) for name in ("own", "next", "other")})


def _attention(model: CopyingTransformer) -> Toward:
    shares = attention_maps(model, _looked_at(), _looked_at().X[:, :0])[0].mean(0)
    own, following = np.diagonal(shares)[:-1].mean(), np.diagonal(shares, 1).mean()
    return Toward(own=own, next=following, other=1 - own - following)


def _likeness(model: CopyingTransformer) -> tuple[Estimate, Estimate]:
    """Cosine of the sensitivities and gap of the predictions, at one query of each prompt."""
    drawn = jax.tree.map(lambda values: values[:LOOKED_AT], _evaluation())
    x, weights = drawn.queries[:, :1], _descent()[0][:LOOKED_AT]
    slopes = np.asarray(_slopes(model, drawn.context, x), float)[:, 0]
    cosine = likeness(slopes, weights, x[:, 0])
    gap = np.asarray(_answers(model, drawn))[:, 0] - np.einsum("bd,bd->b", x[:, 0], weights)
    return Estimate(mean=cosine.cosine, stderr=cosine.cosine_stderr), Estimate.of(np.abs(gap))


def _movie(course: Course, models: list[CopyingTransformer]) -> Movie:
    """Products of weights, in half precision."""
    pairs = [layer_products(models[at].tensors(), 2) for at in course.frames]
    return Movie(
        steps=course.steps[course.frames],
        loss=course.loss.mean[course.frames],
        P=np.array([P for P, _ in pairs], np.float16),
        Q=np.array([Q for _, Q in pairs], np.float16),
    )
