"""Lesson: one prompt, and what each method takes its noise to be (paper 2, sections 4 and 5).

What is said of the prompt is exact. All losses are adjusted, half MSE.
"""

from icl_core.lessons.one_prompt.config import PARTS, PRESETS
from icl_core.lessons.one_prompt.measure import measure, prepare, reach
from icl_core.lessons.one_prompt.steps import STEPS
from icl_core.lessons.one_prompt.views import VIEWS
from icl_core.lessons.one_prompt.words import finding
