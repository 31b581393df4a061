"""Models that learn sine waves are trained, and measured beside their controls."""

from collections.abc import Sequence
from functools import cache, lru_cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.analysis.features import agreement, best_kernel_step
from icl_core.arrays import in_float64
from icl_core.experiments.jobs import Job, Made
from icl_core.experiments.shared import Training
from icl_core.experiments.sine.results import Compared, Course, KernelStep, KernelSteps, Likeness
from icl_core.experiments.sine.settings import (
    ALIKE,
    ALIKE_SEED,
    EVALUATION,
    EVALUATION_SEED,
    FINAL,
    FINAL_SEED,
    KERNEL,
    LENGTHS,
    POINTS,
    QUERIES,
    VARIANTS,
    Variant,
    kernel_settings,
    model_name,
    model_settings,
    shown_prompt,
)
from icl_core.models.features import FeatureModel, FeatureTransformer
from icl_core.tasks.base import Draw
from icl_core.tasks.sine import LAWS, SineTask
from icl_core.training import Snapshot
from icl_core.zoo.results import stacked


def jobs() -> tuple[Job, ...]:
    """The kernels, then every variant from every seed, a transformer right after its control."""
    kernels = Job(name=KERNEL, settings=kernel_settings(), make=_kernels)
    pairs = {known.control: name for name, known in VARIANTS.items() if known.control}
    order = [
        (each, seed)
        for name, known in VARIANTS.items()
        if not known.control
        for seed in range(known.seeds)
        for each in (name, pairs.get(name))
        if each
    ]
    models = (
        Job(
            name=model_name(name, seed),
            settings=model_settings(name, seed),
            make=partial(train_variant, VARIANTS[name], seed),
            trains=True,
        )
        for name, seed in order
    )
    return (kernels, *models)


def _kernels(folder: Path) -> Made:
    return Made(result=KernelSteps(**{law: _kernel_step(law) for law in LAWS}))


def _kernel_step(law: str) -> KernelStep:
    best = best_kernel_step(SineTask(law=law), map(float, LENGTHS))
    drawn = _drawn(law, FINAL, FINAL_SEED)
    gaps = best.answers(drawn.context, drawn.queries) - drawn.truth
    nothing, loss = (Estimate.of(0.5 * np.mean(gap**2, axis=-1)) for gap in gaps)
    return KernelStep(
        eta=np.array(best.etas[0]), length=np.array(best.length), loss=loss, nothing=nothing
    )


@cache
def _drawn(law: str, prompts: int, seed: int) -> Draw:
    return SineTask(law=law).draw(seed, prompts, QUERIES)


@lru_cache(maxsize=2)
def _training(variant: Variant, seed: int) -> Training:
    """Remembered, for a transformer is likened to its control at every snapshot of both."""
    return Training.of(variant.trainee, variant.run.replace(seed=seed))


def train_variant(variant: Variant, seed: int, folder: Path) -> Made:
    """A variant from one seed, measured at every snapshot."""
    training, law = _training(variant, seed), variant.law
    models = _models(variant.model, training.snapshots)
    drawn = _drawn(law, EVALUATION, EVALUATION_SEED)
    end = losses(models[-1], _drawn(law, FINAL, FINAL_SEED))
    known = {
        "steps": training.steps,
        "loss": stacked([losses(model, drawn, last=True) for model in models]),
        "end": end,
        "curves": np.array([_curve(model, law) for model in models], np.float32),
        "seconds": np.array(training.processor_seconds),
    }
    if variant.control:
        control = VARIANTS[variant.control]
        theirs = _models(control.model, _training(control, seed).snapshots)
        alike = [_likeness(*pair, law) for pair in zip(models, theirs, strict=True)]
        course: Course = Compared(**known, likeness=stacked(alike))
    else:
        course = Course(**known)
    metrics = training.metrics(end, FINAL, FINAL_SEED)
    parameters = training.snapshots[-1].parameters
    trained = FeatureTransformer(parameters=parameters, shape=variant.model)
    return Made(result=course, checkpoint=training.checkpoint(trained, metrics))


def _models(shape: FeatureModel, snapshots: Sequence[Snapshot]) -> list[FeatureTransformer]:
    """In double precision, answering by XLA."""
    with jax.enable_x64(True):
        return [
            FeatureTransformer(
                parameters={n: jnp.asarray(v, jnp.float64) for n, v in s.parameters.items()},
                shape=shape,
            )
            for s in snapshots
        ]


@in_float64
def losses(model: FeatureTransformer, drawn: Draw, *, last: bool = False) -> Estimate:
    """Half squared errors, mean over a prompt's queries: of every answer, or of the last."""
    answers = np.asarray(model.answers(drawn.context, drawn.queries))
    gaps = (answers[-1] if last else answers) - drawn.truth
    return Estimate.of(0.5 * np.mean(gaps**2, axis=-1))


@in_float64
def _curve(model: FeatureTransformer, law: str) -> np.ndarray:
    return np.asarray(model.answers(shown_prompt(law), POINTS[None, :, None]))[:, 0]


@in_float64
def _likeness(model: FeatureTransformer, control: FeatureTransformer, law: str) -> Likeness:
    found = agreement(model, control, _drawn(law, ALIKE, ALIKE_SEED))

    def estimate(mean: float, stderr: float) -> Estimate:
        return Estimate(mean=np.array(mean), stderr=np.array(stderr))

    return Likeness(
        cosine=estimate(found.cosine, found.cosine_stderr),
        prediction_gap=estimate(found.prediction_gap, found.prediction_stderr),
        slope_gap=estimate(found.slope_gap, found.slope_stderr),
    )
