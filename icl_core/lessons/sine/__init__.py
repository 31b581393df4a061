"""Lesson: an MLP below linear attention is gradient descent on learned features (paper 1, section
3.3, Proposition 2, figure 4), on a prompt whose examples are dragged.

Trainings are read from pretrained (`python -m icl_core zoo build --only 'sine*'`). Losses are half
MSE at sampled queries.
"""

from icl_core.lessons.sine.config import PARTS, PRESETS, offers
from icl_core.lessons.sine.measure import measure
from icl_core.lessons.sine.steps import STEPS
from icl_core.lessons.sine.views import VIEWS
from icl_core.lessons.sine.words import finding
