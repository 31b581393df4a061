"""What the model's algorithm is, in words."""

import numpy as np

from icl_core.analysis.statistics import mean_and_error
from icl_core.lessons.algorithm.config import NAMES, OMEGAS, Algorithm
from icl_core.lessons.algorithm.measure import Opened
from icl_core.lessons.algorithm.switches import losses_beside, worth
from icl_core.lessons.shared.beside import beside_of
from icl_core.lessons.shared.words import plus_minus


def finding(config: Algorithm, opened: Opened) -> str:
    """How much the loss rises without each omega, in one sentence with standard errors."""
    found = worth(opened)
    parts = []
    for index in (2, 0, 1, 3):
        name = OMEGAS[index]
        if not np.any(opened.omegas[:, index]):
            continue
        rise, error = found.rise[index, 0], found.rise_error[index, 0]
        known = found.loss[index, 0] < 20 * found.nothing
        change = f"**{plus_minus(rise, error, sign='+')}**" if known else "**it diverges**"
        parts.append(rf"without $\omega_{{{name}}}$ ({NAMES[name]}) {change}")
    part = "The DIAG part of FULL alone" if opened.kind == "full" else opened.label
    return (
        f"{part} has an extra error of {plus_minus(found.base, found.base_error)} from not knowing "
        f"σ (its adjusted loss). With one number off in all layers it changes: {', '.join(parts)} "
        "(± standard error)."
        f"{_beside(config, opened)}"
    )


def _beside(config: Algorithm, opened: Opened) -> str:
    """The loss of a second model on the same prompts."""
    if not config.beside:
        return ""
    law, _ = opened.sample.parts(losses_beside(config.beside, opened.task))
    mean, error = mean_and_error(law[-1])
    label = beside_of(config.beside, opened.task.dim).label
    return f" Beside it, {label} comes to {plus_minus(float(mean), float(error))}."
