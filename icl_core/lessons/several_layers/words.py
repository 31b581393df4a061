"""What several trained layers do, in words."""

import numpy as np

from icl_core.experiments.several_layers.settings import METHODS
from icl_core.lessons.several_layers.config import SeveralLayers
from icl_core.lessons.several_layers.measure import Runs, condition
from icl_core.lessons.shared.words import short


def finding(config: SeveralLayers, runs: Runs) -> str:
    """The lesson's point with its numbers."""
    layers = runs[config.kind]
    ends, error = layers.final()
    steps = layers.architecture.layers
    gd, gdpp = (float(layers.loss(method).mean[-1]) for method in METHODS)
    tuned = short(gdpp, 2) if gdpp < 1e-3 else f"{gdpp:.4f}"
    end = layers.course.end
    cosines = {m: end.of(m).cosine[:, -1].mean() for m in METHODS}
    return (
        f"Trained from random weights, {layers.architecture.words} ({len(ends)} seeds, "
        f"{condition(layers)}) end at a loss of **{ends.mean():.4f}** ({_spread(ends, error)}). "
        f"{steps} steps of gradient descent have **{gd:.4f}** at their best, {steps} tuned steps "
        f"of GD++ **{tuned}**. "
        f"Cosine of the sensitivities with GD++ **{cosines['gdpp']:.4f}**, with GD "
        f"**{cosines['gd']:.3f}**."
    )


def _spread(ends: np.ndarray, error: float) -> str:
    """The standard error, and the range of seeds that differ by more."""
    if np.ptp(ends) < 4 * error:
        return f"±{short(error, 1)}"
    return f"±{short(error, 1)} a seed, {ends.min():.4f} to {ends.max():.4f}"
