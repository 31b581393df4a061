"""Choices of the lesson on several layers, and its named states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from icl_core.experiments.several_layers.settings import ARCHITECTURES, CLIP
from icl_core.lessons.shared.parts import Part
from icl_core.validation import Config, checked, choice, integer

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
FRAMES = len(ARCHITECTURES["tied2"].run.marks())
SEEDS = max(len(kind.seeds) for kind in ARCHITECTURES.values())
LAYERS = max(kind.layers for kind in ARCHITECTURES.values())
PARTS = {
    "direction": Part("Whom they are like", ("cosines", "likeness")),
    "weights": Part("Their weights", ("weights", "mixes"), (4, 3)),
    "depths": Part("Every seed and depth", ("training", "depths")),
    "scales": Part("Larger inputs", ("scales",)),
}
"""What is below the first picture."""
UNBUILT = tuple(name for name in PARTS if name != "weights")
"""Parts of layers beside which no weights can be made by hand: blocks with heads and MLPs."""


@dataclass(frozen=True, kw_only=True)
class SeveralLayers(Config):
    """Choices of the lesson.

    kind: which layers; seed: whose weights; frame: how far in its training, in snapshots; layer:
    whose matrices, counted from 1; tokens: whether mixtures have theirs clipped to +-10. Which
    seeds and layers there are follows from the kind (`measure.reach`).
    """

    kind: KindName = checked("tied2", choice, "The kind of layers", get_args(KindName))
    seed: int = checked(0, integer, "The seed", (0, SEEDS - 1))
    frame: int = checked(FRAMES - 1, integer, "The snapshot", (0, FRAMES - 1))
    layer: int = checked(1, integer, "The layer", (1, LAYERS))
    tokens: Tokens = checked("free", choice, "The tokens", get_args(Tokens))
    part: str = checked("direction", choice, "The part looked at", PARTS)


EARLIEST = 30
PRESETS: dict[str, SeveralLayers] = {
    "Two tied": SeveralLayers(),
    "Two tied, half-way": SeveralLayers(frame=16),
    "Five untied": SeveralLayers(kind="untied5", layer=2, part="weights"),
    "Ten tied": SeveralLayers(kind="tied10"),
    "Twelve blocks": SeveralLayers(kind="blocks12", part="depths"),
    "Five untied, mixed and clipped": SeveralLayers(
        kind="untied5", layer=5, tokens="clipped", part="weights"
    ),
}
"""Named states of the lesson; the first is its default."""


def offers(config: SeveralLayers) -> tuple[str, ...]:
    """The parts that there are of a kind of layers."""
    return UNBUILT if ARCHITECTURES[config.kind].clipped else tuple(PARTS)
