"""The findings of the lesson on trainings that struggle, in words with their numbers."""

from collections.abc import Callable

import numpy as np

from icl_core.lessons.shared.words import plus_minus, short
from icl_core.lessons.variations.config import LABELS, STORIES, Variations
from icl_core.lessons.variations.measure import Trainings
from icl_core.zoo.paper1.variations import VARIANTS, plateaus

PAPER_BATCH = 2048


def finding(config: Variations, found: Trainings) -> str:
    """The point of a variant's story with its numbers."""
    return _FINDINGS[config.story](config, found)


def _plateau(config: Variations, found: Trainings) -> str:
    one, two = (plateaus(found.parts[name]) for name in STORIES["plateau"])
    steps = VARIANTS["heads1"].run.steps
    slow = int((one > 2 * two.max()).sum())
    missed = int((~np.isfinite(one)).sum())
    never = f" ({missed} not within {steps:,} updates)" if missed else ""
    gd = found.loss_of("gd1")
    ends = found.ends("heads1")[np.isfinite(one)]
    return (
        f"With **one head**, {len(one)} seeds take between **{one.min():,.0f}** and "
        f"**{_until(one, steps)}** updates to be half-way down: {slow} of them wait more than "
        f"twice as long as any run with two heads{never}. With **two heads** it is "
        f"**{two.min():,.0f}** to **{two.max():,.0f}**. Whoever leaves the plateau ends on one "
        f"step of gradient descent: {ends.mean():.4f} (±{short(ends.std(ddof=1), 1)} between "
        f"seeds), exactly {gd:.4f}."
    )


def _until(values: np.ndarray, steps: int) -> str:
    return f"{values.max():,.0f}" if np.isfinite(values).all() else f"more than {steps:,}"


def _fixed(config: Variations, found: Trainings) -> str:
    parts = [
        f"**{VARIANTS[name].trainee.tasks:,}** prompts: {_mean(found, name, 'loss')}, cosine "
        f"{np.mean(found.parts[name]['cosine'][:, -1, 0]):.3f}"
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
    wide = found.parts[config.variant]["shift"][:, -1, -1, 0].astype(float)
    theirs, error = (float(value) for value in found.reference[f"{descent}:shift"][-1])
    rival = found.loss_of(descent)
    words = (
        f"two best steps have {rival:.4f}, GD++ {found.loss_of('gdpp2'):.4f}"
        if deep
        else f"one best step of gradient descent has {rival:.4f}"
    )
    error_at_end = float(found.parts[config.variant]["error"][:, -1].max())
    where = "LayerNorm **between two layers**" if deep else "LayerNorm **before attention**"
    return (
        f"With {where} the loss of each seed is **{_each(found.ends(config.variant))}** "
        f"(±{short(error_at_end, 1)}), where {words}. On inputs **twice as wide** it is "
        f"{short(wide.mean())} "
        f"(±{short(found.shift_error(config.variant), 1)}) and gradient descent's "
        f"{short(theirs)} (±{short(error, 2)}): what is normalised cannot run away."
    )


def _each(ends: np.ndarray) -> str:
    return ", ".join(f"{end:.3f}" for end in ends)


def _block(config: Variations, found: Trainings) -> str:
    part = found.parts[config.variant]
    rise = part["loss"].astype(float).max(axis=1) - part["loss"][:, 0]
    waits = plateaus(part)
    return (
        f"One block of attention and an MLP on {VARIANTS[config.variant].trainee.tasks:,} fixed "
        f"prompts waits on a plateau, and drops after {waits.min():,.0f} to {waits.max():,.0f} "
        f"updates to **{_mean(found, config.variant, 'loss')}** (± between seeds); gradient "
        f"descent has {found.loss_of('gd1'):.4f}. The paper saw the loss on new prompts rise "
        f"first; here it never exceeds its start by more than {short(rise.max(), 2)}."
    )


def _mean(found: Trainings, variant: str, key: str) -> str:
    ends = found.ends(variant, key)
    return plus_minus(float(ends.mean()), float(ends.std(ddof=1)))


_FINDINGS: dict[str, Callable[[Variations, Trainings], str]] = {
    "plateau": _plateau,
    "fixed": _fixed,
    "norm": _norm,
    "block": _block,
}


def caption(config: Variations, found: Trainings) -> str:
    """What the runs cost, beside the paper's recipe."""
    part, variant = found.parts[config.variant], VARIANTS[config.variant]
    seconds = float(np.mean(part["seconds"]))
    each = 1e3 * seconds / variant.run.steps
    whole = variant.run.batch == variant.trainee.tasks
    batch = f"the same {variant.run.batch:,} prompts" if whole else f"{variant.run.batch:,} prompts"
    error = float(part["error"][config.seed, -1])
    return (
        f"{LABELS[config.variant]}: {variant.run.steps:,} updates on {batch} each, "
        f"{seconds:.0f} s of CPU time a seed ({each:.2g} ms an update, compilation included); the "
        f"paper's batch is {PAPER_BATCH:,}. Standard error of a seed's loss at the end, paired "
        f"with gradient descent: {short(error, 1)}."
    )


def ends_caption(config: Variations, found: Trainings) -> str:
    """What a point is."""
    said = "A point a seed."
    if config.story == "plateau":
        waits = [plateaus(found.parts[name]) for name in STORIES["plateau"]]
        missed = not all(np.isfinite(wait).all() for wait in waits)
        steps = VARIANTS[STORIES["plateau"][0]].run.steps
        said += f" Open: not half-way down within {steps:,} updates." if missed else ""
    return said
