"""Lesson: one prompt, and what each method takes its noise to be (paper 2, sections 4 and 5).

What is said of the prompt is exact. All losses are adjusted, half MSE.
"""

from icl_core.lessons.one_prompt.config import PRESETS
from icl_core.lessons.one_prompt.measure import (
    Shown,
    drawn_sigma,
    measure,
    prepare,
    reach,
    sigma_reach,
    story_of,
)
from icl_core.lessons.one_prompt.views import VIEWS, noise_view, steps_view, weights_view
from icl_core.lessons.one_prompt.words import finding, rows

__all__ = [
    "PRESETS",
    "VIEWS",
    "Shown",
    "drawn_sigma",
    "finding",
    "measure",
    "noise_view",
    "prepare",
    "reach",
    "rows",
    "sigma_reach",
    "steps_view",
    "story_of",
    "weights_view",
]
