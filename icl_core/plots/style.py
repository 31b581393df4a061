"""How everything looks: one template per surface."""

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import plotly.graph_objects as go

from icl_core.plots.methods import METHODS

Mode = Literal["light", "dark", "paper"]
MODES: tuple[Mode, ...] = get_args(Mode)
"""Surfaces: the app's light and dark pages, and white paper for exports."""

FONT = "Source Sans, Segoe UI, Helvetica, Arial, sans-serif"
"""The first comes with the app; names that CSS would want quoted are left out."""
SMALLEST_TYPE = 13
"""Pixels of the type of ticks and legends."""
HEIGHT = 420
"""Pixels of a figure unless its content asks for another height."""


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
}
SURFACES["paper"] = replace(SURFACES["light"], background="#ffffff", line="#8d99a5")

GUESS = "#c22f6e"
"""Of what the reader has guessed."""
NUMBERED = 0.36
"""How much of a diverging scale cells with numbers use: plotly writes them in #444 or in white, and
further out neither has a contrast of 4.5:1."""

AXIS: dict[str, Any] = {
    "ticks": "outside",
    "ticklen": 4,
    "tickfont": {"size": SMALLEST_TYPE},
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
        "font": {"size": SMALLEST_TYPE},
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
"""Nothing of a figure but its template depends on the surface."""


def translucent(color: str, opacity: float) -> str:
    """A "#rrggbb" colour as rgba."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
