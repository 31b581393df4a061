"""Lesson: the weights themselves (paper 2, figure 4): Q and P layer by layer, over training, in
pieces, and beside other models."""

from icl_core.lessons.weights.config import PARTS, PRESETS
from icl_core.lessons.weights.matrices import reach
from icl_core.lessons.weights.measure import measure
from icl_core.lessons.weights.steps import STEPS
from icl_core.lessons.weights.views import VIEWS, prepare
from icl_core.lessons.weights.words import finding
