"""Lesson: one trained layer of linear attention is one step of gradient descent (paper 1, 4.1).

All is read from pretrained (`python -m icl_core paper1 build`). Losses are plain half MSE
against the true weights, over 10,000 prompts of uniform inputs without noise.
"""

from icl_core.lessons.one_layer.config import PARTS, PRESETS
from icl_core.lessons.one_layer.measure import measure
from icl_core.lessons.one_layer.steps import STEPS
from icl_core.lessons.one_layer.views import VIEWS
from icl_core.lessons.one_layer.words import finding
