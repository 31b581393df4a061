"""Lesson: the weights themselves (paper 2, figure 4): Q and P layer by layer, over training, in
pieces, and beside other models."""

from icl_core.lessons.weights.comparison import others
from icl_core.lessons.weights.config import COORDINATES, PRESETS
from icl_core.lessons.weights.matrices import heatmap_figure, reach
from icl_core.lessons.weights.measure import measure, read
from icl_core.lessons.weights.spread import omega_figure
from icl_core.lessons.weights.theory import theory_figure
from icl_core.lessons.weights.views import VIEWS, prepare, shows
from icl_core.lessons.weights.words import finding

__all__ = [
    "COORDINATES",
    "PRESETS",
    "VIEWS",
    "finding",
    "heatmap_figure",
    "measure",
    "omega_figure",
    "others",
    "prepare",
    "reach",
    "read",
    "shows",
    "theory_figure",
]
