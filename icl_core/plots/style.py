"""How everything looks: one row per method, one template per surface.

Colours follow Okabe and Ito's palette, which colour-blind readers can tell apart; orange and sky
blue are darkened, so that each has a contrast of 3:1 on white and on the dark page, and one colour
per method serves both. Dash and marker differ too: a greyscale print stays legible.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import plotly.graph_objects as go

Mode = Literal["light", "dark", "paper"]
MODES: tuple[Mode, ...] = get_args(Mode)
"""Surfaces: the app's light and dark pages, and white paper for exports."""

FONT = "Source Sans, Segoe UI, Helvetica, Arial, sans-serif"
"""The first comes with the app; names that CSS would want quoted are left out."""
HEIGHT = 420
"""Pixels of a figure unless its content asks for another height."""


@dataclass(frozen=True, kw_only=True)
class MethodStyle:
    """One method's looks and words, the same on all pages and in all exports."""

    label: str
    color: str
    dash: str
    marker: str
    about: str


METHODS: dict[str, MethodStyle] = {
    "gd": MethodStyle(
        label="GD",
        color="#8a7340",
        dash="dot",
        marker="triangle-up",
        about="gradient descent from w = 0",
    ),
    "gdpp_tuned": MethodStyle(
        label="GD++ (algorithm)",
        color="#4c8c8a",
        dash="dash",
        marker="triangle-down",
        about="gradient descent that also improves the condition of the inputs",
    ),
    "heavy_ball": MethodStyle(
        label="Momentum",
        color="#8a63d2",
        dash="dash",
        marker="pentagon",
        about="gradient descent that keeps part of its last step (heavy ball)",
    ),
    "chebyshev": MethodStyle(
        label="Chebyshev",
        color="#a05a2c",
        dash="longdashdot",
        marker="hexagon",
        about="steps planned from the smallest and the largest eigenvalue",
    ),
    "cg": MethodStyle(
        label="CG",
        color="#c0504d",
        dash="solid",
        marker="bowtie",
        about="conjugate gradients: the best of all methods that see only gradients",
    ),
    "newton": MethodStyle(
        label="Newton",
        color="#6b8e23",
        dash="dashdot",
        marker="hourglass",
        about="Newton's iteration for the inverse matrix: its error is squared in each step",
    ),
    "construction": MethodStyle(
        label="construction",
        color="#9853c6",
        dash="longdashdot",
        marker="octagon",
        about="linear attention with hand-made weights that do gradient descent",
    ),
    "gdpp": MethodStyle(
        label="GD++",
        color="#009e73",
        dash="dashdot",
        marker="diamond",
        about="trained transformer, two numbers per layer and head",
    ),
    "diag": MethodStyle(
        label="DIAG",
        color="#0072b2",
        dash="solid",
        marker="circle",
        about="trained transformer, four numbers per layer and head",
    ),
    "full": MethodStyle(
        label="FULL",
        color="#d55e00",
        dash="longdash",
        marker="square",
        about="trained transformer, full P and Q matrices",
    ),
    "seen": MethodStyle(
        label="training prompts",
        color="#c22f6e",
        dash="dash",
        marker="diamond-wide",
        about="a trained model on the prompts that it has seen, where their number is fixed",
    ),
    "const_rr": MethodStyle(
        label="ConstRR",
        color="#b87f00",
        dash="dash",
        marker="x-thin-open",
        about="ridge regression, one strength for all prompts",
    ),
    "ada_rr": MethodStyle(
        label="AdaRR",
        color="#c46a9d",
        dash="dot",
        marker="cross-thin-open",
        about="ridge regression, strength from the residuals of least squares",
    ),
    "iterative_rr": MethodStyle(
        label="AdaRR by GD",
        color="#8664c0",
        dash="dot",
        marker="hexagram",
        about="AdaRR found by gradient descent, its noise estimate too",
    ),
    "tuned_rr": MethodStyle(
        label="TunedRR",
        color="#3a93cc",
        dash="dashdot",
        marker="asterisk-open",
        about="as AdaRR, scaled and capped by two tuned numbers",
    ),
    "one_level": MethodStyle(
        label="one noise level",
        color="#8a6642",
        dash="longdash",
        marker="triangle-right",
        about="the best that training at one noise level can lead to: ridge of that strength",
    ),
    "oracle_rr": MethodStyle(
        label="OracleRR",
        color="#6c7a89",
        dash="longdash",
        marker="star",
        about="ridge regression that is told the noise level",
    ),
    "bayes_rr": MethodStyle(
        label="Bayes",
        color="#7b8794",
        dash="solid",
        marker="line-ew-open",
        about="the best predictor there can be for this noise law",
    ),
    "theorem_51": MethodStyle(
        label="Theorem 5.1",
        color="#b0389e",
        dash="longdash",
        marker="star-diamond",
        about="built by hand: GD++ layers that only improve the condition, then one step",
    ),
    "two_noise": MethodStyle(
        label="Theorem 5.2",
        color="#cc4db3",
        dash="dashdot",
        marker="diamond-tall",
        about="built by hand: two layers that are the best ridge regression at two noise levels",
    ),
    "paper": MethodStyle(
        label="published",
        color="#7b8794",
        dash="longdashdot",
        marker="circle-open",
        about="the value in the paper's table",
    ),
}
"""In the order of every legend and table."""


