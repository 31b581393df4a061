"""What the lesson on copying finds, in words with their numbers."""

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.experiments.copying.results import jumps, reached
from icl_core.experiments.copying.settings import LOOKED_AT, NEAR, OPTIMISED, PAPER_BATCH
from icl_core.experiments.shared import MAIN
from icl_core.lessons.copying.config import EDITS, MODELS, OPTIMISERS, PROMPTS, TOKENS, Copying
from icl_core.lessons.copying.measure import Trainings, attention, loss_of_swap
from icl_core.lessons.shared.words import counted, plus_minus, short

PAPER = "about 3.4, 1 and 0.06"
"""Sensitivities at the end of figure 5."""


def finding(config: Copying, found: Trainings) -> str:
    """The point of what is shown with its numbers."""
    return _trained(config, found) if config.model == "trained" else _built(config, found)


def _trained(config: Copying, found: Trainings) -> str:
    course, at = found.courses[config.optimiser], config.seed
    loss, error = (float(v[at, -1]) for v in (course.loss.mean, course.loss.stderr))
    jump, steps = float(jumps(course)[at]), OPTIMISED[config.optimiser].run.steps
    known = course.sensitivity
    own, following, other = (float(v[at, -1]) for v in (known.own, known.next, known.other))
    shares = attention(found.trained(config.optimiser, at), found.drawn)
    before = float(np.diagonal(shares, -1).mean())
    waits = (
        f"waits where 0 is answered and is half-way down after **{jump:,.0f}** of {steps:,} "
        "updates, when tokens have begun to depend on the next one"
        if np.isfinite(jump)
        else f"still waits on a plateau after **{steps:,}** updates: layer 1 has not found the "
        f"next token ({before:.0%} of a token's attention goes to the one before)"
    )
    near = reached(found.courses["muon"])
    return (
        f"With {OPTIMISERS[config.optimiser]}, seed {at}, the loss {waits}. At the end what layer "
        f"1 makes of a token depends on its own input by **{own:.2f}** (at first √{MAIN}), on the "
        f"next token's by **{following:.2f}**, on others' by {other:.2f}; the paper's figure shows "
        f"{PAPER}. The loss is **{plus_minus(loss, error)}**: one step of gradient descent has "
        f"{float(found.descents.one):.4f}, two have {float(found.descents.two.mean):.4f}. "
        f"**{near.sum()} of {len(near)}** seeds with Muon end within {NEAR:.0%} of one step."
    )


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


def training_caption() -> str:
    """What the panels show."""
    return (
        "The prompt is $x_1, y_1, x_2, y_2, \\dots$: an input and its target are tokens of their "
        "own, each with a code of its position, and two layers are trained from random weights. "
        "**Sensitivity** to a token, as in the paper's figure 5: the norm of the slope of another "
        "token's layer-1 output, its entries summed, in the numbers of that token, the slope being "
        f"averaged over {LOOKED_AT} prompts first. **Map:** the stronger the colour, the more of "
        "its attention the token of a row gives to the token of a column."
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


def weights_caption(config: Copying, found: Trainings) -> str:
    """How far layer 2 of a training has become the construction's."""
    movie = found.movies[config.optimiser][config.seed]
    P, Q = (values[-1, 1, 0].astype(float) for values in (movie.P, movie.Q))
    block = Q[:MAIN, :MAIN]
    unit = np.diagonal(block).mean() * np.eye(MAIN)
    alike, last = (
        float(np.sum(part**2) / np.sum(whole**2)) for part, whole in ((unit, block), (P[-1], P))
    )
    return (
        f"Rows and columns: the {MAIN} numbers of a token's content, then those of its place. "
        "Scaled so that contents have the mean 1 on the diagonal of $W_K^\\top W_Q$ at the end: "
        f"a multiple of the identity has {alike:.0%} of the squares of that block, and the last "
        f"row, that of the answer, has {last:.0%} of the squares of $P W_V$."
    )


def optimisers_caption(found: Trainings) -> str:
    """What the trainings took."""
    said = []
    for name, words in (("muon", "Muon"), ("adam", "Adam")):
        course, run = found.courses[name], OPTIMISED[name].run
        jump, ends = jumps(course), course.loss.mean[:, -1]
        fallen = jump[np.isfinite(jump)]
        when = f" ({_range(fallen, ',.0f')} updates)" if len(fallen) else ""
        said.append(
            f"**{words}**: {len(fallen)} of {counted(len(jump), 'seed')} half-way down{when}, loss "
            f"{_range(ends, '.4f')} at the end, {course.seconds.mean():,.0f} s of CPU time for "
            f"{run.steps:,} updates."
        )
    run = OPTIMISED["adam"].run
    queries = OPTIMISED["adam"].trainee.queries
    return (
        f"{' '.join(said)} Both see {run.batch} prompts of {queries} queries in an update; the "
        f"paper has {PAPER_BATCH:,} of one query, and Adam throughout."
    )


def _range(values: np.ndarray, form: str) -> str:
    low, high = (f"{value:{form}}" for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def swap_caption(config: Copying, found: Trainings) -> str:
    """The loss over all prompts before and after."""
    none = config.replace(second=config.first)
    before, after = (loss_of_swap(found, swap, PROMPTS) for swap in (none, config))
    pair = f"{TOKENS[config.first]} and {TOKENS[config.second]}"
    return (
        f"{MODELS[config.model]}, prompt {config.prompt}. Over {PROMPTS} prompts the "
        f"loss is {_said(before)}, and {_said(after)} once {pair} have exchanged "
        f"{EDITS[config.edit]}."
    )


def _said(loss: Estimate) -> str:
    return plus_minus(float(loss.mean), float(loss.stderr))
