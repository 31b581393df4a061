"""Snapshots of a training, or layers, one after the other."""

from collections.abc import Iterable, Sequence

import numpy as np

from icl_core.live.controls import Player
from icl_core.live.grid import Quantity
from icl_core.plots.heatmaps import Panel


def heatmap_movie(frames: Iterable[Sequence[Sequence[Panel]]]) -> list[Quantity]:
    """The matrices of all panels by frame, each [frames, rows, columns]; every frame has the same
    panels."""
    found = [{panel.uid: panel.matrix for row in rows for panel in row} for rows in frames]
    return [
        Quantity(trace=uid, field="z", values=np.stack([frame[uid] for frame in found]))
        for uid in found[0]
    ]


def updates_player(steps: Iterable[float], frame: int) -> Player:
    """Goes through snapshots, taken after so many updates each."""
    return Player(
        name="frame",
        label="Updates",
        labels=[f"{int(step):,}" for step in steps],
        value=frame,
        seconds=0.15,
    )
