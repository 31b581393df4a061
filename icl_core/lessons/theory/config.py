"""Choices of the lesson."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from icl_core.analysis.two_noise import CONTEXTS
from icl_core.constructions.two_noise import of_unit_inputs
from icl_core.errors import InputError
from icl_core.lessons.shared.fields import switch
from icl_core.lessons.shared.parts import Part
from icl_core.validation import Config, checked, choice, integer, number

KAPPAS = (1.0, 1e6)
DIMENSIONS = (5, 10, 30, 100)
STEPS = 30
TRAINED_TASK, TRAINED_CONTEXT = "categorical1-3_d10_n20", 20
LEVELS: dict[str, tuple[float, float]] = {
    "trained": (of_unit_inputs(1.0, TRAINED_CONTEXT), of_unit_inputs(3.0, TRAINED_CONTEXT)),
    "close": (0.4, 0.6),
    "far": (0.2, 2.0),
    "loud": (1.0, 3.0),
}
"""Noise levels (sigma_1, sigma_2) in the theorem's units; "trained" are the 1 and 3 of the shipped
models of n = 20 examples."""


def _on_offer(name: str, value: Any, allowed: Sequence[int]) -> int:
    return choice(name, integer(name, value, (allowed[0], allowed[-1])), allowed)


def _drawn(name: str, value: Any, contexts: Sequence[int]) -> int:
    n = integer(name, value, (contexts[0], contexts[-1]))
    if n not in contexts:
        nearest = min(contexts, key=lambda known: abs(math.log(known / n)))
        raise InputError(f"No prompts of n = {n} are drawn: the nearest is {nearest}.")
    return n


PARTS = {
    "two_noise": Part("Two layers, two noise levels", ("limit", "factor")),
    "squares": Part("What no number of layers can do", ("squares",)),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Theory(Config):
    """kappa and dim of the spectrum (Theorem 5.1); noise levels and n (Theorem 5.2); centred or
    plain cosines (Theorem 4.2)."""

    kappa: float = checked(1e4, number, "The condition number kappa", KAPPAS)
    dim: int = checked(30, _on_offer, "The dimension d", DIMENSIONS)
    levels: str = checked("trained", choice, "The noise levels", LEVELS)
    num_context: int = checked(1000, _drawn, "The context length n", CONTEXTS)
    part: str = checked("two_noise", choice, "The part looked at", PARTS)
    centred: bool = checked(False, switch, "The switch for centred cosines")


PRESETS: dict[str, Theory] = {
    "Double exponential": Theory(),
    "A very bad condition": Theory(kappa=1e6),
    "Nearly well conditioned": Theory(kappa=2.0),
    "Ten dimensions": Theory(dim=10, kappa=1e6),
}
"""Named states of the lesson; the first is its default."""
