"""Lesson: train a model and watch (paper 2, section 5, with the recipe of `icl_core.training`)."""

from icl_core.lessons.train.config import PRESETS, Train
from icl_core.lessons.train.measure import Outcome, checkpoint_of, measure, measure_model, reach
from icl_core.lessons.train.views import VIEWS, layers_figure, movie_player
from icl_core.lessons.train.words import finding, label_of, model_finding

__all__ = [
    "PRESETS",
    "VIEWS",
    "Outcome",
    "Train",
    "checkpoint_of",
    "finding",
    "label_of",
    "layers_figure",
    "measure",
    "measure_model",
    "model_finding",
    "movie_player",
    "reach",
]
