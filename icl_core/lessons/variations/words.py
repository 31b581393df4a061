"""The findings of the lesson on trainings that struggle, in words with their numbers."""

from collections.abc import Callable

import numpy as np

from icl_core.experiments.variations.results import Trainings
from icl_core.experiments.variations.settings import VARIANTS
from icl_core.lessons.shared.words import plus_minus, short
from icl_core.lessons.variations.config import LABELS, STORIES, Variations

PAPER_BATCH = 2048


def finding(config: Variations, found: Trainings) -> str:
    """The point of a variant's story with its numbers."""
    return _FINDINGS[config.story](config, found)


def _plateau(config: Variations, found: Trainings) -> str:
    one, two = (found.plateaus(name) for name in STORIES["plateau"])
    steps = VARIANTS["heads1"].run.steps
    slow = int((one > 2 * two.max()).sum())
    missed = int((~np.isfinite(one)).sum())
    never = f" ({missed} not within {steps:,} updates)" if missed else ""
    gd = found.loss_of("gd1")
    ends = found.losses("heads1")[:, -1][np.isfinite(one)]
    until = f"more than {steps:,}" if missed else f"{one.max():,.0f}"
    return (
        f"With **one head**, {len(one)} seeds take between **{one.min():,.0f}** and "
        f"**{until}** updates to be half-way down: {slow} of them wait more than "
        f"twice as long as any run with two heads{never}. With **two heads** it is "
        f"**{two.min():,.0f}** to **{two.max():,.0f}**. Whoever leaves the plateau ends on one "
        f"step of gradient descent: {ends.mean():.4f} (±{short(ends.std(ddof=1), 1)} between "
        f"seeds), exactly {gd:.4f}."
    )


def _fixed(config: Variations, found: Trainings) -> str:
    parts = [
        f"**{VARIANTS[name].trainee.tasks:,}** prompts: {_mean(found, name)}, cosine "
        f"{np.mean(found.courses[name].cosine.mean[:, -1]):.3f}"
        for name in STORIES["fixed"]
    ]
    return (
        "Trained again and again on the same few prompts, a layer learns them by heart. Loss on "
        f"new prompts at the end (± between seeds), and likeness to gradient descent: "
        f"{'; '.join(parts)}. One step of gradient descent has {found.loss_of('gd1'):.4f}."
    )


def _norm(config: Variations, found: Trainings) -> str:
    deep = config.variant == "norm2"
    descent = "gd2" if deep else "gd1"
    course, shift = found.courses[config.variant], found.algorithms.of(descent).shift
    wide, wide_error = (
        values[:, -1, -1].astype(float) for values in (course.shift.mean, course.shift.stderr)
    )
    theirs, error = float(shift.mean[-1]), float(shift.stderr[-1])
    rival = found.loss_of(descent)
    words = (
        f"two best steps have {rival:.4f}, GD++ {found.loss_of('gdpp2'):.4f}"
        if deep
        else f"one best step of gradient descent has {rival:.4f}"
    )
    error_at_end = float(course.loss.stderr[:, -1].max())
    where = "LayerNorm **between two layers**" if deep else "LayerNorm **before attention**"
    ends = ", ".join(f"{end:.3f}" for end in found.losses(config.variant)[:, -1])
    return (
        f"With {where} the loss of each seed is **{ends}** "
        f"(±{short(error_at_end, 1)}), where {words}. On inputs **twice as wide** it is "
        f"{short(wide.mean())} "
        f"(±{short(float(wide_error.max()), 1)}) and gradient descent's "
        f"{short(theirs)} (±{short(error, 2)}): what is normalised cannot run away."
    )


def _block(config: Variations, found: Trainings) -> str:
    loss, waits = found.losses(config.variant), found.plateaus(config.variant)
    rise = loss.max(axis=1) - loss[:, 0]
    return (
        f"One block of attention and an MLP on {VARIANTS[config.variant].trainee.tasks:,} fixed "
        f"prompts waits on a plateau, and drops after {waits.min():,.0f} to {waits.max():,.0f} "
        f"updates to **{_mean(found, config.variant)}** (± between seeds); gradient "
        f"descent has {found.loss_of('gd1'):.4f}. The paper saw the loss on new prompts rise "
        f"first; here it never exceeds its start by more than {short(rise.max(), 2)}."
    )


def _mean(found: Trainings, variant: str) -> str:
    ends = found.losses(variant)[:, -1]
    return plus_minus(float(ends.mean()), float(ends.std(ddof=1)))


_FINDINGS: dict[str, Callable[[Variations, Trainings], str]] = {
    "plateau": _plateau,
    "fixed": _fixed,
    "norm": _norm,
    "block": _block,
}


def caption(config: Variations, found: Trainings) -> str:
    """What the runs cost, beside the paper's recipe."""
    course, variant = found.courses[config.variant], VARIANTS[config.variant]
    run, seconds = variant.run, float(np.mean(course.seconds))
    each = 1e3 * seconds / run.steps
    whole = run.batch == variant.trainee.tasks
    batch = f"the same {run.batch:,} prompts" if whole else f"{run.batch:,} prompts"
    error = float(course.loss.stderr[config.seed, -1])
    return (
        "A line is one training from random weights, the thick one that of the seed chosen. "
        f"{LABELS[config.variant]}: {run.steps:,} updates on {batch} each, "
        f"{seconds:.0f} s of CPU time a seed ({each:.2g} ms an update, compilation included); the "
        f"paper's batch is {PAPER_BATCH:,}. Standard error of a seed's loss at the end, paired "
        f"with gradient descent: {short(error, 1)}."
    )


def ends_caption(config: Variations, found: Trainings) -> str:
    """What a point is."""
    said = "A point a seed."
    if config.story == "plateau":
        waits = [found.plateaus(name) for name in STORIES["plateau"]]
        missed = not all(np.isfinite(wait).all() for wait in waits)
        steps = VARIANTS[STORIES["plateau"][0]].run.steps
        said += f" Open: not half-way down within {steps:,} updates." if missed else ""
    return said
