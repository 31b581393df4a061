"""A DIAG model as a flow: two streams, x and y, and what each layer adds from one to the other."""

from collections.abc import Sequence

import numpy as np

from icl_core.plots import DECORATION, LABELS_ONLY, METHODS, Drawing, Figure, Looks
from icl_core.plots.omegas import OMEGA_NAMES, OMEGAS

POSITIVE, NEGATIVE = METHODS["diag"].color, METHODS["full"].color
IDLE = METHODS["bayes_rr"].color
LAYER = 72
"""Pixels of a layer."""
WIDEST, NARROWEST = 11.0, 1.25
ROLES = (
    "x from x: preconditioning",
    "x from y: a step that knows the noise",
    "y from x: the gradient step",
    "y from y: adaptive rescaling",
)
"""What omega_xx, omega_xy, omega_yx, omega_yy do."""
X, Y = 0.0, 1.0
ACROSS = (-0.66, 1.6)
WAYS = ((X, X), (Y, X), (X, Y), (Y, Y))
"""(from, to) of omega_xx, omega_xy, omega_yx, omega_yy."""


def flow_diagram(
    values: np.ndarray, *, title: str, reference: np.ndarray, marked: Sequence[int] = ()
) -> Figure:
    """omegas [layers, 4] as arrows, downwards: width by size, colour and sign by sign.

    `reference` [layers, 4] holds the widths still: an arrow as wide as can be is its largest
    absolute value. `marked` layers (from 1) are shaded.
    """
    layers, largest = len(values), float(np.abs(reference).max()) or 1.0
    drawing = Drawing(
        name="flow",
        title=title,
        alt=f"Diagram of {layers} layers from top to bottom: a stream x and a stream y, and four "
        "arrows a layer between them, as wide as their ω is large.",
    )
    for layer in marked:
        place = {"x0": ACROSS[0], "x1": ACROSS[1], "y0": layer - 1, "y1": layer}
        look = {"fillcolor": "rgba(123,135,148,0.13)", "line": {"width": 0}, "layer": "below"}
        drawing.shape(type="rect", xref="x", yref="y", **place, **look)
    for layer in range(layers):
        for index in (0, 3, 1, 2):
            _arrow(drawing, layer, index, float(values[layer, index]), largest)
    _stations(drawing, layers)
    bare: Looks = LABELS_ONLY | {"fixedrange": True}
    drawing.axis("x", **bare, range=ACROSS, showticklabels=False)
    names = [f"layer {layer + 1}" for layer in range(layers)]
    places = [layer + 0.5 for layer in range(layers)]
    drawing.axis("y", **bare, range=[layers + 0.22, -0.22], tickvals=places, ticktext=names)
    margin = {"l": 60, "r": 8, "t": 56, "b": 8}
    height = LAYER * layers + 130
    drawing.set(height=height, showlegend=False, hovermode="closest", margin=margin)
    return drawing.figure()


def _arrow(drawing: Drawing, layer: int, index: int, value: float, largest: float) -> None:
    start, end = WAYS[index]
    x, y = np.array([start, end]), np.array([layer + 0.13, layer + 1 - 0.13])
    if start != end:
        x = x + np.array([0.035, -0.035]) * (1 if start < end else -1)
    width = NARROWEST + (WIDEST - NARROWEST) * min(abs(value) / largest, 1)
    color = IDLE if value == 0 else POSITIVE if value > 0 else NEGATIVE
    said = f"layer {layer + 1}, {OMEGAS[index]} = {_signed(value)}<br>{ROLES[index]}"
    row: Looks = {"layer": layer + 1, "omega": OMEGA_NAMES[index], "value": value}
    row |= {"what it does": ROLES[index]}
    head = {"color": color, "symbol": "arrow", "angleref": "previous", "size": [0, 7 + 1.4 * width]}
    dash, opacity = ("dot", 0.55) if value == 0 else ("solid", 0.9)
    looks: Looks = {"mode": "lines+markers", "marker": head, "opacity": opacity}
    looks |= {"text": [said] * 2, "hover": "%{text}", "meta": {"rows": [row]}}
    drawing.line(f"{OMEGA_NAMES[index]}:{layer + 1}", x, y, color, width, dash, **looks)
    _label(drawing, layer, index, value)


def _label(drawing: Drawing, layer: int, index: int, value: float) -> None:
    """The number of an arrow: outside the streams, above the crossing, or below it."""
    start, end = WAYS[index]
    if start == end:
        at, side = (start, layer + 0.5), "right" if start == X else "left"
        shift = -14 if start == X else 14
    else:
        at, side, shift = (0.5, layer + (0.17 if start == X else 0.83)), "center", 0
    place: Looks = {"x": at[0], "y": at[1], "xref": "x", "yref": "y", "xshift": shift}
    place |= {"xanchor": side, "yanchor": "middle", "font": {"size": 12}}
    drawing.note(f"{OMEGAS[index]} {_signed(value)}", **place)


def _stations(drawing: Drawing, layers: int) -> None:
    """x and y before and after every layer."""
    for name, at in (("x", X), ("y", Y)):
        x, y = np.full(layers + 1, at), np.arange(layers + 1)
        looks: Looks = {"mode": "markers+text", "text": [f"<b>{name}</b>"] * len(y)}
        looks |= {"textfont": {"size": 13, "color": "#ffffff"}, "meta": DECORATION}
        drawing.marks(f"stream {name}", x, y, "#566270", 22, "circle", **looks)


def _signed(value: float) -> str:
    return "0" if value == 0 else f"{value:+.2g}".replace("-", "−")
