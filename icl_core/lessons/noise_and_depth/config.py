"""Choices of the lesson on noise and depth, and its named states."""

from dataclasses import dataclass
from typing import Any, ClassVar

from icl_core.lessons.shared.bands import STATISTICS, Statistic
from icl_core.lessons.shared.fields import OfModel, name_or_none, names, switch, text
from icl_core.lessons.shared.parts import Part
from icl_core.lessons.shared.shipped import Kin
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.validation import checked, choice, integer, number

CONTEXTS = (2, 5, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80, 100, 150, 200)
"""Context lengths on offer; models were trained on one of them."""
DIMENSIONS = (1, 2, 3, 5, 8, 10, 12, 15, 20)
"""Dimensions on offer, likewise."""
LEVELS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
"""Noise levels on offer for a model that knows no other."""


PARTS = {
    "noise": Part("By noise level", ("profile",)),
    "layers": Part("Layer by layer", ("layers",)),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class NoiseAndDepth(OfModel):
    """Choices of the lesson. num_context and dim None are those of training;
    `level` adds the best that training at that one noise level leads to, `beside` a model by its
    name; "" for none."""

    task: str = checked("uniform5_d10_n20", text, "The task")
    models: tuple[str, ...] = checked(
        PARAMETRIZATIONS, names, "The list of models", PARAMETRIZATIONS
    )
    layers: int = checked(4, integer, "The number of layers L", "num_layers")
    sigma: float = checked(1.0, number, "The noise level sigma", "sigma")
    num_context: int | None = checked(None, integer, "The context length n", "num_context")
    dim: int | None = checked(None, integer, "The dimension d", (1, DIMENSIONS[-1]))
    level: float | None = checked(None, number, "The one noise level", "sigma")
    beside: str = checked("", name_or_none, "The model beside")
    statistic: Statistic = checked("mean", choice, "The statistic", STATISTICS)
    part: str = checked("noise", choice, "The part looked at", PARTS)
    published: bool = checked(False, switch, "The switch for published values")

    of_one_head: ClassVar[bool] = True

    @staticmethod
    def picks(kin: Kin, layers: int) -> dict[str, Any]:
        return {"layers": layers}


PRESETS: dict[str, NoiseAndDepth] = {
    "Any noise from 0 to 5": NoiseAndDepth(),
    "Only noise 1 or 3": NoiseAndDepth(task="categorical1-3_d10_n20", sigma=3.0),
    "One layer": NoiseAndDepth(layers=1),
    "Longer prompts": NoiseAndDepth(num_context=30),
    "Fewer dimensions": NoiseAndDepth(dim=5),
    "Beside one noise level": NoiseAndDepth(layers=7, level=2.0),
    "The typical prompt": NoiseAndDepth(statistic="median"),
}
"""Named states of the lesson; the first is its default."""
