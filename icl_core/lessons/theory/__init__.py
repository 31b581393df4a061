"""Lesson: what theory builds, and what no linear transformer can do (paper 2, theorems 4.2 to 5.2).

All three theorems on hand-built weights or closed forms, beside shipped models. Losses are
adjusted, half MSE.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from icl_core.analysis.convergence import Convergence, convergence
from icl_core.analysis.squares import Squares
from icl_core.analysis.two_noise import TwoNoiseLimit, two_noise_limit
from icl_core.lessons.theory.config import (
    DIMENSIONS,
    LEVELS,
    PRESETS,
    STEPS,
    Theory,
)
from icl_core.lessons.theory.second_order import (
    second_order_finding,
    second_order_view,
    with_kappa,
)
from icl_core.lessons.theory.squares import square_finding, square_view, squares
from icl_core.lessons.theory.two_noise import (
    Trained,
    context_at,
    factor_view,
    limit_view,
    omega_table,
    trained_pair,
    two_noise_finding,
)
from icl_core.live import View

__all__ = [
    "DIMENSIONS",
    "LEVELS",
    "PRESETS",
    "VIEWS",
    "Measured",
    "Theory",
    "Trained",
    "context_at",
    "convergence_of",
    "factor_view",
    "limit_of",
    "limit_view",
    "measure",
    "omega_table",
    "second_order_finding",
    "second_order_view",
    "square_finding",
    "square_view",
    "squares",
    "trained_pair",
    "two_noise_finding",
    "with_kappa",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What the views show. `trained` is None where no such model ships."""

    convergence: Convergence
    limit: TwoNoiseLimit
    squares: Squares
    trained: Trained | None


def convergence_of(config: Theory) -> Convergence:
    """Of the chosen spectrum alone."""
    return convergence(np.array([config.kappa]), dim=config.dim, steps=STEPS)


def limit_of(levels: str) -> TwoNoiseLimit:
    """For a pair of noise levels of `LEVELS`."""
    return two_noise_limit(LEVELS[levels])


def measure(config: Theory) -> Measured:
    """What the views show."""
    return Measured(
        convergence=convergence_of(config),
        limit=limit_of(config.levels),
        squares=squares(),
        trained=trained_pair(),
    )


VIEWS: Mapping[str, Callable[[Theory, Measured], View]] = {
    "second_order": lambda config, found: second_order_view(config, found.convergence),
    "limit": lambda config, found: limit_view(config, found.limit, found.trained),
    "factor": lambda config, found: factor_view(config, found.limit),
    "squares": lambda config, found: square_view(config, found.squares),
}
"""What the lesson shows, by name."""
