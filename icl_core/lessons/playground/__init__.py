"""The home page: a line through points that are dragged, and what a trained transformer holds of it
after every layer (paper 2; paper 1, section 2), beside gradient descent, ridge and Bayes.

d = 1, where the whole model can be seen: a prompt is a picture, and what is learned is one slope.
"""

from icl_core.lessons.playground.config import PRESETS
from icl_core.lessons.playground.measure import measure
from icl_core.lessons.playground.views import VIEWS, shows
from icl_core.lessons.playground.words import finding
