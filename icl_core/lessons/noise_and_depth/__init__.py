"""Lesson: what depth buys when the noise level differs from prompt to prompt (paper 2, section 5).

Figures 1, 2 and 5 of the paper on the shipped models. All losses are adjusted, half MSE.
"""

from icl_core.lessons.noise_and_depth.config import PARTS, PRESETS
from icl_core.lessons.noise_and_depth.measure import measure, prepare, reach, reads
from icl_core.lessons.noise_and_depth.steps import STEPS
from icl_core.lessons.noise_and_depth.views import VIEWS
from icl_core.lessons.noise_and_depth.words import finding
