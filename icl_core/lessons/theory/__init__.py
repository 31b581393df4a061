"""Lesson: what theory builds, and what no linear transformer can do (paper 2, theorems 4.2 to 5.2).

All three theorems on hand-built weights or closed forms, beside shipped models. Losses are
adjusted, half MSE.
"""

from icl_core.lessons.theory.config import PARTS, PRESETS
from icl_core.lessons.theory.measure import measure, prepare
from icl_core.lessons.theory.steps import STEPS
from icl_core.lessons.theory.views import VIEWS
from icl_core.lessons.theory.words import finding
