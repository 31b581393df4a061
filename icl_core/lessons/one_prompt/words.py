"""What is thought of the prompt's noise, in words and as a table."""

import numpy as np

from icl_core.analysis.one_prompt import PromptStory
from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.one_prompt.iterations import NOTHING
from icl_core.lessons.one_prompt.measure import Shown
from icl_core.lessons.shared.beside import beside_of
from icl_core.lessons.shared.losses import BESIDE
from icl_core.lessons.shared.words import counted, short
from icl_core.plots import METHODS


def rows(story: PromptStory) -> list[dict[str, str | float]]:
    """A line a method: what it takes sigma to be, how far it is from a ridge regression of that
    strength and from the one that is told sigma (half MSE, exact)."""
    at = story.chosen
    return [
        {
            "method": METHODS[name].label,
            "acts for σ": float(np.sqrt(story.implied[name].strength[at])),
            "distance": _exact(story.implied[name].distance[at]),
            "loss": _exact(story.losses[name][-1, at]),
        }
        for name in story.paths
    ]


def _exact(loss: float) -> float:
    """Without rounding."""
    return float(loss) if loss > NOTHING else 0.0


def finding(config: OnePrompt, shown: Shown) -> str:
    """What is thought of this prompt's noise, in one sentence."""
    story, at = shown.story, shown.story.chosen
    said = f"The noise of this prompt has σ = **{story.sigmas[at]:.3g}**."
    guesses = []
    if np.isfinite(story.residual[at]):
        guesses.append(f"the residuals of least squares say {story.residual[at]:.2f}")
    guesses.append(f"the Bayes posterior peaks at {story.levels[story.posterior[at].argmax()]:.2f}")
    best = next((kind for kind in ("full", "diag", "gdpp") if kind in story.implied), None)
    if best:
        found = story.implied[best]
        guesses.append(
            f"{METHODS[best].label} with {counted(config.layers, 'layer')} ends nearest to the "
            f"ridge regression for **{np.sqrt(found.strength[at]):.2f}**, "
            f"{short(found.distance[at], 2)} away from it"
        )
    if config.beside:
        label = beside_of(config.beside, story.task.dim).label
        at_sigma = float(np.sqrt(story.implied[BESIDE].strength[at]))
        guesses.append(f"the model beside, {label}, for **{at_sigma:.2f}**")
    told = "; ".join(guesses)
    return f"{said} {told[:1].upper()}{told[1:]}. (Exact for this prompt.)"
