"""A small app with the real component, for the browser tests and benchmarks/live.py.

`?scene=name` shows one scene; each is a fragment, as on the real pages.
"""

import time
from dataclasses import replace
from typing import Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from icl_core.live import (
    LAYOUT,
    READOUT,
    Grid,
    Link,
    Player,
    Quantity,
    Readout,
    Slider,
    View,
)
from ui.live import asked_values, live_chart

LAYERS = np.arange(1, 51)
METHODS = ("GD", "GD++", "Ridge", "Bayes")
NOISE = Slider(
    name="noise", label="Noise σ", minimum=0.0, maximum=2.0, step=0.01, value=0.5, format=".2f"
)
NODES = np.linspace(0, 2, 60)


def loss(noise, damping=1.0):
    """Four made-up curves over the layers, with the shape of `noise` in front."""
    noise = np.asarray(noise, dtype=float)[..., None]
    damping = np.asarray(damping, dtype=float)[..., None]
    return {
        "GD": np.exp(-LAYERS * damping / 20) + noise**2,
        "GD++": np.exp(-LAYERS * damping / 8) + noise**2 / 2,
        "Ridge": 0.3 * noise**2 + 0 * LAYERS,
        "Bayes": 0.2 * noise**2 + 0 * LAYERS,
    }


def line_figure(curves):
    figure = go.Figure(layout={"margin": {"t": 20}})
    figure.update_xaxes(title="layer", range=[1, 50])
    figure.update_yaxes(title="loss", range=[0, 5])
    for name, values in curves.items():
        figure.add_scatter(x=LAYERS, y=values, name=name, uid=name, mode="lines")
    return figure


def show(
    figure,
    *,
    key,
    alt,
    height=None,
    file_name="figure",
    on_change=None,
    placeholder_svg=None,
    **more,
):
    """A live chart of a figure; `more` are other fields of its View."""
    figure.update_layout(height=height, meta={"alt": alt, "name": file_name})
    view = View(figure=figure, **more)
    live_chart(view, key=key, on_change=on_change, placeholder_svg=placeholder_svg)


def at(slider, key):
    """`slider` where the reader left it."""
    return replace(slider, value=asked_values(key, [slider])[slider.name])


def lines():
    """One slider; the value goes to session state and the link."""
    try:
        start = min(2.0, max(0.0, float(st.query_params.get("noise", "0.5"))))
    except ValueError:
        start = 0.5
    st.session_state.setdefault("noise", start)
    noise = replace(NOISE, value=st.session_state["noise"])

    def keep(values):
        st.session_state["noise"] = values["noise"]
        st.query_params["noise"] = f"{values['noise']:g}"

    quantities = [Quantity(trace=n, field="y", values=v) for n, v in loss(NODES).items()]
    show(
        line_figure(loss(noise.value)),
        key="lines",
        alt="Loss by layer for four methods.",
        controls=[noise],
        grid=Grid(axes={"noise": NODES}, quantities=quantities),
        on_change=keep,
        file_name="loss-by-layer",
        placeholder_svg="<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 4'>"
        "<path d='M0 0L9 4' stroke='gray' stroke-width='.1'/></svg>",
    )
    st.caption(f"the server has noise {noise.value:g}")


def bands():
    """Two sliders, a band, markers, a moving line and a readout."""
    noise = at(NOISE, "bands")
    damping = at(
        Slider(
            name="damping",
            label="Damping",
            minimum=0.01,
            maximum=10,
            step=0.02,
            value=1,
            scale="log",
        ),
        "bands",
    )
    values = asked_values("bands", [noise, damping])
    noise = replace(noise, value=values["noise"])
    damping = replace(damping, value=values["damping"])

    def parts(noise, damping):
        middle = loss(noise, damping)["GD"]
        return {"low": middle / 1.5, "high": middle * 1.5, "middle": middle}

    now = parts(noise.value, damping.value)
    figure = go.Figure(layout={"yaxis": {"type": "log", "range": [-3, 1.2]}})
    figure.update_xaxes(range=[0, 51])
    figure.add_scatter(x=LAYERS, y=now["low"], uid="low", line_width=0, showlegend=False)
    figure.add_scatter(
        x=LAYERS, y=now["high"], uid="high", line_width=0, fill="tonexty", name="90 %"
    )
    figure.add_scatter(
        x=LAYERS, y=now["middle"], uid="middle", name="GD", mode="lines+markers", line_color="#000"
    )
    place = 5 + 20 * noise.value
    figure.add_scatter(x=[place, place], y=[1e-3, 15], uid="mark", mode="lines", showlegend=False)
    s, d = np.linspace(0, 2, 21), np.geomspace(0.01, 10, 13)
    s2, d2 = np.meshgrid(s, d, indexing="ij")
    quantities = [
        Quantity(trace=n, field="y", values=v, scale="log") for n, v in parts(s2, d2).items()
    ]
    quantities += [
        Quantity(trace="mark", field="x", values=np.stack([5 + 20 * s2] * 2, axis=-1)),
        Quantity(trace=READOUT, field="last", values=parts(s2, d2)["middle"][..., -1]),
    ]
    show(
        figure,
        key="bands",
        alt="GD with a band.",
        controls=[noise, damping],
        grid=Grid(axes={"noise": s, "damping": d}, quantities=quantities),
        readouts=[Readout(name="last", label="Last loss", value=now["middle"][-1], format=".4g")],
    )


def matrix(layer, size=40):
    i, j = np.indices((size, size))
    return np.cos(i / (3 + layer)) * np.sin(j / 5 + layer / 2)


