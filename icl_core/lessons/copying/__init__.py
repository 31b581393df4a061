"""Lesson: copying tokens (paper 1, section 3.4, Proposition 3, figure 5).

Trainings are read from pretrained; attention, answers and what swapped tokens do to them are
computed from their weights, in numpy. Losses are half MSE.
"""

from icl_core.lessons.copying.config import PARTS, PRESETS
from icl_core.lessons.copying.measure import measure
from icl_core.lessons.copying.steps import STEPS
from icl_core.lessons.copying.views import VIEWS
from icl_core.lessons.copying.words import finding
