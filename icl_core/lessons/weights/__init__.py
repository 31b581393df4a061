"""Lesson: the weights themselves (paper 2, figure 4): Q and P layer by layer, over training, in
pieces, and beside other models."""

from icl_core.lessons.weights.comparison import others
from icl_core.lessons.weights.config import COORDINATES, PRESETS, Weights
from icl_core.lessons.weights.matrices import heatmap_figure, reach
from icl_core.lessons.weights.measure import Story, measure, read
from icl_core.lessons.weights.spread import omega_figure
from icl_core.lessons.weights.theory import finding, theory_figure
from icl_core.lessons.weights.views import VIEWS

__all__ = [
    "COORDINATES",
    "PRESETS",
    "VIEWS",
    "Story",
    "Weights",
    "finding",
    "heatmap_figure",
    "measure",
    "omega_figure",
    "others",
    "reach",
    "read",
    "theory_figure",
]
