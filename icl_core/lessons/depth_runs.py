"""What is known of layers in depth: choices of the lesson, and the shipped results it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from icl_core.models.linear import LinearTransformer
from icl_core.validation import Config, choice, integer
from icl_core.zoo.paper1.depth import (
    BASELINES,
    CLIP,
    KINDS,
    Kind,
    baseline,
    run_name,
    shifts_name,
)
from icl_core.zoo.paper1.store import FOLDER, Part, load_part

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
class Depth(Config):
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Story:
    """One kind: its runs by seed, what was measured on them, what they are compared with."""

    name: str
    kind: Kind
    runs: tuple[Part, ...]
    shifts: Part
    baselines: Part

    def over_seeds(self, key: str) -> np.ndarray:
        return np.stack([run[key] for run in self.runs])

    @property
    def x(self) -> np.ndarray:
        """Updates + 1 of every snapshot."""
        return self.runs[0]["steps"] + 1.0

    def loss(self, method: str) -> np.ndarray:
        """Mean loss and standard error by step, [2, K+1], of "gd" or "gdpp": exact without
        clipping, sampled for models that are trained with it."""
        if self.kind.clipped:
            return self.shifts[f"clipped:{method}"][0]
        return self.baselines[f"{self.name}:{method}:loss"][:2]

    def ends(self) -> np.ndarray:
        """Mean loss and standard error by layer at the end of training, [seeds, 2, L+1]."""
        return self.over_seeds("end:loss")

    def final(self) -> tuple[np.ndarray, float]:
        """Loss after the last layer by seed, and the standard error of any of them.

        Without clipping the exact one of GD++ and a paired difference: less noise than a mean.
        """
        if self.kind.clipped:
            values = self.shifts["clipped:trained"][..., -1]
            return values[:, 0], float(values[:, 1].max())
        best, error = self.loss("gdpp")[:, -1]
        excess = self.over_seeds("end:excess")[:, :, -1]
        return best + excess[:, 0], float(np.hypot(error, excess[:, 1].max()))

    def gdpp(self) -> LinearTransformer:
        return baseline(self.baselines, self.name, "gdpp")


Runs = Mapping[str, Story]


def read(folder: Path = FOLDER) -> Runs:
    """All parts of the experiment, by kind."""
    baselines = load_part(BASELINES, folder)
    return {
        name: Story(
            name=name,
            kind=kind,
            runs=tuple(load_part(run_name(name, seed), folder) for seed in kind.seeds),
            shifts=load_part(shifts_name(name), folder),
            baselines=baselines,
        )
        for name, kind in KINDS.items()
    }


def condition(story: Story) -> str:
    """Whether what is shown was measured with clipped tokens."""
    return f"all with {CLIPPED}" if story.kind.clipped else "no clipping"
