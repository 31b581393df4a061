"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.rollout import unstable_share
from icl_core.experiments.one_layer.layers import constructed
from icl_core.experiments.one_layer.settings import INPUT_SCALES, STEPS
from icl_core.experiments.shared import MAIN, task_of
from icl_core.lessons.one_layer.config import OneLayer
from icl_core.lessons.one_layer.measure import Runs
from icl_core.lessons.one_layer.rollout import at_damping
from icl_core.lessons.one_layer.views import scaled
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import short

NEAR = 0.01
"""Losses that differ by less of themselves are called the same."""


def _compared(value: float, other: float) -> int:
    """0 if `value` is the smaller, 1 if the two are the same, 2 if it is the larger."""
    return 1 if abs(value / other - 1) < NEAR else 0 if value < other else 2


def _how_low(config: OneLayer, runs: Runs) -> Answer:
    loss = float(runs.course.loss[config.seed, -1])
    return Answer(
        right=_compared(loss, runs.best),
        said=f"It ends at {loss:.4f}, and one step of gradient descent with the best step size has "
        f"{runs.best:.4f}, the dotted line. No layer of this kind can do better. Press play.",
    )


def _matrix(config: OneLayer, runs: Runs) -> Answer:
    found = scaled(runs.movies[config.seed], -1)[0][:MAIN, :MAIN]
    made = constructed(task_of(MAIN)).W_KQ[:MAIN, :MAIN]
    diagonal, beside = np.diagonal(found), np.abs(found[~np.eye(MAIN, dtype=bool)]).max()
    unlike = np.abs(diagonal - np.diagonal(made)).max()
    return Answer(
        right=2 if beside > 0.1 else 1 if unlike > 0.1 else 0,
        said=f"Scaled to a mean of 1, the diagonal of the inputs is between {diagonal.min():.3f} "
        f"and {diagonal.max():.3f}, and what is beside it is at most {short(float(beside), 1)}. "
        "Play the training: the loss falls when the diagonal appears.",
    )


def _seeds(config: OneLayer, runs: Runs) -> Answer:
    losses = runs.course.loss
    there = [int(np.argmax(loss < runs.best * (1 + NEAR))) for loss in losses]
    found = int(np.sum(np.abs(losses[:, -1] / runs.best - 1) < NEAR))
    steps = runs.x[there].astype(int) - 1
    return Answer(
        right=2 if found == len(losses) else 1 if found else 0,
        said=f"{found} of {len(losses)} end within {NEAR:.0%} of {runs.best:.4f}; the fastest is "
        f"there by update {steps.min():,}, the slowest by {steps.max():,}. The weights on their "
        "way differ: choose another seed on the whole page.",
    )


def _wider(config: OneLayer, runs: Runs) -> Answer:
    shift = runs.shifts.input_shift
    trained, gd = float(shift.trained.mean[:, -1].mean()), float(shift.gd.mean[-1])
    return Answer(
        right=_compared(trained, gd),
        said=f"At α = {INPUT_SCALES[-1]:g} the trained layer has {trained:.2f} and gradient "
        f"descent {gd:.2f}; in training it was {runs.best:.2f}. What was learned is a step of one "
        "length, and for wide inputs it is too long. Choose another test above.",
    )


def _sizes(config: OneLayer, runs: Runs) -> Answer:
    above = {
        n: course.loss[:, -1] / one_layer_loss(task_of(n)) - 1 for n, course in runs.courses.items()
    }
    stuck = {n: int(np.sum(excess > NEAR)) for n, excess in above.items()}
    smallest, largest = min(stuck), max(stuck)
    starts = len(above[smallest])
    return Answer(
        right=0 if not any(stuck.values()) else 1 if not stuck[largest] else 2,
        said=f"At n = d = {smallest}, {stuck[smallest]} of {starts} starts end at "
        f"{runs.courses[smallest].loss[:, -1].max():.3f}, where training stands still, and "
        f"not at the best, {one_layer_loss(task_of(smallest)):.3f}. At {largest} the layer is "
        f"{abs(above[largest][0]):.1%} from the line.",
    )


