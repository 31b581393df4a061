"""Lesson: four matrices with which a layer of attention is a step of gradient descent (paper 1,
Proposition 1), on a prompt small enough to read. Losses are half MSE over the prompt's examples.
"""

from icl_core.lessons.construction.config import PRESETS, SHOWN_LAYERS, Construction, starts_at_zero
from icl_core.lessons.construction.measure import largest_eta, measure, reach
from icl_core.lessons.construction.views import VIEWS, descent_figure
from icl_core.lessons.construction.words import finding

__all__ = [
    "PRESETS",
    "SHOWN_LAYERS",
    "VIEWS",
    "Construction",
    "descent_figure",
    "finding",
    "largest_eta",
    "measure",
    "reach",
    "starts_at_zero",
]
