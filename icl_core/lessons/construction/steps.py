"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.analysis.spectrum import condition_numbers
from icl_core.lessons.construction.config import Construction
from icl_core.lessons.construction.measure import Run
from icl_core.lessons.construction.views import step_parts
from icl_core.lessons.construction.words import relative_gap
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import short

SAME = 1e-9
"""Losses nearer to one another than this, relative, are on one line in any picture."""


def _two_lines(config: Construction, run: Run) -> Answer:
    ratios = run.layer_losses / run.losses
    on_it = bool(np.abs(ratios - 1).max() < SAME)
    return Answer(
        right=1 if on_it else 0 if ratios[-1] < 1 else 2,
        said=f"Over {len(run.losses) - 1} layers and as many steps nothing differs by more than "
        f"{short(relative_gap(run), 1)} of its size, and that is the computer's rounding. One "
        "layer is one step: drag η, and both lines move together.",
    )


def _columns(config: Construction, run: Run) -> Answer:
    parts, dim = step_parts(run, config.layer), run.prompt.dim
    inputs, targets = parts["update"][:, :dim].any(), parts["update"][:, dim:].any()
    before, after = (float(parts[name][0, -1]) for name in ("before", "after"))
    return Answer(
        right=0 if inputs and targets else 1 if inputs else 2,
        said=f"The y of example 1 goes from {short(before)} to {short(after)}: of its target, what "
        "is not yet explained is left, the residual. Play on: every layer explains a little more.",
    )


def _query(config: Construction, run: Run) -> Answer:
    token = float(step_parts(run, config.layer)["after"][-1, -1])
    prediction = float(run.W[config.layer] @ run.prompt.query)
    return Answer(
        right=1 if np.isclose(token, -prediction) else 0 if np.isclose(token, prediction) else 2,
        said=f"One step of gradient descent predicts {short(prediction)}, and the token holds "
        f"{short(token)}. As in every row, what is predicted has been taken away, here from 0. "
        f"After {len(run.W) - 1} layers the answer is {short(-float(run.tokens[-1, -1, -1]))}.",
    )


def _nothing_left(config: Construction, run: Run) -> Answer:
    update = step_parts(run, config.layer)["update"]
    largest = float(np.abs(update).max())
    return Answer(
        right=0 if not largest else 2 if not update[-1].any() else 1,
        said=f"The largest update is {largest:g}. A layer adds up residuals, and here all are 0: "
        "where there is no error there is nothing to descend.",
    )


def _largest_step(config: Construction, run: Run) -> Answer:
    highest = float(np.linalg.eigvalsh(run.prompt.X.T @ run.prompt.X)[-1])
    limit = 2 * run.prompt.num_context / highest
    return Answer(
        right=limit,
        said=f"Beyond η = {short(limit)} every step overshoots by more than was missing. Layers "
        "diverge where steps do. Drag η across that value.",
    )


def _gdpp(config: Construction, run: Run) -> Answer:
    parts, dim = step_parts(run, config.layer), run.prompt.dim
    inputs, targets = parts["update"][:, :dim].any(), parts["update"][:, dim:].any()
    before, after = (_condition(parts[name][:-1, :dim]) for name in ("before", "after"))
    return Answer(
        right=1 if inputs and targets else 2 if inputs else 0,
        said="The loss seen from the old inputs is a valley, its steepest direction "
        f"{before:.2f} times as steep as its flattest; from the new ones, {after:.2f} times. "
        "This is GD++: it makes the next step easier. Choose another γ.",
    )


def _condition(inputs: np.ndarray) -> float:
    return float(condition_numbers(np.linalg.eigvalsh(inputs.T @ inputs)))


COUNTS = {1: "One", 3: "Three", 9: "All nine"}
"""Entries of a matrix to choose from."""


def _written(config: Construction, run: Run) -> Answer:
    matrix = run.weights.PW_V
    return Answer(
        right=list(COUNTS).index(int(np.count_nonzero(matrix))),
        said=f"It is {short(float(matrix[-1, -1]))}, or −η/n: y is written, from y alone. That one "
        "number, and the two 1s of $W_K^\\top W_Q$ with which inputs are compared, are gradient "
        "descent. Training has to find them: that is the next lesson.",
    )


STEPS = (
    Step(
        question="The line is the error of gradient descent after every step. Where does the error "
        "of a hundred layers of attention go, with weights set by hand?",
        config=Construction(),
        views=("descent",),
        hides={"construction": 0, "gap": 0},
        options=("Below the line", "Along the line", "Above the line"),
        answer=_two_lines,
    ),
    Step(
        question="A row is a token: an example's inputs x1 and x2, and its target y. Which columns "
        "does a layer change?",
        config=Construction(),
        views=("step",),
        hides={"update": 0, "after": 0},
        options=("All three", "x1 and x2", "Only y"),
        answer=_columns,
    ),
    Step(
        question="The target of the query, the last row, is not known: its y begins as 0. What "
        "does the first layer make of it?",
        config=Construction(),
        views=("step",),
        hides={"update": 0, "after": 0},
        options=("The prediction", "Minus the prediction", "It stays 0"),
        answer=_query,
    ),
    Step(
        question="Now all targets are exactly x1 − 2·x2, and gradient descent starts at the "
        "weights 1 and −2. What does a layer change?",
        config=Construction(
            prompt="0.4 -0.3 1; -0.5 0.2 -0.9; 0.3 0.45 -0.6; -0.1 -0.35 0.6; 0.2 -0.2",
            start="1, -2",
        ),
        views=("step",),
        hides={"update": 0, "after": 0},
        options=("Nothing", "Every y", "The examples, not the query"),
        answer=_nothing_left,
    ),
    Step(
        question="Drag the step size η: how large can it be before the error grows without end?",
        config=Construction(),
        views=("descent",),
        range=Range(label="Largest η that still goes down", low=6.0, high=18.0),
        answer=_largest_step,
    ),
    Step(
        question="The layer gets one more number, γ = 0.7, and is called GD++. Which columns does "
        "it change now?",
        config=Construction(gamma=0.7, part="step"),
        views=("step",),
        hides={"update": 0, "after": 0},
        options=("Only y, as before", "x1, x2 and y", "x1 and x2"),
        answer=_gdpp,
        choices=True,
    ),
    Step(
        question=r"A layer compares tokens by the matrix $W_K^\top W_Q$ and writes by $P W_V$. How "
        "many of the nine entries of $P W_V$ are not 0?",
        config=Construction(part="matrices"),
        views=("matrices",),
        hides={"P": 0, "W_V": 0, "PW_V": 0},
        options=tuple(COUNTS.values()),
        answer=_written,
    ),
)
"""In their order."""
