"""What several trained layers do, in words."""

import numpy as np

from icl_core.experiments.several_layers.settings import METHODS
from icl_core.lessons.several_layers.config import SeveralLayers
from icl_core.lessons.several_layers.measure import Runs, condition
from icl_core.lessons.shared.words import short


def finding(config: SeveralLayers, runs: Runs) -> str:
    """The lesson's point with its numbers."""
    story = runs[config.kind]
    ends, error = story.final()
    steps = story.kind.layers
    gd, gdpp = (float(story.loss(method)[0, -1]) for method in METHODS)
    tuned = short(gdpp, 2) if gdpp < 1e-3 else f"{gdpp:.4f}"
    cosines = {m: story.over_seeds(f"end:cosine:{m}")[:, 0, -1].mean() for m in METHODS}
    return (
        f"Trained from random weights, {story.kind.words} ({len(ends)} seeds, {condition(story)}) "
        f"end at a loss of **{ends.mean():.4f}** ({_spread(ends, error)}). {steps} steps of "
        f"gradient descent have **{gd:.4f}** at their best, {steps} tuned steps of GD++ "
        f"**{tuned}**. "
        f"Cosine of the sensitivities with GD++ **{cosines['gdpp']:.4f}**, with GD "
        f"**{cosines['gd']:.3f}**."
    )


def _spread(ends: np.ndarray, error: float) -> str:
    """The standard error, and the range of seeds that differ by more."""
    if np.ptp(ends) < 4 * error:
        return f"±{short(error, 1)}"
    return f"±{short(error, 1)} a seed, {ends.min():.4f} to {ends.max():.4f}"
