"""Choices of the lesson."""

import math
from dataclasses import dataclass

from icl_core.analysis.two_noise import CONTEXTS
from icl_core.constructions.two_noise import of_unit_inputs
from icl_core.errors import InputError
from icl_core.lessons.shared.fields import switch
from icl_core.validation import Config, choice, integer, number

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


@dataclass(frozen=True, kw_only=True)
class Theory(Config):
    """kappa and dim of the spectrum (Theorem 5.1); noise levels and n (Theorem 5.2); centred or
    plain cosines (Theorem 4.2)."""

    kappa: float = 1e4
    dim: int = 30
    levels: str = "trained"
    num_context: int = 1000
    centred: bool = False

    def __post_init__(self) -> None:
        n = integer("The context length n", self.num_context, (CONTEXTS[0], CONTEXTS[-1]))
        dim = integer("The dimension d", self.dim, (DIMENSIONS[0], DIMENSIONS[-1]))
        if n not in CONTEXTS:
            nearest = min(CONTEXTS, key=lambda known: abs(math.log(known / n)))
            raise InputError(f"No prompts of n = {n} are drawn: the nearest is {nearest}.")
        self._set(
            kappa=number("The condition number kappa", self.kappa, KAPPAS),
            dim=choice("The dimension d", dim, DIMENSIONS),
            levels=choice("The noise levels", self.levels, LEVELS),
            num_context=n,
            centred=switch("The switch for centred cosines", self.centred),
        )


PRESETS: dict[str, Theory] = {
    "Double exponential": Theory(),
    "A very bad condition": Theory(kappa=1e6),
    "Nearly well conditioned": Theory(kappa=2.0),
    "Ten dimensions": Theory(dim=10, kappa=1e6),
    "Two far noise levels": Theory(levels="far", num_context=10_000),
    "Too few examples": Theory(num_context=50),
}
"""Named states of the lesson; the first is its default."""
