"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.experiments.variations.results import Trainings
from icl_core.experiments.variations.settings import FIXED, VARIANTS
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import short
from icl_core.lessons.variations.config import STORIES, Variations

ARRIVED = 1.02
"""A loss at most so many times that of gradient descent is said to have reached it."""
ENOUGH = 1.1
"""The same, where a layer that learns its prompts by heart is asked for."""
BEGUN = 16
"""Snapshots of a training that are shown before the answer."""
MORE = tuple(FIXED)[1:]
"""Numbers of fixed prompts beyond the fewest."""


def _ten_starts(config: Variations, found: Trainings) -> Answer:
    ends, waits = found.losses(config.variant)[:, -1], found.plateaus(config.variant)
    arrived, known = int((ends < ARRIVED * found.loss_of("gd1")).sum()), waits[np.isfinite(waits)]
    missed = len(waits) - len(known)
    steps = VARIANTS[config.variant].run.steps
    said = f"{arrived} of {len(ends)} do. They are half-way down after {known.min():,.0f} to "
    said += f"{known.max():,.0f} updates"
    said += f", and {missed} still waits after {steps:,}" if missed else ""
    said += ". Only their random starts differ. Press play."
    return Answer(
        right=0 if arrived == len(ends) else 1 if arrived > len(ends) / 2 else 2, said=said
    )


def _waits_for(config: Variations, found: Trainings) -> Answer:
    movie = found.movies[config.variant][config.seed]
    change = np.square(movie.Q[:, 0, 0] - movie.Q[0, 0, 0])
    inputs, last = change[:, :-1, :-1], change[:, :, -1].sum(-1)
    diagonal = np.trace(inputs, axis1=-2, axis2=-1)
    parts = np.stack([diagonal, inputs.sum((-2, -1)) - diagonal, last])
    half = (movie.loss[0] + movie.loss[-1]) / 2
    fall = int(np.argmax(movie.loss < half))
    shares = parts / np.maximum(parts.sum(0), 1e-30)
    size = np.sqrt(diagonal / diagonal[-1])
    return Answer(
        right=int(np.argmax(shares[:, -1])),
        said=f"Of all that has changed at the end, {shares[0, -1]:.0%} (in squares) is on it. At "
        f"update {int(movie.steps[fall - 1]):,}, before the fall, it has {size[fall - 1]:.0%} of "
        f"its final size, at {int(movie.steps[fall]):,} {size[fall]:.0%}. Play it slowly.",
    )


def _two_heads(config: Variations, found: Trainings) -> Answer:
    one, two = (found.plateaus(name) for name in STORIES["plateau"])
    steps = VARIANTS[config.variant].run.steps
    longest = f"{one.max():,.0f}" if np.isfinite(one).all() else f"more than {steps:,}"
    return Answer(
        right=2 if two.max() < np.median(one) else 0 if two.min() > np.median(one) else 1,
        said=f"All {len(two)} layers of two heads are half-way down after {two.min():,.0f} to "
        f"{two.max():,.0f} updates; with one head it is {one.min():,.0f} to {longest}. In the end "
        "both take the same step of gradient descent.",
    )


def _by_heart(config: Variations, found: Trainings) -> Answer:
    new = found.losses(config.variant)[config.seed]
    seen = float(found.train_losses(config.variant)[config.seed, -1])
    return Answer(
        right=float(new[-1]),
        said=f"On the prompts that it knows by heart its error is {short(seen, 1)}, on new ones "
        f"{short(float(new[-1]))}, and before training that was {short(float(new[0]))}. It has "
        "learned answers, not how to find them.",
    )


def _how_many(config: Variations, found: Trainings) -> Answer:
    gd = found.loss_of("gd1")
    ends = [float(found.losses(name)[:, -1].mean()) for name in STORIES["fixed"]]
    enough = [end < ENOUGH * gd for end in ends]
    above = ", ".join(f"{end / gd - 1:.0%}" for end in ends[1:])
    return Answer(
        right=enough.index(True) - 1,
        said=f"With {', '.join(f'{tasks:,}' for tasks in MORE)} prompts it is {above} above. "
        "To find an algorithm is easier than to learn so many answers by heart.",
    )


def _wide(config: Variations, found: Trainings) -> Answer:
    course, gd = found.courses[config.variant], found.algorithms.gd1
    wide, theirs = float(course.shift.mean[config.seed, -1, -1]), float(gd.shift.mean[-1])
    end = float(found.losses(config.variant)[config.seed, -1])
    return Answer(
        right=1 if abs(wide / theirs - 1) < 0.1 else 0 if wide < theirs else 2,
        said=f"Its error is {short(wide)}, that of gradient descent {short(theirs)}: what is "
        "normalised cannot run away. The price is paid where it was trained (α = 1), with "
        f"{short(end)} in the place of {short(found.loss_of('gd1'))}.",
    )


