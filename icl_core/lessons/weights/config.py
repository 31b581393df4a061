"""Choices of the lesson on weights."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from icl_core.lessons.shared.fields import OfModel, name_or_none, text
from icl_core.lessons.shared.parts import Part
from icl_core.lessons.shared.shipped import Kin
from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.validation import checked, choice, integer

Coordinates = Literal["normalised", "raw"]
COORDINATES: tuple[Coordinates, ...] = get_args(Coordinates)
PARTS = {
    "theory": Part("Theory", ("theory", "omegas")),
    "parts": Part("Low rank", ("parts", "shares")),
    "compare": Part("Compare", ("compare",)),
    "seeds": Part("All models", ("distances", "omegas")),
}
"""What is looked at more closely, below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Weights(OfModel):
    """Choices of the lesson.

    The model is that of task, parametrization, layers, heads and seed. layer 0 shows all layers;
    snapshot None is the finished model. study is what is looked at more closely, there at layer
    `focus`, with `rank` beside the diagonal part, or against the model `other` of the same d and
    depth, by its short name if it is of this task ("diag", "diag_H2", "full_s1"), else by its name;
    "" is the first there is.
    """

    task: str = checked("categorical1-3_d10_n20", text, "The task")
    parametrization: Parametrization = checked(
        "full", choice, "The parametrization", PARAMETRIZATIONS
    )
    layers: int = checked(4, integer, "The number of layers L", "num_layers")
    heads: int = checked(1, integer, "The number of heads H", "num_heads")
    seed: int = checked(0, integer, "The seed", "seed")
    layer: int = checked(0, integer, "The layer", (0, 12))
    coordinates: Coordinates = checked("normalised", choice, "The coordinates", COORDINATES)
    snapshot: int | None = checked(None, integer, "The snapshot", (0, 1000))
    study: str = checked("theory", choice, "The study", PARTS)
    focus: int = checked(3, integer, "The layer looked into", (1, 12))
    rank: int = checked(1, integer, "The rank", (0, 65))
    other: str = checked("", name_or_none, "The model to compare with")

    of_first_seed: ClassVar[bool] = False

    @staticmethod
    def picks(kin: Kin, layers: int) -> dict[str, Any]:
        return kin._asdict() | {"layers": layers}


PRESETS: dict[str, Weights] = {
    "Four full layers": Weights(),
    "One layer: gradient descent": Weights(layers=1, task="uniform5_d10_n20"),
    "Before training": Weights(snapshot=0),
    "Seven layers, in pieces": Weights(
        task="uniform5_d10_n20", layers=7, layer=4, study="parts", focus=4
    ),
    "Two heads": Weights(parametrization="diag", layers=2, heads=2, study="compare", other="diag"),
    "All models of one depth": Weights(task="uniform5_d10_n20", layers=3, study="seeds"),
    "Four numbers a layer": Weights(parametrization="diag"),
    "Raw coordinates": Weights(coordinates="raw"),
}
"""Named states of the lesson; the first is its default."""
