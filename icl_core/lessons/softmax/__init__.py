"""Lesson: softmax heads (paper 1, A.9, figures 11 and 12).

Trained layers are read from pretrained (`zoo build --only 'variations_softmax*'`); what they do on
prompts is computed from their weights.
"""

from icl_core.lessons.softmax.config import PARTS, PRESETS
from icl_core.lessons.softmax.measure import measure
from icl_core.lessons.softmax.steps import STEPS
from icl_core.lessons.softmax.views import VIEWS
from icl_core.lessons.softmax.words import finding
