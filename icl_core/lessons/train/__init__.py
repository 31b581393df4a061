"""Lesson: train a model and watch (paper 2, section 5, with the recipe of `icl_core.training`)."""

from icl_core.lessons.train.config import PRESETS
from icl_core.lessons.train.measure import finding, measure, reach
from icl_core.lessons.train.views import VIEWS
