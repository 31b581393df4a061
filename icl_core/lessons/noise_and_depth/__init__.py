"""Lesson: what depth buys when the noise level differs from prompt to prompt (paper 2, section 5).

Figures 1, 2 and 5 of the paper on the shipped models. All losses are adjusted, half MSE.
"""

from icl_core.lessons.noise_and_depth.config import (
    CONTEXTS,
    DIMENSIONS,
    LEVELS,
    PRESETS,
    NoiseAndDepth,
)
from icl_core.lessons.noise_and_depth.measure import limits_of, measure, prepare, reach, reads
from icl_core.lessons.noise_and_depth.views import (
    VIEWS,
    depth_figure,
    layers_figure,
    profile_figure,
)
from icl_core.lessons.noise_and_depth.words import finding

__all__ = [
    "CONTEXTS",
    "DIMENSIONS",
    "LEVELS",
    "PRESETS",
    "VIEWS",
    "NoiseAndDepth",
    "depth_figure",
    "finding",
    "layers_figure",
    "limits_of",
    "measure",
    "prepare",
    "profile_figure",
    "reach",
    "reads",
]
