"""What a page with a live chart sends to the browser."""

import json

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    """A page with one live chart; a script of its own, for AppTest."""
    import plotly.graph_objects as go
    import streamlit as st

    from icl_core.live import Grid, Quantity, Readout, Slider, View
    from ui.live import live_chart

    st.session_state.setdefault("noise", 0.5)
    noise = st.session_state["noise"]
    figure = go.Figure(go.Scatter(y=[noise, noise**2], name="GD++")).update_layout(height=321)
    view = View(
        figure=figure,
        controls=[Slider(name="noise", label="N", minimum=0, maximum=2, step=0.1, value=noise)],
        grid=Grid(
            axes={"noise": [0, 2]},
            quantities=[Quantity(trace="GD++", field="y", values=[[0, 0], [2, 4]])],
        ),
        readouts=[Readout(name="gap", label="Gap", value=float("nan"))],
    )
    live_chart(view, key="chart", on_change=st.session_state.update)


def sent(at: AppTest) -> dict:
    return json.loads(at.get("bidi_component")[0].proto.bytes, parse_constant=pytest.fail)


def test_a_page_sends_the_chart_and_its_grid_apart():
    at = AppTest.from_function(page, default_timeout=30).run()
    assert not at.exception
    chart, store = at.get("bidi_component")
    data = sent(at)
    assert data["values"] == {"noise": 0.5}
    assert data["height"] == 321
    assert data["names"] == {"GD_2b__2b_": "GD++"}
    assert data["readouts"][0]["value"] is None
    assert set(data["templates"]) == {"light", "dark", "paper"}
    assert store.proto.bytes[:24].decode() == data["source"]
    # Sent with every release.
    assert len(chart.proto.SerializeToString()) < 12_000
    assert "font" not in json.loads(data["figure"])["layout"]


def test_the_question_is_echoed_and_state_admitted():
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["chart"] = {"asked": {"question": 7, "values": {"noise": 9.0}}}
    at.run()
    assert not at.exception
    assert sent(at)["question"] == 7
    assert sent(at)["values"] == {"noise": 0.5}
