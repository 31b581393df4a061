"""What the playground says, with its numbers."""

import math

from icl_core.lessons.playground.config import Playground
from icl_core.lessons.playground.measure import Known, Slopes, slopes_of
from icl_core.lessons.shared.words import counted, fill, short
from icl_core.plots import METHODS

REVEALED = (
    "You said **{guess:.2f}**. After layer {layer:d} of {layers:d} the transformer says "
    "**{model:.2f}**; the best there can be is **{bayes_rr:.2f} ± {deviation:.2f}**. "
)
SAID = {
    "hidden": "**Where is y at x = {query:.2f}?** Drag the ring to your guess, then reveal what a "
    "transformer makes of these {n:d} points.",
    "start": "Before its first layer the transformer holds no line and would answer **0**. Play "
    "the layers: each moves the line closer to the points.",
    "ridge": REVEALED + "Nobody told it the noise: its line is that of ridge regression for "
    "σ = **{implied:.2f}**, and the slider stands at {sigma:.2f}.",
    "beyond": REVEALED + "No ridge regression has this line: it trusts the points more than least "
    "squares does.",
}
"""The sentence above the picture, which the page fills while something moves, by `key`."""


LABELS = {
    "model": "transformer",
    "gd": "gradient descent",
    "oracle_rr": "ridge, told σ",
    "bayes_rr": "best possible",
}
"""Whose lines there are."""


def key(config: Playground, slopes: Slopes) -> str:
    """Which sentence is right."""
    if not config.revealed:
        return "hidden"
    if config.shown == 0:
        return "start"
    return "ridge" if slopes.implied >= 0 else "beyond"


def said(config: Playground, slopes: Slopes) -> str:
    """The sentence, filled."""
    at = {name: w * config.query for name, w in slopes.at.items()}
    values = at | {
        "guess": config.guess,
        "query": config.query,
        "layer": config.shown,
        "layers": config.layers,
        "n": len(config.points),
        "sigma": config.sigma,
        "deviation": slopes.deviation * abs(config.query),
        "implied": math.sqrt(slopes.implied) if slopes.implied >= 0 else math.nan,
    }
    return fill(SAID[key(config, slopes)], values)


def finding(config: Playground, known: Known) -> str:
    """How near the transformer is to the best line there can be."""
    slopes = slopes_of(config, known)
    apart = abs(slopes.path[-1] - slopes.at["bayes_rr"]) / slopes.deviation
    return (
        f"{METHODS[config.model].label} with {counted(config.layers, 'layer')} was trained on "
        f"lines with {known.task.num_context} points and noise {known.task.noise.label()}, never "
        f"on these {len(config.points)} points. Its last line has slope "
        f"**{short(float(slopes.path[-1]))}**, the best possible guess is "
        f"**{short(slopes.at['bayes_rr'])} ± {short(slopes.deviation, 2)}**: "
        f"{short(float(apart), 2)} standard deviations apart."
    )


CAPTION = (
    "All lines pass through the origin: what a prompt teaches is one slope. **Transformer**: bold "
    "after the layer that is shown, thin after the layers before. **Gradient descent**: after as "
    "many steps. **Ridge**: told the σ of the slider. **Best possible**: the Bayes predictor "
    "for noise as in training, with a band of ± one standard deviation. Sliding σ moves the points "
    "away from their line; everything is computed here while you drag, in double precision."
)

PLANE_SAID = (
    "After step **{step:d}** gradient descent has **{gd:.2f} %** of its loss left, GD++ "
    "**{gdpp_tuned:.2f} %**: its steps also make the ellipse of the inputs rounder, whose "
    "condition number has gone from {before:.1f} to **{now:.1f}**."
)
"""The sentence above the picture of two inputs."""
PLANE_CAPTION = (
    "Left: the inputs, and as GD++ sees them after the step: each step turns x into (I − γ Σ) x; "
    "their ellipses of one standard deviation, dotted at first. "
    "Right: contours of the loss over the two weights, an ellipse as long as that of the inputs, "
    "and the paths from w = 0 to the weights that explain all examples, a cross. η and γ are in "
    "units of 1 / the largest eigenvalue of Σ that the step sees. A layer of a linear transformer "
    "can do either step."
)
