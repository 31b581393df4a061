"""All views of the lesson by their names."""

from collections.abc import Callable, Mapping

from icl_core.lessons.theory.config import Theory
from icl_core.lessons.theory.measure import Measured
from icl_core.lessons.theory.second_order import second_order_view
from icl_core.lessons.theory.squares import square_view
from icl_core.lessons.theory.two_noise import factor_view, limit_view
from icl_core.live import View

VIEWS: Mapping[str, Callable[[Theory, Measured], View]] = {
    "second_order": lambda config, found: second_order_view(config, found.convergence),
    "limit": lambda config, found: limit_view(config, found.limit, found.trained),
    "factor": lambda config, found: factor_view(config, found.limit),
    "squares": lambda config, found: square_view(config, found.squares),
}
"""What the lesson shows, by name."""
