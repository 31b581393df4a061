"""What the figures of each theorem show, in words."""

from collections.abc import Callable, Mapping

from icl_core.lessons.theory.config import Theory
from icl_core.lessons.theory.measure import Measured
from icl_core.lessons.theory.second_order import second_order_finding
from icl_core.lessons.theory.squares import square_finding
from icl_core.lessons.theory.two_noise import two_noise_finding

FINDINGS: Mapping[str, Callable[[Theory, Measured], str]] = {
    "second_order": lambda config, found: second_order_finding(config, found.convergence),
    "two_noise": lambda config, found: two_noise_finding(config, found.limit, found.trained),
    "squares": lambda config, found: square_finding(config, found.squares),
}
"""One a theorem."""


def finding(config: Theory, found: Measured) -> str:
    """What all three theorems come to, a paragraph each."""
    return "\n\n".join(say(config, found) for say in FINDINGS.values())
