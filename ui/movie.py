"""The player that goes through the snapshots of a shipped training."""

from typing import Any

import numpy as np

from icl_core.lessons.weights import Story, Weights
from ui.calls import weights_movie
from ui.live import Grid, Player, Quantity


def movie_player(config: Weights, story: Story) -> Player:
    """At the snapshot of the config, or at the last."""
    return Player(
        name="snapshot",
        label="Training",
        labels=[f"{step:,} updates" for step in story.steps],
        value=story.last if config.snapshot is None else min(config.snapshot, story.last),
        seconds=0.25,
    )


def movie_options(config: Weights, story: Story) -> dict[str, Any]:
    """controls and grid of a chart that shows `weights.heatmap_figure`; none without a movie."""
    if not story.last:
        return {}
    movie = weights_movie(
        config.task, config.parametrization, config.layers, config.layer, config.coordinates
    )
    now = {"x": story.steps[:, None] + 1.0, "y": story.loss[:, None]}
    moving = [Quantity(trace=uid, field="z", values=z) for uid, z in movie.items()]
    moving += [Quantity(trace="now", field=name, values=v) for name, v in now.items()]
    grid = Grid(axes={"snapshot": np.arange(len(story.steps))}, quantities=moving, exact=True)
    return {"controls": [movie_player(config, story)], "grid": grid}
