"""What paper 1 says of trainings that struggle (figures 14 to 16) and what is found here."""

from collections.abc import Iterator, Mapping

import numpy as np

from icl_core.analysis.floors import one_layer_loss
from icl_core.experiments.row import Row, pm
from icl_core.experiments.shared import MAIN, nothing, task_of
from icl_core.experiments.variations import results
from icl_core.experiments.variations.results import Algorithms, Course
from icl_core.experiments.variations.settings import FIXED, VARIANTS
from icl_core.experiments.variations.softmax import softmax_rows


def variation_rows() -> Iterator[Row]:
    """Plateaus, few prompts, LayerNorm, softmax heads."""
    courses = {name: results.load_course(name) for name in VARIANTS}
    yield from _plateau_rows(courses)
    yield from _norm_rows(courses, results.load_algorithms())
    yield from _fixed_rows(courses)
    yield from softmax_rows()


def _between(values: np.ndarray, digits: int = 4) -> str:
    """Mean and standard deviation between seeds."""
    return pm(float(values.mean()), float(values.std(ddof=1)), digits)


def _plateau_rows(courses: Mapping[str, Course]) -> Iterator[Row]:
    best = one_layer_loss(task_of(MAIN))
    one, two = (
        results.plateaus(courses[name].steps, courses[name].loss.mean)
        for name in ("heads1", "heads2")
    )
    steps = VARIANTS["heads1"].run.steps
    batch = VARIANTS["heads1"].run.batch
    never = int((~np.isfinite(one)).sum())
    how = (
        f"{len(one)} seeds, batches of {batch}, {steps:,} updates; updates until the loss is "
        "half-way between 0's and gradient descent's"
    )
    yield Row(
        claim="With one head some seeds stay long on a plateau",
        paper="some of 10 seeds plateau long, then drop to 0.2 (figure 15)",
        ours=f"median {np.median(one):.0f} updates, longest {one[np.isfinite(one)].max():.0f}; "
        f"{never} of {len(one)} still waiting after {steps:,}",
        how=f"{how}; the longest more than twice the longest with two heads",
        holds=bool(one.max() > 2 * two.max()),
    )
    ends = courses["heads2"].loss.mean[:, -1].astype(float)
    yield Row(
        claim="With two heads training is fast and reliable",
        paper="fast, every seed (figure 15)",
        ours=f"{two.min():.0f} to {two.max():.0f} updates; loss {_between(ends)} between seeds",
        how=f"{how}; every seed within 2 % of gradient descent's {best:.4f} at the end",
        holds=bool((ends < 1.02 * best).all() and two.max() < 2 * two.min()),
    )
    course = courses["grok"]
    loss = course.loss.mean.astype(float)
    rise = float((loss.max(axis=1) - loss[:, 0]).max())
    waits = results.plateaus(course.steps, course.loss.mean)
    yield Row(
        claim="One attention + MLP block on 8,192 fixed prompts drops to near one step of GD",
        paper="test loss first rises, then drops near 0.2 (figure 15)",
        ours=f"half-way after {waits.min():.0f} to {waits.max():.0f} updates, loss "
        f"{_between(loss[:, -1])} between seeds; never more than {rise:.2g} above its start: "
        "the rise is not seen here",
        how=f"{len(loss)} seeds, batches of {VARIANTS['grok'].run.batch}; the drop alone is "
        "judged, at most 0.22 at the end",
        holds=bool((loss[:, -1] < 0.22).all()),
    )


def _norm_rows(courses: Mapping[str, Course], algorithms: Algorithms) -> Iterator[Row]:
    for name, words, rivals in (
        ("norm1", "LayerNorm before one layer", ("gd1",)),
        ("norm2", "LayerNorm between two layers", ("gd2", "gdpp2")),
    ):
        course = courses[name]
        ends = course.loss.mean[:, -1].astype(float)
        wide = course.shift.mean[:, -1, -1].astype(float)
        cosine = course.cosine.mean[:, -1].astype(float)
        losses = {rival: float(algorithms.of(rival).loss.mean) for rival in rivals}
        theirs = {rival: float(algorithms.of(rival).shift.mean[-1]) for rival in rivals}
        said = {"gd1": "one step of GD", "gd2": "two of GD", "gdpp2": "two of GD++"}
        ahead = int((ends < losses[rivals[0]]).sum())
        differs = f"; {ahead} of {len(ends)} seeds are ahead of two steps of GD" if ahead else ""
        yield Row(
            claim=f"{words}: behind {said[rivals[-1]]}, better on larger inputs",
            paper="worse loss and alignment than GD and GD++, better on larger inputs (figure 14)",
            ours=f"loss {_between(ends)} between seeds, beside "
            + ", ".join(f"{said[rival]} {loss:.4f}" for rival, loss in losses.items())
            + f"; cosine {_between(cosine, 3)}; α = 2: {wide.mean():.2f} beside "
            + ", ".join(f"{loss:.3g}" for loss in theirs.values())
            + differs,
            how=f"{len(ends)} seeds, batches of {VARIANTS[name].run.batch}; every seed behind "
            f"{said[rivals[-1]]}, and at most half of its loss at α = 2",
            holds=bool(
                (ends > losses[rivals[-1]]).all() and (wide < 0.5 * min(theirs.values())).all()
            ),
        )


def _fixed_rows(courses: Mapping[str, Course]) -> Iterator[Row]:
    found = {tasks: courses[f"fixed{tasks}"] for tasks in FIXED}
    few = found[128].loss.mean[:, -1].astype(float)
    yield Row(
        claim="Trained on 128 fixed prompts a layer fails on new ones",
        paper="fails, loss up to ≈ 5 (figure 16)",
        ours=f"{_between(few, 1)} between seeds; answering 0 has {nothing():.4f}",
        how=f"{len(few)} seeds, {FIXED[128]:,} updates on one batch; worse than answering 0",
        holds=bool((few > nothing()).all()),
    )
    cosine = {tasks: course.cosine.mean[:, -1].astype(float) for tasks, course in found.items()}
    yield Row(
        claim="Enough fixed prompts: gradient descent again",
        paper="near-perfect alignment from about 2,048 (figure 16)",
        ours="cosine "
        + ", ".join(f"{tasks:,}: {_between(values, 3)}" for tasks, values in cosine.items()),
        how="3 seeds each, ± between seeds; every seed at least 0.95 from 2,048 on, none at 512",
        holds=bool(min(map(np.min, (cosine[2048], cosine[8192]))) > 0.95 > cosine[512].max()),
    )
