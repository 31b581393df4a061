"""Choices of the lesson on softmax heads, and its named states."""

from dataclasses import dataclass

import numpy as np

from icl_core.experiments.variations.settings import (
    EVERY,
    HEADS,
    SOFTMAX,
    VARIANTS,
    softmax_name,
)
from icl_core.lessons.shared.parts import Part
from icl_core.validation import Config, checked, choice, integer, number

SEEDS = range(VARIANTS[softmax_name(2, "adam")].seeds)
FRAMES = len(VARIANTS[softmax_name(2, "adam")].run.marks()[::EVERY])
TEMPERATURES = np.geomspace(0.125, 8, 25)
PROMPTS = 100
PARTS = {
    "scores": Part("Inside the heads", ("linearisation", "weights")),
    "training": Part("Over training", ("training", "ends"), (3, 2)),
    "likeness": Part("How near to a step", ("likeness", "shift")),
    "limit": Part("Heads made by hand", ("limit",)),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Softmax(Config):
    """Choices of the lesson. seed: whose weights; frame: how far in its training, in snapshots;
    temperature: what scores are divided by; prompt: which one the heads are seen at."""

    heads: int = checked(2, integer, "The number of heads", (HEADS[0], HEADS[-1]))
    optimiser: str = checked("adam", choice, "The optimiser", SOFTMAX)
    seed: int = checked(0, integer, "The seed", (SEEDS[0], SEEDS[-1]))
    frame: int = checked(FRAMES - 1, integer, "The snapshot", (0, FRAMES - 1))
    temperature: float = checked(
        1.0, number, "The temperature", (TEMPERATURES[0], TEMPERATURES[-1])
    )
    prompt: int = checked(0, integer, "The prompt", (0, PROMPTS - 1))
    part: str = checked("scores", choice, "The part looked at", PARTS)

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("The number of heads", self.heads, HEADS)

    @property
    def variants(self) -> dict[int, str]:
        """The experiment's names of its layers by their number of heads."""
        return {heads: softmax_name(heads, self.optimiser) for heads in HEADS}

    @property
    def variant(self) -> str:
        return self.variants[self.heads]


PRESETS: dict[str, Softmax] = {
    "Two heads": Softmax(),
    "One head": Softmax(heads=1),
    "Four heads": Softmax(heads=4),
    "By Muon": Softmax(optimiser="muon", part="training"),
    "Sharper": Softmax(temperature=0.25),
    "Half-way": Softmax(frame=FRAMES // 2),
}
"""Named states of the lesson; the first is its default."""
