"""Grids from what is drawn at each of their nodes, and players of trainings."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from icl_core.live.controls import Player, Scale
from icl_core.live.grid import Grid, Quantity
from icl_core.plots import Curve
from icl_core.plots.heatmaps import Panel

BOTTOM = 1e-12
"""Losses of a grid are interpolated by their logarithm and count as at least this, by default."""
Values = Mapping[tuple[str, str], ArrayLike]
"""What moves, by trace and field (see `Quantity`)."""
Axes = Mapping[str, Sequence[float] | np.ndarray]
Index = tuple[int, ...]


def quantities(values: Values, scale: Scale = "linear") -> list[Quantity]:
    """Values at every node, which are their first axes, as a grid holds them."""
    return [
        Quantity(trace=trace, field=field, values=array, scale=scale)
        for (trace, field), array in values.items()
    ]


def grid_at(
    axes: Axes,
    values_at: Callable[[Index], Values],
    *,
    scale: Scale = "linear",
    exact: bool = False,
) -> Grid:
    """A grid of what `values_at` gives at the node of that index, of the same shapes everywhere."""
    shape = tuple(len(nodes) for nodes in axes.values())
    found = [values_at(index) for index in np.ndindex(shape)]
    values = {}
    for key in found[0]:
        stacked = np.stack([np.asarray(node[key]) for node in found])
        values[key] = stacked.reshape(shape + stacked.shape[1:])
    return Grid(axes=axes, quantities=quantities(values, scale), exact=exact)


def curve_grid(
    axes: Axes,
    curves_at: Callable[[Index], Iterable[Curve]],
    *,
    exact: bool = False,
    bottom: float = BOTTOM,
) -> Grid:
    """A grid of losses: `curves_at` gives the same curves of the same length at every node."""

    def values_at(index: Index) -> Values:
        drawn = [item for curve in curves_at(index) for item in curve.values().items()]
        return {(uid, "y"): np.maximum(y, bottom) for uid, y in drawn}

    return grid_at(axes, values_at, scale="log", exact=exact)


def matrix_values(rows: Sequence[Sequence[Panel]]) -> dict[tuple[str, str], ArrayLike]:
    """The matrices of heatmaps, which are the same panels at every node."""
    return {(panel.uid, "z"): panel.matrix for row in rows for panel in row}


def updates_player(steps: Iterable[float], frame: int) -> Player:
    """Goes through snapshots, taken after so many updates each."""
    labels = [f"{int(step):,}" for step in steps]
    return Player("frame", "Updates", labels, value=frame, seconds=0.15)