@dataclass(frozen=True, kw_only=True)
class Surface:
    """The colours of a page that are not a method's."""

    background: str
    text: str
    muted: str
    grid: str
    line: str
    hover: str
    accent: str
    diverging: tuple[str, ...]


SURFACES: dict[Mode, Surface] = {
    "light": Surface(
        background="rgba(0,0,0,0)",
        text="#1d2733",
        muted="#566270",
        grid="#e6eaef",
        line="#b4bec9",
        hover="#ffffff",
        accent="#1f5f99",
        diverging=("#8c3a00", "#d55e00", "#f3b48a", "#ffffff", "#93c3e6", "#0072b2", "#003f66"),
    ),
    "dark": Surface(
        background="rgba(0,0,0,0)",
        text="#e6ebf0",
        muted="#a3afbb",
        grid="#27313b",
        line="#4a5866",
        hover="#1c242d",
        accent="#82b8ea",
        diverging=("#ffc49a", "#f08a3c", "#9c4a10", "#161c23", "#0f5d92", "#4ba3de", "#c4e3fa"),
    ),
    "paper": Surface(
        background="#ffffff",
        text="#1d2733",
        muted="#566270",
        grid="#e6eaef",
        line="#8d99a5",
        hover="#ffffff",
        accent="#1f5f99",
        diverging=("#8c3a00", "#d55e00", "#f3b48a", "#ffffff", "#93c3e6", "#0072b2", "#003f66"),
    ),
}

NUMBERED = 0.36
"""How much of a diverging scale cells with numbers use: plotly writes them in #444 or in white, and
further out neither has a contrast of 4.5:1."""

AXIS: dict[str, Any] = {
    "ticks": "outside",
    "ticklen": 4,
    "tickfont": {"size": 13},
    "showline": True,
    "zeroline": False,
    "automargin": True,
    # 10,000 after 1000, not 10k.
    "exponentformat": "none",
}
"""What every axis is like, on all surfaces."""
AXIS_TITLE: dict[str, Any] = {"font": {"size": 14}, "standoff": 8}

LAYOUT: dict[str, Any] = {
    "autotypenumbers": "strict",
    "title": {
        "font": {"size": 16, "weight": 600},
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "pad": {"b": 22},
    },
    "legend": {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": -0.17,
        "yanchor": "top",
        "font": {"size": 13},
        # The dashes of every pattern come out even over this many pixels.
        "itemwidth": 45,
    },
    "hoverlabel": {"align": "left", "font": {"size": 13}},
    "margin": {"l": 56, "r": 12, "t": 56, "b": 48},
    "height": HEIGHT,
}
"""What every figure is like, on all surfaces."""


def template(mode: Mode) -> go.layout.Template:
    """The colours and fonts of a surface, set explicitly, whatever plotly's default is."""
    look = SURFACES[mode]
    axis = {
        "gridcolor": look.grid,
        "linecolor": look.line,
        "tickcolor": look.line,
        "tickfont": {"color": look.muted},
        "title": {"font": {"color": look.text}},
    }
    scale = colorscale(mode)
    layout = {
        "font": {"family": FONT, "size": 14, "color": look.text},
        "title": {"font": {"color": look.text}},
        "paper_bgcolor": look.background,
        "plot_bgcolor": look.background,
        "colorway": [style.color for style in METHODS.values()],
        "colorscale": {"diverging": scale},
        "coloraxis": {
            "colorscale": scale,
            "colorbar": {"tickcolor": look.line, "tickfont": {"color": look.muted}},
        },
        "hoverlabel": {
            "bgcolor": look.hover,
            "bordercolor": look.line,
            "font": {"family": FONT, "color": look.text},
        },
        "legend": {"font": {"color": look.text}, "bgcolor": "rgba(0,0,0,0)"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": look.muted, "activecolor": look.accent},
        "xaxis": axis,
        "yaxis": axis,
        "annotationdefaults": {"font": {"color": look.muted}, "arrowcolor": look.muted},
        "shapedefaults": {"line": {"color": look.muted}},
    }
    return go.layout.Template(layout=layout)


def colorscale(mode: Mode) -> list[list[Any]]:
    """For values around 0: orange below, the surface itself at 0, blue above."""
    colors = SURFACES[mode].diverging
    return [[i / (len(colors) - 1), color] for i, color in enumerate(colors)]


def numbered_cells(limit: float) -> dict[str, Any]:
    """The colour axis of a heatmap with a number in every cell, whose values reach `limit`."""
    return {"cmin": -limit / NUMBERED, "cmax": limit / NUMBERED, "showscale": False}


TEMPLATES: dict[Mode, go.layout.Template] = {mode: template(mode) for mode in MODES}


def themed(figure: go.Figure, mode: Mode) -> go.Figure:
    """The same figure on another surface. Nothing but its template depends on the surface."""
    return go.Figure(figure).update_layout(template=TEMPLATES[mode])


def translucent(color: str, opacity: float) -> str:
    """A "#rrggbb" colour as rgba."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
