"""Choices of the lesson on weights."""

from dataclasses import dataclass
from typing import Literal, get_args

from icl_core.lessons.shared.fields import text
from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.validation import Config, choice, integer

Coordinates = Literal["normalised", "raw"]
COORDINATES: tuple[Coordinates, ...] = get_args(Coordinates)
Study = Literal["theory", "parts", "compare", "seeds"]
STUDIES: tuple[Study, ...] = get_args(Study)


@dataclass(frozen=True, kw_only=True)
class Weights(Config):
    """Choices of the lesson.

    The model is that of task, parametrization, layers, heads and seed. layer 0 shows all layers;
    snapshot None is the finished model. study is what is looked at more closely, there at layer
    `focus`, with `rank` beside the diagonal part, or against the model `other` of the same task
    and depth, by its short name ("diag", "diag_H2", "full_s1"); "" is the first there is.
    """

    task: str = "categorical1-3_d10_n20"
    parametrization: Parametrization = "full"
    layers: int = 4
    heads: int = 1
    seed: int = 0
    layer: int = 0
    coordinates: Coordinates = "normalised"
    snapshot: int | None = None
    study: Study = "theory"
    focus: int = 3
    rank: int = 1
    other: str = ""

    def __post_init__(self) -> None:
        shot = self.snapshot
        self._set(
            task=text("The task", self.task),
            parametrization=choice("The parametrization", self.parametrization, PARAMETRIZATIONS),
            layers=integer("The number of layers L", self.layers, "num_layers"),
            heads=integer("The number of heads H", self.heads, "num_heads"),
            seed=integer("The seed", self.seed, "seed"),
            layer=integer("The layer", self.layer, (0, 12)),
            coordinates=choice("The coordinates", self.coordinates, COORDINATES),
            snapshot=None if shot is None else integer("The snapshot", shot, (0, 1000)),
            study=choice("The study", self.study, STUDIES),
            focus=integer("The layer looked into", self.focus, (1, 12)),
            rank=integer("The rank", self.rank, (0, 65)),
            other="" if self.other == "" else text("The model to compare with", self.other),
        )


PRESETS: dict[str, Weights] = {
    "Four full layers": Weights(),
    "One layer: gradient descent": Weights(layers=1, task="uniform5_d10_n20"),
    "Before training": Weights(snapshot=0),
    "Diagonal plus low rank": Weights(study="parts"),
    "FULL beside DIAG": Weights(study="compare", other="diag"),
    "Seven layers, in pieces": Weights(
        task="uniform5_d10_n20", layers=7, layer=4, study="parts", focus=4
    ),
    "Two heads": Weights(parametrization="diag", layers=2, heads=2, study="compare", other="diag"),
    "All models of one depth": Weights(task="uniform5_d10_n20", layers=3, study="seeds"),
    "Four numbers a layer": Weights(parametrization="diag"),
    "Raw coordinates": Weights(coordinates="raw"),
}
"""Named states of the lesson; the first is its default."""
