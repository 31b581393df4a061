"""The shipped trainings that the lesson shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icl_core.lessons.variations.config import Variations
from icl_core.zoo.paper1.store import FOLDER, Part, load_part
from icl_core.zoo.paper1.variations import (
    PREFIX,
    REFERENCE,
    VARIANTS,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trainings:
    """All variants by name, and the algorithms they are measured against."""

    parts: Mapping[str, Part]
    reference: Part

    def loss_of(self, descent: str) -> float:
        """Of "gd1", "gd2" or "gdpp2" on the task itself."""
        return float(self.reference[f"{descent}:loss"][0])

    def ends(self, variant: str, key: str = "loss") -> np.ndarray:
        """By seed, at the end of training."""
        return self.parts[variant][key][:, -1].astype(float)

    def shift_error(self, variant: str) -> float:
        """Largest standard error over seeds of the loss at inputs twice as wide."""
        return float(self.parts[variant]["shift"][:, -1, -1, 1].max())


def rivals(config: Variations) -> list[tuple[str, str]]:
    """Method of the style table and name of what a variant could at best be thought to do."""
    if VARIANTS[config.variant].trainee.model.num_layers == 1:
        return [("gd", "gd1")]
    return [("gd", "gd2"), ("gdpp_tuned", "gdpp2")]


def read(folder: Path = FOLDER) -> Trainings:
    """All parts of the experiment."""
    return Trainings(
        parts={name: load_part(PREFIX + name, folder) for name in VARIANTS},
        reference=load_part(REFERENCE, folder),
    )


def measure(config: Variations) -> Trainings:
    """What the views show, from the shipped files; the same for all choices."""
    return read()
