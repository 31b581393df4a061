"""Ways through the lessons for readers with different time and aims."""

from collections.abc import Mapping
from typing import NamedTuple

COURSE = (
    "construction",
    "one_layer",
    "several_layers",
    "gdpp_spectrum",
    "one_prompt",
    "noise_and_depth",
    "algorithm",
    "weights",
    "variations",
    "train",
)
"""The lessons in the order in which they build on each other; other pages are for reference."""


class Stop(NamedTuple):
    """A named state of a page, and what there is to see."""

    page: str
    preset: str
    see: str


PATHS: Mapping[str, tuple[Stop, ...]] = {
    "Ten minutes": (
        Stop("construction", "One step from zero", "a layer is one step of gradient descent"),
        Stop("one_layer", "Trained", "training finds that step by itself"),
        Stop("gdpp_spectrum", "Ellipse to circle", "why several layers do better than steps"),
        Stop("one_prompt", "A prompt of medium noise", "how noisy are these examples?"),
    ),
    "A lecture": (
        Stop("home", "Guess first", "the class guesses before the transformer does"),
        Stop("construction", "One step from zero", "one layer by hand, number by number"),
        Stop("one_layer", "Untrained", "play the training"),
        Stop("several_layers", "Two tied", "two layers beat two steps"),
        Stop("gdpp_spectrum", "Ellipse to circle", "drag γ: long ellipses become round"),
        Stop("home", "An outlier", "one point far off, and the transformer trusts them less"),
        Stop("noise_and_depth", "Any noise from 0 to 5", "more layers, nearer to the best"),
        Stop("train", "A straight line", "train one in the room"),
    ),
    "A reader of the papers": (
        Stop("one_layer", "Trained", "von Oswald et al., figure 2"),
        Stop("several_layers", "Five untied", "GD++, and what it aligns with"),
        Stop("softmax", "Two heads", "the softmax question"),
        Stop("sine", "Coded law", "an MLP below: gradient descent on features"),
        Stop("paper_figures", "Figure 1", "Vladymyrov et al., figures 1 to 7"),
        Stop("algorithm", "Four layers of DIAG", "four numbers a layer, switched one by one"),
        Stop("theory", "Double exponential", "Theorems 5.1 and 5.2, built by hand"),
        Stop("models", "Better than published?", "Table 1 again, with its floors"),
    ),
}
"""Stops in their order, by the name of the path."""
