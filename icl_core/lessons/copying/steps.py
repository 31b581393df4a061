"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.experiments.copying.results import jumps
from icl_core.experiments.copying.settings import OPTIMISED
from icl_core.lessons.copying.config import TOKENS, Copying
from icl_core.lessons.copying.measure import Trainings, loss_of_swap
from icl_core.lessons.copying.swaps import FEW
from icl_core.lessons.shared.steps import Answer, Range, Step

LAST = OPTIMISED["muon"].run.steps + 1.0
"""Where the chart of a training by Muon ends."""
BEGINNING = 20
"""Points of a training that are shown before the answer."""
COURSE = ("loss", "own", "next", "other")
LATER = dict.fromkeys(COURSE, BEGINNING) | {"now": 0, "now:toward": 0, "attention": 0}
LOOKS = {"own": 0, "next": 0, "other": 0, "now:toward": 0, "attention": 0}


def _waits(config: Copying, found: Trainings) -> Answer:
    course, steps = found.courses[config.optimiser], OPTIMISED[config.optimiser].run.steps
    jump = float(jumps(course)[config.seed])
    return Answer(
        right=jump,
        said=f"Of {steps:,} updates it spends the first {jump:,.0f} to come half-way down from the "
        f"loss of answering 0 to {course.loss.mean[config.seed, -1]:.3f}; one step of gradient "
        f"descent has {float(found.descents.one):.3f}. Press play.",
    )


def _looks(config: Copying, found: Trainings) -> Answer:
    known = found.courses[config.optimiser].sensitivity
    following, other = (
        float(part[config.seed, -1] - part[config.seed, 0]) for part in (known.next, known.other)
    )
    return Answer(
        right=1 if following > 2 * max(other, 0) else 2 if other > 0 else 0,
        said="What layer 1 makes of a token depends on the next token's numbers by "
        f"{known.next[config.seed, -1]:.2f} now, on another's by "
        f"{known.other[config.seed, -1]:.2f}: a question has copied its answer, and layer 2 can "
        "descend. Press play, and watch both charts.",
    )


def _shares(config: Copying, found: Trainings) -> Answer:
    shares = found.courses[config.optimiser].attention
    own, following = (float(part[config.seed, -1]) for part in (shares.own, shares.next))
    return Answer(
        right=following,
        said=f"It gives {following:.0%} to the next token and {own:.0%} to itself, where it began "
        f"with {shares.next[config.seed, 0]:.0%} for each: a sharper look is not needed, only one "
        "that tells the pair from the others.",
    )


def _fallen(config: Copying, found: Trainings) -> Answer:
    jump, steps = jumps(found.courses["adam"]), OPTIMISED["adam"].run.steps
    fallen = jump[np.isfinite(jump)]
    muon = jumps(found.courses["muon"])
    when = f", after {fallen.min():,.0f} updates" if len(fallen) else ""
    return Answer(
        right=len(fallen),
        said=f"{len(fallen)} of {len(jump)} trainings by Adam have fallen{when}, of {steps:,}. "
        f"Muon, another optimiser, needs {muon.min():,.0f} to {muon.max():,.0f} and does it with "
        "each of its seeds.",
    )


PARTNERS = (2, 1)


def _unnoticed(config: Copying, found: Trainings) -> Answer:
    swaps = (config.replace(model="trained", second=second) for second in PARTNERS)
    first, second = (float(loss_of_swap(found, swap, FEW).mean) for swap in swaps)
    names = [TOKENS[at] for at in PARTNERS]
    return Answer(
        right=int(second < first),
        said=f"After the swap with {names[0]} the loss is {first:.3f}, after that with {names[1]} "
        f"{second:.3f}; one step of gradient descent has {float(found.descents.one):.3f}. A pair "
        "that stands the other way round is still a pair; a wrong pair is a wrong example.",
    )


STEPS = (
    Step(
        question="The model answers 0 at first (the upper level). After how many updates is its "
        "loss half-way down?",
        config=Copying(),
        views=("training",),
        hides=LATER,
        range=Range(label="Updates", low=20, high=3000, log=True),
        answer=_waits,
    ),
    Step(
        question="When the loss falls, what has layer 1 begun to look at?",
        config=Copying(),
        views=("training",),
        hides=LOOKS,
        options=("Each token at itself", "At the next one", "At all others"),
        answer=_looks,
    ),
    Step(
        question="At first a token attends to all twenty alike. How much of its attention goes to "
        "the next one in the end?",
        config=Copying(),
        views=("attention",),
        hides=dict.fromkeys(("diag", "full", "oracle_rr"), BEGINNING),
        range=Range(label="Share of attention", low=0, high=1, at=LAST),
        answer=_shares,
    ),
    Step(
        question="Two trainings by Adam, the paper's optimiser, are many times as long. How many "
        "of them fall?",
        config=Copying(part="optimisers"),
        views=("optimisers",),
        hides={"adam0": BEGINNING, "adam1": BEGINNING},
        options=("None", "One", "Both"),
        answer=_fallen,
    ),
    Step(
        question="The question x1 changes places with another token. Which swap hurts less, that "
        "with x2, or with y1, its own answer?",
        config=Copying(part="swap"),
        views=("partners",),
        hides={"full": 0, "construction": 0},
        options=("With x2", "With y1"),
        answer=_unnoticed,
    ),
)
"""In their order."""
