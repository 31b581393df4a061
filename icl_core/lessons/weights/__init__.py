"""Lesson: the weights themselves (paper 2, figure 4): Q and P layer by layer, over training, in
pieces, and beside other models."""

from collections.abc import Callable, Mapping

from icl_core.lessons.weights.choices import COORDINATES, PRESETS, STUDIES, Study, Weights
from icl_core.lessons.weights.comparison import compare_view, others
from icl_core.lessons.weights.matrices import (
    heatmap_figure,
    heatmap_view,
    movie_player,
    panels,
    reach,
)
from icl_core.lessons.weights.pieces import pieces_view, share_view
from icl_core.lessons.weights.spread import distance_view, omega_figure, omega_view
from icl_core.lessons.weights.stories import Story, measure, read
from icl_core.lessons.weights.theory import finding, theory, theory_figure, theory_view
from icl_core.live import View

VIEWS: Mapping[str, Callable[[Weights, Story], View]] = {
    "heatmaps": heatmap_view,
    "theory": theory_view,
    "omegas": omega_view,
    "parts": pieces_view,
    "shares": share_view,
    "compare": compare_view,
    "distances": distance_view,
}
"""What the lesson shows, by name."""
STUDY_VIEWS: Mapping[Study, tuple[str, ...]] = {
    "theory": ("theory", "omegas"),
    "parts": ("parts", "shares"),
    "compare": ("compare",),
    "seeds": ("distances", "omegas"),
}
"""The views of each closer look."""

__all__ = [
    "COORDINATES",
    "PRESETS",
    "STUDIES",
    "STUDY_VIEWS",
    "VIEWS",
    "Story",
    "Study",
    "Weights",
    "finding",
    "heatmap_figure",
    "heatmap_view",
    "measure",
    "movie_player",
    "omega_figure",
    "others",
    "panels",
    "reach",
    "read",
    "theory",
    "theory_figure",
    "theory_view",
]