def _median(config: OneLayer, runs: Runs) -> Answer:
    trained, gd = (at_damping(runs, name, config.damping)[2] for name in ("trained", "gd"))
    return Answer(
        right=float(trained[-1]),
        said=f"From {short(float(trained[0]))} down to {short(float(trained[-1]))}, and as many "
        f"steps of gradient descent reach {short(float(gd[-1]))}: the layer, trained to be read "
        "once, is a step that can be repeated. Drag the damping, a factor of its length.",
    )


def _diverging(config: OneLayer, runs: Runs) -> Answer:
    values = runs.shifts.largest_eigenvalues
    step = one_layer_step(task_of(MAIN)) / MAIN * config.damping
    share, mean = unstable_share(values, step), at_damping(runs, "trained", config.damping)[0]
    return Answer(
        right=100 * share,
        said=f"Those are {round(share * len(values)):,} of {len(values):,} prompts, and they "
        f"decide the mean, {short(float(mean[-1]), 2)} after {STEPS} times. Drag the damping down: "
        "shorter steps can bear steeper prompts.",
    )


UNSEEN = {"now": 0, "KQ trained": 0, "KQ difference": 0, "PV trained": 0, "PV difference": 0}
"""What tells of the end of training."""
MEDIANS, MEANS = ("trained median", "gd median"), ("trained mean", "gd mean")

STEPS = (
    Step(
        question="The dotted line is the error of one step of gradient descent. How low does "
        "training bring the error of a layer that starts from random weights?",
        config=OneLayer(),
        views=("weights",),
        hides=UNSEEN | {"loss": 10},
        options=("Below the dotted line", "To the dotted line", "Not so low"),
        answer=_how_low,
    ),
    Step(
        question="What tokens are compared by, a matrix, is a diagonal where it is made by hand. "
        "What does training find?",
        config=OneLayer(),
        views=("weights",),
        hides=UNSEEN,
        options=("The same diagonal", "A diagonal of unlike numbers", "A full matrix"),
        answer=_matrix,
    ),
    Step(
        question="Five layers were trained from five random starts. How many find the step of "
        "gradient descent?",
        config=OneLayer(),
        views=("training",),
        hides={"loss": 6},
        options=("None", "Some", "All five"),
        answer=_seeds,
    ),
    Step(
        question="Now inputs are up to twice as wide (α = 2) as those that it was trained on. How "
        "does the layer do beside gradient descent?",
        config=OneLayer(part="tests"),
        views=("shift",),
        hides={"full": 0, "construction": 0},
        options=("Better", "Just as badly", "Worse"),
        answer=_wider,
        choices=True,
    ),
    Step(
        question="The line is the best single step, for as many examples n as inputs d. Do trained "
        "layers end on it at every size?",
        config=OneLayer(part="tests"),
        views=("sizes",),
        hides={"full": 0},
        options=("Yes", "Some small ones do not", "Large ones do not"),
        answer=_sizes,
    ),
    Step(
        question="The layer is applied again and again to its own output. Where is the error on a "
        "typical prompt, the median, after fifty times?",
        config=OneLayer(part="rollout", damping=1.0),
        views=("rollout",),
        hides=dict.fromkeys(MEDIANS, 3) | dict.fromkeys(MEANS, 0),
        range=Range(label="Median after 50 times", low=0.008, high=0.3, log=True, at=STEPS),
        answer=_median,
    ),
    Step(
        question="Yet the mean over prompts explodes: where the loss is too steep, every step "
        "overshoots. On how many per cent of prompts?",
        config=OneLayer(part="rollout", damping=1.0),
        views=("limits",),
        hides={"limit": 0},
        range=Range(label="Per cent of prompts that diverge", low=0.01, high=50.0, log=True),
        answer=_diverging,
    ),
)
"""In their order."""
