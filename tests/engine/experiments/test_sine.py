"""The shipped models of sine waves: of these settings, and true on other prompts."""

from dataclasses import replace

import numpy as np
import pytest

from icl_core.analysis.features import agreement
from icl_core.experiments.sine import settings
from icl_core.experiments.sine.build import jobs, losses, train_variant
from icl_core.experiments.sine.claims import ENOUGH, ahead, ends
from icl_core.experiments.sine.results import Compared, Course, load_course, load_kernel
from icl_core.experiments.sine.settings import (
    ALIKE,
    ALIKE_SEED,
    POINTS,
    QUERIES,
    VARIANTS,
    model_name,
)
from icl_core.models.features import FeatureTransformer
from icl_core.tasks.sine import LAWS, SineTask
from icl_core.zoo.library import PRETRAINED, find_entry, load_model


def _model(variant: str, seed: int) -> FeatureTransformer:
    return load_model(find_entry(model_name(variant, seed))).holding(FeatureTransformer).model


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_shipped_losses_are_the_weights(variant: str) -> None:
    """Measured again on other prompts: 5 standard errors."""
    known, end = VARIANTS[variant], load_course(variant).end
    drawn = SineTask(law=known.law).draw(99, 2000, QUERIES)
    for seed in range(known.seeds):
        model = _model(variant, seed)
        assert model.shape == known.model
        again = losses(model, drawn)
        gap = np.abs(again.mean - end.mean[seed])
        assert (gap < 5 * (again.stderr + end.stderr[seed])).all()


def test_the_shipped_likeness_is_the_weights() -> None:
    course = load_course("coded")
    assert isinstance(course, Compared)
    drawn = SineTask(law="coded").draw(ALIKE_SEED, ALIKE, QUERIES)
    found = agreement(_model("coded", 1), _model("coded_control", 1), drawn)
    for name in ("cosine", "prediction_gap", "slope_gap"):
        shipped = getattr(course.likeness, name).mean[1, -1]
        # Single precision there, and a slope near 0 may change its sign.
        assert shipped == pytest.approx(getattr(found, name), rel=2e-2)


def test_the_claim_counts_seeds() -> None:
    better, seeds = ahead("coded")
    pair = zip(ends(load_course("coded")), ends(load_course("coded_control")), strict=True)
    assert better == sum(trained <= control for trained, control in pair) >= ENOUGH
    assert seeds == 5


def test_the_gaussian_step_is_a_best_one() -> None:
    """No other length or size is better on other prompts, by two errors."""
    for law in LAWS:
        step = load_kernel().of(law)
        drawn = SineTask(law=law).draw(98, 4000, 4)

        def loss(eta: float = 1.0, length: float = 1.0, step=step, drawn=drawn) -> np.ndarray:
            known = step.method
            other = known.replace(etas=(eta * known.etas[0],), length=length * known.length)
            gap = other.answers(drawn.context, drawn.queries)[-1] - drawn.truth
            return 0.5 * np.mean(gap**2, axis=-1)

        best = loss()
        assert best.mean() == pytest.approx(float(step.loss.mean), rel=0.05)
        for other in (loss(eta=1.2), loss(eta=0.8), loss(length=1.3), loss(length=0.7)):
            worse = other - best
            assert worse.mean() > -2 * worse.std() / np.sqrt(len(worse))


def test_a_transformer_comes_right_after_its_control() -> None:
    names = [job.name for job in jobs()]
    for name, known in VARIANTS.items():
        for seed in range(known.seeds):
            at = names.index(model_name(name, seed))
            if known.control:
                assert names[at - 1] == model_name(known.control, seed)


def test_a_short_run_is_measured_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVALUATION", "FINAL", "ALIKE"):
        monkeypatch.setattr(f"icl_core.experiments.sine.build.{name}", 8)
    run = VARIANTS["coded"].run.replace(steps=4, batch=4, snapshots=3)
    control = replace(VARIANTS["coded_control"], run=run)
    monkeypatch.setitem(settings.VARIANTS, "coded_control", control)  # type: ignore[arg-type]
    made = train_variant(replace(VARIANTS["coded"], run=run), 1, PRETRAINED)
    course: Course = made.result
    assert isinstance(course, Compared)
    assert course.steps.tolist() == [0, 1, 4]
    assert course.loss.mean.shape == course.likeness.cosine.mean.shape == (3,)
    assert course.end.mean.shape == (2,)
    assert course.curves.shape == (3, 2, len(POINTS))
    assert course.likeness.prediction_gap.mean[0] > 0
    assert made.checkpoint is not None
    assert made.checkpoint.seed == 1
    assert made.checkpoint.metrics["mean"] == course.end.mean[-1]
