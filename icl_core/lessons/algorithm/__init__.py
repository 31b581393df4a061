"""Lesson: the algorithm that a trained model runs (paper 2, sections 4 and 5).

Its four numbers omega a layer as a flow, what each is worth, the weights that it holds implicitly,
its steps in terms, and the known methods that it is nearest to. All losses are adjusted, half MSE.
"""

from icl_core.lessons.algorithm.config import PARTS, PRESETS
from icl_core.lessons.algorithm.measure import measure, reach
from icl_core.lessons.algorithm.steps import STEPS
from icl_core.lessons.algorithm.views import VIEWS, prepare
from icl_core.lessons.algorithm.words import finding
