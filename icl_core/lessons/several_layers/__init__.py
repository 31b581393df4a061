"""Lesson: several trained layers are GD++ rather than gradient descent (paper 1, 4.2, A.6).

All is read from pretrained (`python -m icl_core paper1 build`). Losses are plain half MSE
against the true weights, for uniform inputs without noise.
"""

from icl_core.lessons.several_layers.config import PARTS, PRESETS, offers
from icl_core.lessons.several_layers.measure import measure, reach
from icl_core.lessons.several_layers.steps import STEPS
from icl_core.lessons.several_layers.views import VIEWS
from icl_core.lessons.several_layers.words import finding
