"""What paper 1 says of sine waves (section 3.3, figure 4) and what is found here."""

from collections.abc import Iterator

import numpy as np

from icl_core.experiments.row import Row, pm
from icl_core.experiments.sine.results import Compared, Course, load_course, load_kernel
from icl_core.experiments.sine.settings import (
    ALIKE,
    DEEPER,
    FINAL,
    QUERIES,
    VARIANTS,
    variant_of,
)

PAPER = {"coded": 0.00105, "coded_control": 0.0014}
"""Losses read off figure 4 (one seed, at the end of 50,000 updates of 2,048 prompts)."""
ENOUGH = 4
"""Of five seeds: how many a transformer must be at or below its control."""


def ends(course: Course) -> np.ndarray:
    """Losses of every seed after the last layer, [seeds]."""
    return course.end.mean[:, -1]


def ahead(law: str) -> tuple[int, int]:
    """Of how many seeds the transformer ends at or below its control, and of how many there are."""
    pair = (load_course(name) for name in (law, f"{law}_control"))
    trained, control = (ends(course) for course in pair)
    return int((trained <= control).sum()), len(trained)


def sine_rows() -> Iterator[Row]:
    """An MLP below one layer of attention, beside its control."""
    yield from _coded_rows()
    yield _printed_row()
    yield _depth_row()


def _between(values: np.ndarray, digits: int = 5) -> str:
    """Mean and standard deviation between seeds."""
    return pm(float(values.mean()), float(values.std(ddof=1)), digits)


def _how(name: str) -> str:
    known, errors = VARIANTS[name], load_course(name).end.stderr[:, -1]
    return (
        f"{known.seeds} seeds, {known.run.steps:,} updates on {known.run.batch} prompts of "
        f"{known.queries} queries; {FINAL:,} prompts of {QUERIES} queries, standard error of a "
        f"seed at most {errors.max():.1g}"
    )


def _coded_rows() -> Iterator[Row]:
    trained, control = load_course("coded"), load_course("coded_control")
    better, seeds = ahead("coded")
    yield Row(
        claim="Sine waves, an MLP and one layer of attention, the law of the code: at or below the "
        "control whose attention is one frozen step of gradient descent",
        paper=f"about {PAPER['coded']} and {PAPER['coded_control']} (read off figure 4)",
        ours=f"{_between(ends(trained))} and {_between(ends(control))} between seeds; {better} of "
        f"{seeds} seeds at or below their control",
        how=f"{_how('coded')}; at least {ENOUGH} of {seeds}",
        holds=better >= ENOUGH,
    )
    assert isinstance(trained, Compared)
    alike = trained.likeness
    measures = (alike.cosine, alike.prediction_gap, alike.slope_gap)
    cosine, gap, slope = (measure.mean[:, -1] for measure in measures)
    yield Row(
        claim="It answers as its control does",
        paper="cosine of the slopes about 0.95, gaps of answers and of slopes about 0.02 (figure "
        "4)",
        ours=f"cosine {_between(cosine, 3)}, gap of answers {_between(gap, 4)}, of slopes "
        f"{_between(slope, 4)} between seeds",
        how=f"{len(cosine)} seeds, {ALIKE} prompts of {QUERIES} queries; every cosine at least 0.9",
        holds=bool(cosine.min() >= 0.9),
    )


def _printed_row() -> Row:
    trained, control = load_course("printed"), load_course("printed_control")
    better, seeds = ahead("printed")
    nothing, step = (
        float(measure.mean)
        for kernel in [load_kernel().printed]
        for measure in (kernel.nothing, kernel.loss)
    )
    alone = bool(max(ends(trained).max(), ends(control).max()) < step)
    return Row(
        claim="The law that the paper prints, a ~ U(0.1, 5), is learned too",
        paper="no loss is given for it",
        ours=f"{_between(ends(trained), 4)} and control {_between(ends(control), 4)} between "
        f"seeds, {better} of {seeds} at or below; one best step with a Gaussian kernel "
        f"{step:.4f}, answering 0 {nothing:.4f}",
        how=f"{_how('printed')}; every seed of both below the Gaussian kernel's step",
        holds=alone,
    )


def _depth_row() -> Row:
    courses = {L: load_course(variant_of("coded", L)) for L in (1, *DEEPER)}
    said = ", ".join(f"{L}: {_between(ends(course), 6)}" for L, course in courses.items())
    deeper = [courses[L] for L in DEEPER]
    falls = all((np.diff(course.end.mean, axis=1) < 0).all() for course in deeper)
    largest = max(ends(course).max() for course in deeper)
    return Row(
        claim="More layers go further: the loss of a sine falls with every layer",
        paper="not in the paper",
        ours=f"loss by layers, ± between seeds, {said}",
        how=f"{len(ends(deeper[0]))} seeds of more than one layer, of which every one is below "
        "every seed of one layer, and lowers its loss in every layer",
        holds=bool(falls and largest < ends(courses[1]).min()),
    )
