"""Lesson: when training struggles (paper 1, A.11 and A.12, figures 14 to 16).

All is read from pretrained (`python -m icl_core paper1 build`). Losses are half MSE at
sampled queries of 2,000 prompts; the best step of gradient descent is known exactly.
"""

from icl_core.lessons.variations.config import PARTS, PRESETS
from icl_core.lessons.variations.measure import measure
from icl_core.lessons.variations.steps import STEPS
from icl_core.lessons.variations.views import VIEWS
from icl_core.lessons.variations.words import finding
