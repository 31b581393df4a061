"""Lesson: what theory builds, and what no linear transformer can do (paper 2, theorems 4.2 to 5.2).

All three theorems on hand-built weights or closed forms, beside shipped models. Losses are
adjusted, half MSE.
"""

from icl_core.lessons.theory.config import DIMENSIONS, LEVELS, PRESETS, Theory
from icl_core.lessons.theory.measure import convergence_of, limit_of, measure
from icl_core.lessons.theory.second_order import second_order_finding, second_order_view, with_kappa
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
from icl_core.lessons.theory.views import VIEWS

__all__ = [
    "DIMENSIONS",
    "LEVELS",
    "PRESETS",
    "VIEWS",
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
