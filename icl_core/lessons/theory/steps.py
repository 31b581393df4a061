"""Questions of the page, and what is found."""

import numpy as np

from icl_core.analysis.convergence import convergence
from icl_core.analysis.squares import BEST
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import short
from icl_core.lessons.theory.config import STEPS as MOST
from icl_core.lessons.theory.config import Theory
from icl_core.lessons.theory.measure import Measured
from icl_core.lessons.theory.second_order import kappa_text, layers_needed


def _needed(found: Measured, method: str) -> int:
    """Layers or steps to an error below 10^-10, one more than are run if those do not do."""
    needed = layers_needed(found.convergence.errors[method][:, 0])
    return MOST + 1 if needed is None else needed


def _said(needed: int) -> str:
    return f"more than {MOST}" if needed > MOST else str(needed)


def _layers(config: Theory, found: Measured) -> Answer:
    others = {name: _said(_needed(found, name)) for name in ("newton", "cg", "gd")}
    return Answer(
        right=_needed(found, "theorem_51"),
        said=f"Newton's method takes {others['newton']} steps, conjugate gradients {others['cg']} "
        f"and gradient descent {others['gd']}. Each of the last layers doubles the number of right "
        "digits. Drag κ.",
    )


def _worse_condition(config: Theory, found: Measured) -> Answer:
    easier = Theory()
    before = convergence(np.array([easier.kappa]), dim=config.dim, steps=MOST)
    then = layers_needed(before.errors["theorem_51"][:, 0])
    assert then is not None
    now, ratio = _needed(found, "theorem_51"), config.kappa / easier.kappa
    return Answer(
        right=now - then,
        said=f"At κ = {kappa_text(easier.kappa)} it takes {then} layers, at "
        f"{kappa_text(config.kappa)} {now}. While κ is large, a layer leaves 4/9 of it, and "
        f"log({ratio:g}) / log(9/4) is {np.log(ratio) / np.log(9 / 4):.1f}. Drag κ.",
    )


def _conjugate(config: Theory, found: Measured) -> Answer:
    return Answer(
        right=_needed(found, "cg"),
        said=f"One step for each of the {config.dim} eigenvalues, whatever κ is; the construction "
        f"takes {_said(_needed(found, 'theorem_51'))} layers. But conjugate gradients has to "
        "measure every prompt before each step, and the layers' weights are the same for all.",
    )


def _square(config: Theory, found: Measured) -> Answer:
    mean, error = found.squares.plain[BEST]
    return Answer(
        right=float(mean[-1]),
        said=f"With {found.squares.contexts[-1]:,} examples the best linear function has "
        f"{mean[-1]:.3f} (±{short(float(error[-1]), 1)}). Any number of linear layers is still a "
        "linear function of the query; with the square as one more input it would be 1.",
    )


AHEAD = {"theorem_51": 2, "gdpp_tuned": 2, "excess": 0, "predicted": 0}
"""What would tell how a second-order method goes on."""
STEPS = (
    Step(
        question="The largest eigenvalue is κ = 10,000 times the smallest. How many layers, built "
        "by hand, bring the error below 10⁻¹⁰?",
        config=Theory(),
        views=("second_order",),
        hides=AHEAD | {"newton": 2},
        range=Range(label="Layers of Theorem 5.1", low=2.0, high=60.0, log=True),
        answer=_layers,
    ),
    Step(
        question="Now κ is a million, a hundred times as large. How many more layers does that "
        "take?",
        config=Theory(kappa=1e6),
        views=("second_order",),
        hides=AHEAD | {"newton": 2},
        range=Range(label="More layers", low=1.0, high=40.0, log=True),
        answer=_worse_condition,
    ),
    Step(
        question="Of ten eigenvalues, after how many steps is the method of conjugate gradients "
        "(CG) done?",
        config=Theory(dim=10, kappa=1e6),
        views=("second_order",),
        hides={"cg": 3},
        range=Range(label="Steps of CG", low=2.0, high=60.0, log=True),
        answer=_conjugate,
    ),
    Step(
        question="The targets are squares of an input. How near to them (a cosine of 1) can linear "
        "layers come, from long prompts?",
        config=Theory(part="squares"),
        views=("squares",),
        hides={"oracle_rr": 2, "gd": 2, "diag": 2, "expected": 2, "bound": 0},
        range=Range(label="Cosine from the longest prompts", low=0.01, high=1.0, log=True),
        answer=_square,
    ),
)
"""In their order."""
