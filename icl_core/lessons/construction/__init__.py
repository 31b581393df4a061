"""Lesson: four matrices with which a layer of attention is a step of gradient descent (paper 1,
Proposition 1), on a prompt small enough to read. Losses are half MSE over the prompt's examples.
"""

from icl_core.lessons.construction.config import PARTS, PRESETS
from icl_core.lessons.construction.measure import measure, reach
from icl_core.lessons.construction.steps import STEPS
from icl_core.lessons.construction.views import VIEWS
from icl_core.lessons.construction.words import finding
