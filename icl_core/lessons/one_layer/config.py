"""Choices of the lesson on one trained layer, and its named states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from icl_core.experiments.one_layer import settings
from icl_core.experiments.shared import MAIN
from icl_core.lessons.shared.parts import Part
from icl_core.validation import Config, checked, choice, integer, number

Shift = Literal["input_shift", "target_shift", "law_shift"]
SHIFTS: Mapping[str, tuple[str, str, np.ndarray]] = {
    "input_shift": ("wider inputs", "inputs times α", settings.INPUT_SCALES),
    "target_shift": ("larger targets", "true weights times α", settings.TARGET_SCALES),
    "law_shift": ("other laws", "α: size of the context matrix", settings.LAW_SCALES),
}
TRAINED = "trained layer"
FRAMES = len(settings.SIZES[MAIN].marks())
PARTS = {
    "training": Part("Over training, all seeds", ("training", "alignment")),
    "tests": Part("Unlike its training", ("shift", "sizes")),
    "rollout": Part("The layer again and again", ("rollout", "limits"), (3, 2)),
    "mixes": Part("Mixed with one made by hand", ("mixes",)),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class OneLayer(Config):
    """Choices of the lesson. seed: whose weights; frame: how far in its training, in snapshots."""

    seed: int = checked(0, integer, "The seed", (settings.SEEDS[0], settings.SEEDS[-1]))
    frame: int = checked(FRAMES - 1, integer, "The snapshot", (0, FRAMES - 1))
    shift: Shift = checked("input_shift", choice, "The shift", get_args(Shift))
    damping: float = checked(
        0.75, number, "The damping", (settings.DAMPINGS[0], settings.DAMPINGS[-1])
    )
    part: str = checked("training", choice, "The part looked at", PARTS)


PRESETS: dict[str, OneLayer] = {
    "Trained": OneLayer(),
    "Half-way": OneLayer(frame=14),
    "Untrained": OneLayer(frame=0),
}
"""Named states of the lesson; the first is its default."""
