"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.analysis.floors import one_layer_step
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import short
from icl_core.lessons.weights.config import Weights
from icl_core.lessons.weights.measure import Story, kin_model
from icl_core.lessons.weights.pieces import pieces
from icl_core.lessons.weights.words import weight_shares


def _what_is_left(config: Weights, story: Story) -> Answer:
    shares = weight_shares(story)
    row = np.square(np.asarray(kin_model(story, story.own).P))
    last = float(row[..., -1, :].sum() / row.sum())
    return Answer(
        right=1 if shares[0] > 0.5 else 2 if last > 0.5 else 0,
        said=f"{shares[0]:.0%} of the squared weight is a diagonal with one number for all inputs "
        f"and one for the target, and {shares[:2].sum():.0%} with one pattern beside it. Nothing "
        "forced the numbers to be so. Press play.",
    )


def _floor(config: Weights, story: Story) -> Answer:
    loss = float(story.loss[-1])
    return Answer(
        right=loss / story.floor,
        said=f"It ends at {short(loss)}, and the floor is {short(story.floor)}. Four layers are "
        "four steps, and the floor is what the best of all computations would reach. Play the "
        "training.",
    )


WAYS = ("x from x", "x from y", "y from x", "y from y")
"""What the four numbers of a layer are, in their order."""


def _which_number(config: Weights, story: Story) -> Answer:
    values = omega_values(story.finished)[0]
    steps = -story.task.num_context * values
    best = one_layer_step(story.task)
    return Answer(
        right=int(np.argmin(np.abs(steps - best))),
        said=f"The targets change by what the inputs have in common: its number is −η/n, in n = "
        f"{story.task.num_context} examples a step of η = {steps[2]:.3f}, and theory has "
        f"{best:.3f} as the best. What the only layer does to x is never read.",
    )


def _third(config: Weights, story: Story) -> Answer:
    shares = pieces(story, config.coordinates)["P"].shares[config.focus - 1, 0]
    return Answer(
        right=0 if shares[0] > 0.5 else 1 if shares[1] > 0.5 else 2,
        said=f"{shares[1]:.0%} of it is one column times one row, and {shares[0]:.0%} the "
        "diagonal: one direction of the inputs is singled out, and the targets are written into "
        "it, as GD++ spectrum has shown.",
    )


def _first_and_last(config: Weights, story: Story) -> Answer:
    found, half = pieces(story, config.coordinates), story.num_layers // 2
    diagonal = np.stack([parts.shares[..., 0].mean(-1) for parts in found.values()]).mean(0)
    first, last = float(diagonal[:half].mean()), float(diagonal[-half:].mean())
    return Answer(
        right=0 if abs(first - last) < 0.1 else 1 if last < first else 2,
        said=f"In the first {half} layers it is {first:.0%}, in the last {half} {last:.0%}, on "
        "average of Q and P. Early layers are GD++; what the late ones add is mostly one pattern "
        "each, the dark part.",
    )


def _longest_step(config: Weights, story: Story) -> Answer:
    values = omega_values(kin_model(story, story.own))
    steps = np.abs(values[:, 2])
    longest, shrink = int(np.argmax(steps)), ", ".join(map(short, values[:-1, 0].tolist()))
    return Answer(
        right=0 if not longest else 2 if longest == len(steps) - 1 else 1,
        said=f"From layer to layer its size is {', '.join(map(short, steps.tolist()))}. The layers "
        f"before have shrunk the inputs (their $\\omega_{{xx}}$ is {shrink}), and on small inputs "
        "a step may be long.",
    )


LAYERS = 4
"""Of the default model."""
NUMBERS = dict.fromkeys(("ω_xx", "ω_xy", "ω_yx", "ω_yy"), 0)
MATRICES = {f"{letter}{layer}h0": 0 for letter in "QP" for layer in range(LAYERS)}
REST = {f"bar{at}": 0 for at in range(1, 5)}

STEPS = (
    Step(
        question="Each of four layers is two matrices, Q and P, of 11 × 11 free numbers. What does "
        "training make of them?",
        config=Weights(),
        views=("heatmaps",),
        hides=MATRICES | NUMBERS | {"now": 0},
        options=("Numbers everywhere", "Mostly a diagonal", "Mostly the last row"),
        answer=_what_is_left,
    ),
    Step(
        question="No predictor can have less error than the dotted floor. How many times the floor "
        "is the error of this model, once it is trained?",
        config=Weights(),
        views=("heatmaps",),
        hides={"loss": 20, "now": 0},
        range=Range(label="Its error over the floor", low=1.0, high=20.0, log=True),
        answer=_floor,
    ),
    Step(
        question="Four numbers ω say how much x and y of a token receive from x and y of the "
        "others. Which of them is the step of gradient descent?",
        config=Weights(layers=1, task="uniform5_d10_n20"),
        views=("omegas",),
        options=WAYS,
        answer=_which_number,
    ),
    Step(
        question="Q of all layers, and P of the first two, are nearly diagonal. What is P of the "
        "third?",
        config=Weights(),
        views=("heatmaps",),
        hides={"P2h0": 0, "P3h0": 0} | NUMBERS,
        options=("A diagonal too", "One column times one row", "Neither"),
        answer=_third,
    ),
    Step(
        question="A model of seven layers, and how much of every matrix is a diagonal. Where is it "
        "least?",
        config=Weights(task="uniform5_d10_n20", layers=7, study="parts"),
        views=("shares",),
        hides=REST | {"bar0": 0},
        options=("All are alike", "In the last layers", "In the first layers"),
        answer=_first_and_last,
    ),
    Step(
        question=r"DIAG has only four numbers a layer, and $\omega_{yx}$ is its step of gradient "
        "descent. In which layer is it longest?",
        config=Weights(parametrization="diag"),
        views=("omegas",),
        hides={"ω_yx": 0},
        options=("The first", "One between", "The last"),
        answer=_longest_step,
    ),
)
"""In their order."""
