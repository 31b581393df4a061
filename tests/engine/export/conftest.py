"""Figures to export."""

import plotly.graph_objects as go
import pytest

from icl_core.live import View


@pytest.fixture
def titled():
    """titled("words") is a small view with that title."""

    def make(title: str, **more) -> View:
        figure = go.Figure(go.Scatter(x=[1, 2, 3], y=[2.0, 1.0, 3.0], uid="GD++", name="GD++"))
        figure.update_layout(title={"text": title}, height=400, meta={"alt": "A curve."})
        return View(figure=figure, **more)

    return make
