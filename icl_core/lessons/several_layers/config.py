"""Choices of the lesson on several layers, and its named states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from icl_core.validation import Config, choice, integer
from icl_core.zoo.paper1.depth import (
    CLIP,
    KINDS,
)

KindName = Literal["tied2", "untied5", "tied10", "blocks12"]
Tokens = Literal["free", "clipped"]
STYLES = {"gd": "gd", "gdpp": "gdpp_tuned"}
"""Rows of the style table."""
SHORT: Mapping[str, str] = {
    "tied2": "two tied",
    "untied5": "five untied",
    "tied10": "ten tied",
    "blocks12": "twelve blocks",
}
NAMES = {"gd": "GD", "gdpp": "GD++"}
CLIPPED = f"tokens clipped to ±{CLIP:g}"
TRAINED = "trained layers"
FRAMES = len(KINDS["tied2"].run.marks())
SEEDS = max(len(kind.seeds) for kind in KINDS.values())
LAYERS = max(kind.layers for kind in KINDS.values())


@dataclass(frozen=True, kw_only=True)
class SeveralLayers(Config):
    """Choices of the lesson.

    kind: which layers; seed: whose weights; frame: how far in its training, in snapshots; layer:
    whose matrices, counted from 1; tokens: whether mixtures have theirs clipped to +-10. Which
    seeds and layers there are follows from the kind (`depth.reach`).
    """

    kind: KindName = "tied2"
    seed: int = 0
    frame: int = FRAMES - 1
    layer: int = 1
    tokens: Tokens = "free"

    def __post_init__(self) -> None:
        self._set(
            kind=choice("The kind of layers", self.kind, get_args(KindName)),
            seed=integer("The seed", self.seed, (0, SEEDS - 1)),
            frame=integer("The snapshot", self.frame, (0, FRAMES - 1)),
            layer=integer("The layer", self.layer, (1, LAYERS)),
            tokens=choice("The tokens", self.tokens, get_args(Tokens)),
        )


EARLIEST = 30
PRESETS: dict[str, SeveralLayers] = {
    "Two tied": SeveralLayers(),
    "Two tied, half-way": SeveralLayers(frame=16),
    "Five untied": SeveralLayers(kind="untied5", layer=2),
    "Ten tied": SeveralLayers(kind="tied10"),
    "Twelve blocks": SeveralLayers(kind="blocks12"),
    "Five untied, mixed and clipped": SeveralLayers(kind="untied5", layer=5, tokens="clipped"),
}
"""Named states of the lesson; the first is its default."""