def heatmap():
    """A heatmap under a slider that interpolates between layers."""
    depth = at(
        Slider(name="depth", label="Depth", minimum=0, maximum=9, step=0.01, value=0, format=".2f"),
        "heatmap",
    )
    figure = go.Figure(
        go.Heatmap(z=matrix(depth.value), uid="Q", zmid=0, zmin=-1, zmax=1, colorscale="RdBu")
    )
    nodes = np.arange(10.0)
    values = np.stack([matrix(node) for node in nodes])
    show(
        figure,
        key="heatmap",
        alt="A matrix.",
        controls=[depth],
        grid=Grid(
            axes={"depth": nodes}, quantities=[Quantity(trace="Q", field="z", values=values)]
        ),
    )


def movie():
    """A player; every frame is exact."""
    player = Player(
        name="layer", label="Layer", labels=[f"layer {k}" for k in range(6)], seconds=0.2
    )
    frame = int(asked_values("movie", [player])["layer"])
    player = replace(player, value=frame)
    figure = go.Figure(go.Heatmap(z=matrix(frame, 8), uid="Q", zmin=-1, zmax=1, colorscale="RdBu"))
    values = np.stack([matrix(k, 8) for k in range(6)])
    show(
        figure,
        key="movie",
        alt="A matrix, layer by layer.",
        controls=[player],
        grid=Grid(
            axes={"layer": range(6)},
            quantities=[Quantity(trace="Q", field="z", values=values)],
            exact=True,
        ),
        height=300,
    )
    st.caption(f"the server has layer {frame}")


def stems():
    """Eigenvalues as stems under a slider."""
    gamma = at(
        Slider(name="gamma", label="γ", minimum=0, maximum=1, step=0.01, value=0.2, format=".2f"),
        "stems",
    )
    eigenvalues = np.linspace(0.1, 1, 12)

    def moved(gamma):
        gamma = np.asarray(gamma)[..., None]
        return eigenvalues * (1 - gamma * eigenvalues) ** 2

    def stem_x(gamma):
        tops = moved(gamma)
        return np.stack([tops, tops, np.full_like(tops, np.nan)], axis=-1).reshape(
            *tops.shape[:-1], -1
        )

    heights = np.arange(1.0, 13)
    now = [None if np.isnan(x) else x for x in stem_x(gamma.value)]
    figure = go.Figure(layout={"xaxis": {"range": [0, 1.05]}, "yaxis": {"range": [0, 13]}})
    stem_y = [y for height in heights for y in (0, height, None)]
    figure.add_scatter(x=now, y=stem_y, uid="stems", mode="lines", showlegend=False)
    figure.add_scatter(x=moved(gamma.value), y=heights, uid="tops", mode="markers", name="λ")
    nodes = np.linspace(0, 1, 21)
    show(
        figure,
        key="stems",
        alt="Eigenvalues.",
        controls=[gamma],
        grid=Grid(
            axes={"gamma": nodes},
            quantities=[
                Quantity(trace="tops", field="x", values=moved(nodes)),
                Quantity(trace="stems", field="x", values=stem_x(nodes)),
            ],
        ),
    )


def linked():
    """Two pairs of charts that answer each other's hover: by layer, and by method."""

    def one(key: str, by: Literal["x", "trace"]):
        show(
            line_figure(loss(0.5 if key in "ac" else 1.0)),
            key=f"linked-{key}",
            alt=f"Chart {key}.",
            link=Link(group=f"by {by}", by=by),
            height=300,
        )

    left, right = st.columns(2)
    with left:
        one("a", "x")
        one("c", "trace")
    with right:
        one("b", "x")
        one("d", "trace")


def gaps():
    """A curve that diverges, drawn from a grid in which it does so too."""
    noise = at(NOISE, "gaps")

    def diverging(noise):
        values = loss(noise)["GD"]
        return np.where((LAYERS > 30) & (np.asarray(noise)[..., None] > 0.2), np.inf, values)

    figure = line_figure({"GD": diverging(noise.value)})
    figure.add_vline(x=10 * noise.value)
    show(
        figure,
        key="gaps",
        alt="A curve with gaps.",
        controls=[noise],
        grid=Grid(
            axes={"noise": NODES},
            quantities=[
                Quantity(trace="GD", field="y", values=diverging(NODES)),
                Quantity(trace=LAYOUT, field="shapes[0].x0", values=10 * NODES),
                Quantity(trace=LAYOUT, field="shapes[0].x1", values=10 * NODES),
            ],
        ),
    )


def tabs():
    """A chart that starts in a hidden tab."""
    first, second = st.tabs(["first", "second"])
    first.write("Nothing here.")
    with second:
        show(line_figure(loss(0.5)), key="hidden", alt="Hidden at first.")


def slow():
    """No grid, and an engine that takes its time."""
    noise = at(NOISE, "slow")
    if noise.value != NOISE.value:
        time.sleep(0.5)
    show(line_figure(loss(noise.value)), key="slow", alt="Slow.", controls=[noise])


def steps():
    """A player without a grid: every frame is the server's."""
    player = Player(name="step", label="Step", labels="abcd", seconds=0.1)
    frame = int(asked_values("steps", [player])["step"])
    time.sleep(0.2)
    show(
        line_figure(loss(frame / 2)),
        key="steps",
        alt="Step by step.",
        controls=[replace(player, value=frame)],
    )


def leaving():
    """A chart that can be taken off the page."""
    if st.checkbox("show", value=True):
        show(line_figure(loss(0.5)), key="leaving", alt="", link=Link(group="g", by="x"))


SCENES = {
    scene.__name__: scene
    for scene in (lines, bands, heatmap, movie, stems, linked, gaps, tabs, slow, steps, leaving)
}
st.set_page_config(layout="wide")
st.title("Live")
for name in st.query_params.get("scene", "lines").split(","):
    st.fragment(SCENES[name])()
