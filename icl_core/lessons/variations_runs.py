"""What is known of trainings that struggle: choices of the lesson, and the shipped runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icl_core.validation import Config, choice, integer
from icl_core.zoo.paper1.store import FOLDER, Part, load_part
from icl_core.zoo.paper1.variations import EVERY, FIXED, PREFIX, REFERENCE, VARIANTS

STORIES: Mapping[str, tuple[str, ...]] = {
    "plateau": ("heads1", "heads2"),
    "fixed": tuple(f"fixed{tasks}" for tasks in FIXED),
    "norm": ("norm1", "norm2"),
    "block": ("grok",),
}
"""Variants that are told together."""
LABELS: Mapping[str, str] = {
    "heads1": "One head",
    "heads2": "Two heads",
    **{f"fixed{tasks}": f"{tasks:,} fixed prompts" for tasks in FIXED},
    "norm1": "LayerNorm, one layer",
    "norm2": "LayerNorm between two layers",
    "grok": "Attention + MLP, 8,192 fixed prompts",
}
FRAMES = len(VARIANTS["heads1"].run.marks()[::EVERY])


@dataclass(frozen=True, kw_only=True)
class Variations(Config):
    """Choices of the lesson. seed: whose weights; frame: how far in its training, in snapshots."""

    variant: str = "heads1"
    seed: int = 0
    frame: int = FRAMES - 1

    def __post_init__(self) -> None:
        variant = choice("The variant", self.variant, LABELS)
        last = VARIANTS[variant].seeds - 1
        self._set(
            variant=variant,
            seed=integer("The seed", self.seed, (0, last)),
            frame=integer("The snapshot", self.frame, (0, FRAMES - 1)),
        )

    @property
    def story(self) -> str:
        return next(story for story, variants in STORIES.items() if self.variant in variants)


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


def read(folder: Path = FOLDER) -> Trainings:
    """All parts of the experiment."""
    return Trainings(
        parts={name: load_part(PREFIX + name, folder) for name in VARIANTS},
        reference=load_part(REFERENCE, folder),
    )
