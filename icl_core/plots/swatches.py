"""The style table drawn: every method's line and marker, and the scale for values around 0."""

from collections.abc import Callable

import numpy as np

from icl_core.plots.drawing import LABELS_ONLY, Drawing, Looks, numbered
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS, MethodStyle
from icl_core.plots.style import SURFACES
from icl_core.plots.vision import grey

ROW = 34
"""Pixels of a method's row."""
SCALE_STEPS = 41


def method_lines() -> Figure:
    """A row a method, in the order of all legends: in colour, and as a grey print shows it."""
    drawing = Drawing(
        name="style",
        title="Every method's line and marker",
        alt=f"{len(METHODS)} rows, one a method, each with its line and marker: on the left in "
        "colour, on the right as printed in grey on white paper.",
    )
    _panel(drawing, 1, (0.0, 0.485), "in colour", lambda style: style.color)
    _panel(drawing, 2, (0.515, 1.0), "printed in grey", lambda style: grey(style.color))
    names = [f"{style.label} " for style in METHODS.values()]
    drawing.axis("y", tickvals=list(range(len(names))), ticktext=names, ticks="")
    drawing.set(height=ROW * len(METHODS) + 80, showlegend=False, hovermode="closest")
    drawing.set(margin={"l": 60, "r": 8, "t": 56, "b": 8})
    return drawing.figure()


def _panel(
    drawing: Drawing,
    number: int,
    across: tuple[float, float],
    title: str,
    color_of: Callable[[MethodStyle], str],
) -> None:
    x, y = numbered("x", number), numbered("y", number)
    ends = [len(METHODS) - 0.4, -0.6]
    drawing.axis(
        "x", number, **LABELS_ONLY, domain=across, anchor=y, range=[0, 1], showticklabels=False
    )
    drawing.axis("y", number, **LABELS_ONLY, anchor=x, range=ends, showticklabels=number == 1)
    drawing.headline(title, 0, 1, number)
    if number == 2:
        corners = {"x0": 0, "x1": 1, "y0": 0, "y1": 1, "xref": f"{x} domain", "yref": f"{y} domain"}
        look = {"fillcolor": SURFACES["paper"].background, "line": {"width": 0}, "layer": "below"}
        drawing.shape(type="rect", **corners, **look)
    along = np.linspace(0.04, 0.96, 61)
    for row, (name, style) in enumerate(METHODS.items()):
        color, said = color_of(style), f"{style.label}: {style.about}"
        wave = row - 0.2 * np.sin(2 * np.pi * along)
        looks: Looks = {"number": number, "hover": "%{text}", "meta": DECORATION}
        looks["text"] = [said] * len(along)
        drawing.line(f"{name}:line{number}", along, wave, color, 2.25, style.dash, **looks)
        looks["text"] = [said] * 2
        if number == 1:
            looks["meta"] = {"rows": [table_row(style)]}
        ends = [0.25, 0.75], [row - 0.2, row + 0.2]
        drawing.marks(f"{name}:marker{number}", *ends, color, 9, style.marker, **looks)


def table_row(style: MethodStyle) -> dict[str, str]:
    """A method's looks in words."""
    return {
        "method": style.label,
        "what it is": style.about,
        "colour": style.color,
        "dash": style.dash,
        "marker": style.marker,
    }


def diverging_scale() -> Figure:
    """The colours of matrix entries, from the lowest to the highest."""
    values = np.linspace(-1, 1, SCALE_STEPS)
    drawing = Drawing(
        name="scale",
        title="Values around 0",
        alt="A strip of colours: orange for negative values, the page itself at 0, blue for "
        "positive ones.",
        x="value, as a share of the largest",
    )
    drawing.heatmap("scale", values.round(2), [""], [values], hover="%{z:.2f}")
    drawing.axis("x", tickvals=[-1, -0.5, 0, 0.5, 1], range=[-1.025, 1.025], showgrid=False)
    drawing.axis("y", showgrid=False, showticklabels=False, ticks="")
    drawing.set(coloraxis={"cmin": -1, "cmax": 1, "showscale": False}, height=150)
    drawing.set(showlegend=False, margin={"l": 8, "r": 8, "t": 56, "b": 48})
    return drawing.figure()
