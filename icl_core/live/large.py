"""A view for the back row of a room."""

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go

from icl_core.live.view import View
from icl_core.plots.style import HEIGHT

LOWER = 0.78
"""Of the height of a figure: enlarged to the height that it had, its type and lines are so much
larger."""
FOOT = {"yref": "container", "y": 0, "yanchor": "bottom"}
"""Of a legend, for which plotly makes room below the names of the axes."""


def lowered(view: View) -> View:
    """A view that is to be enlarged: its lines and type stay as they are on a lower picture, if it
    is of one pair of axes with lines; panels and rows of cells need the height that they have."""
    figure: Any = view.figure
    layout = figure.layout.to_plotly_json()
    height = layout.get("height") or HEIGHT
    if "xaxis2" in layout or any(trace.type != "scatter" for trace in figure.data):
        return view
    low = go.Figure(figure).update_layout(height=round(LOWER * height), legend=FOOT)
    return replace(view, title=view.title, figure=low)
