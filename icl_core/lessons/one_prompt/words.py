"""What is thought of the prompt's noise, in words and as a table."""

import numpy as np

from icl_core.analysis.one_prompt import PromptStory
from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.one_prompt.iterations import NOTHING
from icl_core.lessons.one_prompt.measure import Shown
from icl_core.lessons.shared.beside import beside_of
from icl_core.lessons.shared.losses import BESIDE
from icl_core.lessons.shared.words import counted, fill, without_fields
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


def template(config: OnePrompt, story: PromptStory) -> str:
    """What is thought of this prompt's noise, in one sentence without its numbers."""
    guesses = []
    if np.isfinite(story.residual[story.chosen]):
        guesses.append("the residuals of least squares say {residual:.2f}")
    guesses.append("the Bayes posterior peaks at {peak:.2f}")
    best = next((kind for kind in ("full", "diag", "gdpp") if kind in story.implied), None)
    if best:
        guesses.append(
            f"{METHODS[best].label} with {counted(config.layers, 'layer')} ends nearest to the "
            f"ridge regression for **{{{best}:.2f}}**, {{{best}_distance:.2g}} away from it"
        )
    if config.beside:
        label = beside_of(config.beside, story.task.dim).label
        guesses.append(f"the model beside, {without_fields(label)}, for **{{{BESIDE}:.2f}}**")
    told = "; ".join(guesses)
    start = "The noise of this prompt has σ = **{sigma:.3g}**."
    return f"{start} {told[:1].upper()}{told[1:]}. (Exact for this prompt.)"


def finding(config: OnePrompt, shown: Shown) -> str:
    """What is thought of this prompt's noise, in one sentence."""
    story, at = shown.story, shown.story.chosen
    numbers = {
        "sigma": float(story.sigmas[at]),
        "residual": float(story.residual[at]),
        "peak": float(story.levels[story.posterior[at].argmax()]),
    }
    for name, found in story.implied.items():
        numbers[name] = float(np.sqrt(found.strength[at]))
        numbers[f"{name}_distance"] = _exact(found.distance[at])
    return fill(template(config, story), numbers)
