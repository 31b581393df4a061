"""Choices of the lesson on trainings that struggle, and its named states."""

from collections.abc import Mapping
from dataclasses import dataclass

from icl_core.experiments.variations.settings import EVERY, FIXED, VARIANTS
from icl_core.lessons.shared.parts import Part
from icl_core.validation import Config, checked, choice, integer

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
PARTS = {
    "weights": Part("Its weights while it learns", ("weights", "likeness"), (3, 4)),
    "ends": Part("How all of them end", ("ends", "shift")),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Variations(Config):
    """Choices of the lesson. seed: whose weights; frame: how far in its training, in snapshots."""

    variant: str = checked("heads1", choice, "The variant", LABELS)
    seed: int = 0
    frame: int = checked(FRAMES - 1, integer, "The snapshot", (0, FRAMES - 1))
    part: str = checked("weights", choice, "The part looked at", PARTS)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(seed=integer("The seed", self.seed, (0, VARIANTS[self.variant].seeds - 1)))

    @property
    def story(self) -> str:
        return next(story for story, variants in STORIES.items() if self.variant in variants)


PRESETS: dict[str, Variations] = {
    "One head": Variations(),
    "Two heads": Variations(variant="heads2"),
    "Too few prompts": Variations(variant="fixed128", part="ends"),
    "Enough prompts": Variations(variant="fixed2048", part="ends"),
    "LayerNorm": Variations(variant="norm1", part="ends"),
    "Attention + MLP": Variations(variant="grok"),
}
"""Named states of the lesson; the first is its default."""
