"""The shipped results that the lesson shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icl_core.experiments.several_layers.settings import (
    BASELINES,
    KINDS,
    Kind,
    baseline,
    run_name,
    shifts_name,
)
from icl_core.lessons.several_layers.config import CLIPPED, SeveralLayers
from icl_core.models.linear import LinearTransformer
from icl_core.validation import Reach
from icl_core.zoo.parts import FOLDER, Part, load_part


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


def measure(config: SeveralLayers) -> Runs:
    """What the views show, from the shipped files; the same for all choices."""
    return read()


def reach(config: SeveralLayers, runs: Runs) -> dict[str, Reach]:
    """Seeds and layers are those of the kind; of tied layers all are one."""
    story = runs[config.kind]
    found = {"seed": Reach("Seed", 0, len(story.runs) - 1)}
    if not story.kind.tied and not story.kind.clipped:
        found["layer"] = Reach("Weights of layer", 1, story.kind.layers)
    return found
