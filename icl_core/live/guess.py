"""A view before its answer is known, and what a reader has guessed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go

from icl_core.live.view import View
from icl_core.plots.style import GUESS

MARK = "your guess"


def held_back(view: View, names: Mapping[str, int]) -> View:
    """A view without the traces of these uids (bands of one included), names or groups, but for so
    many points of each. Then nothing of it moves, and it says no more than its title."""

    def kept(trace: Any) -> int | None:
        own = (trace.uid, str(trace.uid).split(":")[0], trace.name, trace.legendgroup)
        return next((count for name, count in names.items() if name in own), None)

    figure = go.Figure(view.figure)
    traces: Any = figure.data
    counts = [(trace, kept(trace)) for trace in traces]
    if all(count is None for _, count in counts):
        return view
    figure.data = ()
    for trace, count in counts:
        if count:
            trace.update(x=trace.x[:count], y=trace.y[:count])
        if count != 0:
            figure.add_trace(trace)
    return View(figure=figure, title=view.title)


def marked(view: View, x: float, y: float) -> View:
    """A view with the point that was guessed."""
    diamond = {"symbol": "diamond", "size": 13, "color": GUESS}
    looks = {"mode": "markers", "marker": diamond, "cliponaxis": False}
    figure = go.Figure(view.figure)
    figure.add_scatter(x=[x], y=[y], name=MARK, uid=MARK, **looks)
    return replace(view, figure=figure)
