"""Lesson: every shipped model beside the paper's Table 1 and what nothing can fall below.

All losses are adjusted, half MSE.
"""

from icl_core.lessons.models.config import PRESETS
from icl_core.lessons.models.measure import Shown, listed, measure
from icl_core.lessons.models.views import VIEWS
from icl_core.lessons.models.words import finding

__all__ = ["PRESETS", "VIEWS", "Shown", "finding", "listed", "measure"]