def _between(config: Variations, found: Trainings) -> Answer:
    ends, two = found.losses(config.variant)[:, -1], found.loss_of("gd2")
    better = int((ends < two).sum())
    return Answer(
        right=0 if better == len(ends) else 2 if not better else 1,
        said=f"{better} of {len(ends)} do: they end at {', '.join(map(short, ends.tolist()))}, two "
        f"steps at {short(two)}, and two steps of GD++ at {short(found.loss_of('gdpp2'))}.",
    )


def _block(config: Variations, found: Trainings) -> Answer:
    loss, waits = found.losses(config.variant), found.plateaus(config.variant)
    x = found.courses[config.variant].steps[0]
    rise = float((loss / loss[:, :1]).max() - 1)
    early = [np.interp(wait / 4, x, each) for wait, each in zip(waits, loss, strict=True)]
    waited = min(early / loss[:, 0]) > 0.95
    return Answer(
        right=2 if rise > 0.01 else 1 if waited else 0,
        said=f"It is half-way down after {waits.min():,.0f} to {waits.max():,.0f} updates. von "
        "Oswald et al. saw the error on new prompts rise first; here it is never more than "
        f"{rise:.2%} above its start.",
    )


def _begun(variant: str, seed: int = 0) -> dict[str, int]:
    """Only the beginning of every training."""
    seeds = {f"seed{at}": BEGUN for at in range(VARIANTS[variant].seeds) if at != seed}
    return seeds | {"chosen": BEGUN, "now": 0}


STEPS = (
    Step(
        question="The same layer is trained from ten random starts. How many get down to gradient "
        "descent, the dotted line?",
        config=Variations(),
        views=("losses",),
        hides=_begun("heads1"),
        options=("All ten", "Most, not all", "Half or fewer"),
        answer=_ten_starts,
    ),
    Step(
        question="This start waits long. In the matrix that says what tokens are compared by, what "
        "does it wait for?",
        config=Variations(seed=3),
        views=("weights",),
        hides={"W_KQ:0:0": 0, "PW_V:0:0": 0, "now": 0},
        options=("Its diagonal", "All other entries of inputs", "The column of the targets"),
        answer=_waits_for,
    ),
    Step(
        question="Two heads are two such layers whose updates are added. Is the wait longer or "
        "shorter with two?",
        config=Variations(variant="heads2", part="ends"),
        views=("ends",),
        hides={"ends:full": VARIANTS["heads1"].seeds},
        options=("Longer", "As long", "Shorter"),
        answer=_two_heads,
    ),
    Step(
        question="A layer sees the same 128 prompts again and again. How large is its error on new "
        "prompts in the end?",
        config=Variations(variant="fixed128"),
        views=("losses",),
        hides=_begun("fixed128"),
        range=Range(
            label="Error on new prompts at the end",
            low=0.02,
            high=6.0,
            log=True,
            at=VARIANTS["fixed128"].run.steps + 1.0,
        ),
        answer=_by_heart,
    ),
    Step(
        question="How many prompts are enough for an error on new ones within 10 % of gradient "
        "descent's?",
        config=Variations(variant="fixed2048", part="ends"),
        views=("ends",),
        hides={"ends:full": VARIANTS["fixed128"].seeds},
        options=tuple(f"{tasks:,}" for tasks in MORE),
        answer=_how_many,
    ),
    Step(
        question="LayerNorm makes all tokens equally large before attention. On inputs twice as "
        "wide as in training (α = 2), how does such a layer do beside gradient descent?",
        config=Variations(variant="norm1", part="ends"),
        views=("shift",),
        hides={"full": 0},
        options=("Better", "As badly", "Worse"),
        answer=_wide,
    ),
    Step(
        question="Two layers with LayerNorm between them, three starts: how many do better than "
        "two steps of gradient descent?",
        config=Variations(variant="norm2"),
        views=("losses",),
        hides=_begun("norm2"),
        options=("All", "Some", "None"),
        answer=_between,
    ),
    Step(
        question="Attention followed by an MLP, on 8,192 prompts again and again: how does the "
        "error on new prompts fall?",
        config=Variations(variant="grok"),
        views=("losses",),
        hides=_begun("grok") | {"seen": BEGUN},
        options=("At once", "It waits, then falls", "It rises, then falls"),
        answer=_block,
    ),
)
"""In their order."""
