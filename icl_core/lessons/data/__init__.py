"""Lesson: a visitor's own table as a prompt: context rows in, held-out rows predicted.

Errors are those of held-out rows in the data's own units, root mean square (RMSE), over random
splits; R^2 beside them.
"""

from icl_core.lessons.data.config import PARTS, PRESETS
from icl_core.lessons.data.measure import measure
from icl_core.lessons.data.steps import STEPS
from icl_core.lessons.data.views import VIEWS
from icl_core.lessons.data.words import finding
