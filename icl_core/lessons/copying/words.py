"""What the lesson on copying finds, in words with their numbers."""

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.experiments.copying.results import jumps, reached
from icl_core.experiments.copying.settings import LOOKED_AT, NEAR, OPTIMISED
from icl_core.lessons.copying.config import EDITS, MODELS, OPTIMISERS, TOKENS, Copying
from icl_core.lessons.copying.measure import Trainings
from icl_core.lessons.shared.words import plus_minus, short

PAPER_BATCH = 2048


def finding(config: Copying, found: Trainings) -> str:
    """The point of what is shown with its numbers."""
    return _trained(config, found) if config.model == "trained" else _built(config, found)


def _trained(config: Copying, found: Trainings) -> str:
    course, at = found.courses[config.optimiser], config.seed
    near = reached(course)
    muon = reached(found.courses["muon"])
    loss, error = (float(v[at, -1]) for v in (course.loss.mean, course.loss.stderr))
    jump, steps = float(jumps(course)[at]), OPTIMISED[config.optimiser].run.steps
    ends = {name: float(getattr(course.sensitivity, name)[at, -1]) for name in _TOWARD}
    begins = float(course.sensitivity.own[at, 0])
    fell = (
        f"falls half-way after **{jump:,.0f}** of {steps:,} updates"
        if np.isfinite(jump)
        else f"has not fallen half-way within {steps:,} updates"
    )
    says = "has found" if near[at] else "has not found"
    return (
        f"With {OPTIMISERS[config.optimiser]} (seed {at}) the loss waits where 0 is answered and "
        f"{fell}, when tokens begin to depend on the next one: at the end layer 1 depends on a "
        f"token's own input by {ends['own']:.2f} (at first √10 = {begins:.2f}), on the next by "
        f"**{ends['next']:.2f}**, on others by {ends['other']:.2f}. It {says} one step of gradient "
        f"descent: **{plus_minus(loss, error)}**, exactly {float(found.descents.one):.4f}; two "
        f"steps have {float(found.descents.two.mean):.4f}. Within {NEAR:.0%} of one step end "
        f"**{muon.sum()} of {len(muon)}** seeds with Muon."
    )


_TOWARD = ("own", "next", "other")


def _built(config: Copying, found: Trainings) -> str:
    answers = found.answers(found.constructions[config.model])
    gap = float(np.abs(answers - found.of_descent).max())
    loss = found.loss(answers)
    if config.model == "partner":
        return (
            "By construction the two tokens of an example look at **each other**: layer 1 puts "
            "what each finds in the place of its position, and layer 2 takes the step. Largest gap "
            f"to one step of gradient descent over {answers.size:,} answers: **{short(gap, 1)}**, "
            "which is rounding."
        )
    return (
        "As printed every token looks at the **next** one, so that a target copies the input of "
        r"the next example and adds a cross term $y_j\, x_{j+1,d}\, x_d$ to the step. The loss is "
        f"**{plus_minus(float(loss.mean), float(loss.stderr))}** instead of "
        f"{float(found.descents.one):.4f}, the largest gap {short(gap, 2)}."
    )


def attention_caption(config: Copying, found: Trainings) -> str:
    """What is averaged."""
    course = found.courses[config.optimiser]
    own, following = (
        float(part[config.seed, -1]) for part in (course.attention.own, course.attention.next)
    )
    seeds = len(course.steps)
    band = f" Band: the lowest to the highest of {seeds} seeds." if seeds > 1 else ""
    return (
        f"Mean over {LOOKED_AT} prompts and all tokens that have a next one. At the end of seed "
        f"{config.seed}: {own:.2f} to itself, {following:.2f} to the next.{band}"
    )


def optimisers_caption(found: Trainings) -> str:
    """What the trainings took."""
    said = []
    for name, words in (("muon", "Muon"), ("adam", "Adam")):
        course, run = found.courses[name], OPTIMISED[name].run
        jump = jumps(course)
        ends = course.loss.mean[:, -1]
        when = f"{jump.min():,.0f}" if len(jump) == 1 else f"{jump.min():,.0f} to {jump.max():,.0f}"
        said.append(
            f"**{words}** ({len(jump)} seed{'s' * (len(jump) > 1)}) is half-way down after {when} "
            f"updates, ends at {ends.min():.4f}"
            + (f" to {ends.max():.4f}" if len(ends) > 1 else "")
            + f", and takes {course.seconds.mean():,.0f} s of CPU time for {run.steps:,} updates."
        )
    run = OPTIMISED["adam"].run
    queries = OPTIMISED["adam"].trainee.queries
    return (
        f"{' '.join(said)} Both see {run.batch} prompts of {queries} queries in an update; the "
        f"paper has {PAPER_BATCH:,} of one query, and Adam throughout."
    )


def swap_caption(config: Copying, found: Trainings) -> str:
    """The loss over all prompts before and after."""
    model = found.model(config)
    before, after = (found.loss(found.answers(model, edit)) for edit in (None, config))
    pair = f"{TOKENS[config.first]} and {TOKENS[config.second]}"
    return (
        f"{MODELS[config.model]}, prompt {config.prompt}. Over {len(found.of_descent)} prompts the "
        f"loss is {_said(before)}, and {_said(after)} once {pair} have exchanged "
        f"{EDITS[config.edit]}."
    )


def _said(loss: Estimate) -> str:
    return plus_minus(float(loss.mean), float(loss.stderr))
