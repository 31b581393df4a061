"""Lesson: the figures of paper 2 on the shipped models, with the floors that the paper lacks.

Figures 1, 2, 3, 5, 6, 7 and Table 1. All losses are half MSE, adjusted but in figure 6.
"""

from icl_core.lessons.paper_figures.config import FAR_SIGMAS, PRESETS
from icl_core.lessons.paper_figures.measure import measure, prepare, reads
from icl_core.lessons.paper_figures.views import VIEWS, exhibit_figure, exhibit_view, panels_of
from icl_core.lessons.paper_figures.words import finding

__all__ = [
    "FAR_SIGMAS",
    "PRESETS",
    "VIEWS",
    "exhibit_figure",
    "exhibit_view",
    "finding",
    "measure",
    "panels_of",
    "prepare",
    "reads",
]
