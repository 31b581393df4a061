"""Choices of the lesson on one prompt, and its named states."""

from dataclasses import dataclass
from typing import Any, ClassVar

from icl_core.lessons.shared.fields import OfModel, name_or_none, text
from icl_core.lessons.shared.parts import Part
from icl_core.lessons.shared.shipped import Kin
from icl_core.validation import checked, choice, integer, number

PARTS = {
    "ends": Part("Where each method ends", ("weights",)),
    "steps": Part("Step by step", ("steps", "iterations")),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class OnePrompt(OfModel):
    """Choices of the lesson: the prompt (seed) of a task, its noise level, the models' depth, and a
    model beside them by its name, "" for none."""

    task: str = checked("uniform5_d10_n20", text, "The task")
    seed: int = checked(7, integer, "The number of the prompt", "seed")
    sigma: float = checked(2.0, number, "The noise level sigma", "sigma")
    layers: int = checked(7, integer, "The number of layers L", "num_layers")
    beside: str = checked("", name_or_none, "The model beside")
    part: str = checked("ends", choice, "The part looked at", PARTS)

    of_one_head: ClassVar[bool] = True

    @staticmethod
    def picks(kin: Kin, layers: int) -> dict[str, Any]:
        return {"layers": layers}


PRESETS: dict[str, OnePrompt] = {
    "A prompt of medium noise": OnePrompt(),
    "Almost no noise": OnePrompt(sigma=0.25),
    "Much noise": OnePrompt(sigma=5.0),
    "Two layers": OnePrompt(layers=2),
    "Noise is 1 or 3": OnePrompt(task="categorical1-3_d10_n20", sigma=3.0),
    "A prompt that misleads": OnePrompt(seed=19, sigma=3.0),
}
"""Named states of the lesson; the first is its default."""
