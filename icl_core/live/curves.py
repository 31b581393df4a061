"""Grids of curves of losses."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from icl_core.live.grid import Grid, Quantity
from icl_core.plots.drawing import Curve

BOTTOM = 1e-12
"""Losses of a grid are interpolated by their logarithm and count as at least this, by default."""


def curve_grid(
    axes: Mapping[str, Sequence[float] | np.ndarray],
    curves_at: Callable[[tuple[int, ...]], Sequence[Curve]],
    *,
    exact: bool = False,
    bottom: float = BOTTOM,
) -> Grid:
    """A grid of losses: `curves_at` gives the curves at the node of that index.

    They must be the same curves of the same length at every node.
    """
    shape = tuple(len(nodes) for nodes in axes.values())
    nodes = [_values(curves_at(index)) for index in np.ndindex(shape)]
    quantities = []
    for uid in nodes[0]:
        stacked = np.stack([np.maximum(node[uid], bottom) for node in nodes])
        values = stacked.reshape(shape + stacked.shape[1:])
        quantities.append(Quantity(trace=uid, field="y", values=values, scale="log"))
    return Grid(axes=axes, quantities=quantities, exact=exact)


def _values(curves: Sequence[Curve]) -> dict[str, np.ndarray]:
    return {uid: np.asarray(y) for curve in curves for uid, y in curve.values().items()}
