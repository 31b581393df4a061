"""What the layers of a trained model do to the eigenvalues of the Hessian."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icl_core.lessons.gdpp_spectrum.figures.panels import AFTER, BEFORE, MARK, POINTS
from icl_core.lessons.gdpp_spectrum.figures.passage import shown
from icl_core.plots import DECORATION, METHODS, Curve, Drawing, Figure, Looks, log_range
from icl_core.plots import translucent as faint
from icl_core.plots.drawing import numbered
from icl_core.plots.style import LAYOUT

HALF, ROUND = 0.46, 0.2
"""Widest half of an ellipse, where five are 1 apart, and the largest radius of a circle."""
STRIP, LINES = [0.7, 0.93], [0.0, 0.58]
UPPER, LOWER = [0.58, 1.0], [0.0, 0.42]
"""Domains of panels one above the other."""
LARGEST = 1e12
"""Of condition numbers and losses that are drawn."""
CURVE = 120
"""Points of a map."""
Values = dict[tuple[str, str], np.ndarray]


def half_axes(conditions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half axes of the loss's ellipses after each layer, all of one area while they fit.

    They are kappa^(1/4) and its inverse, in units in which the first is as wide as can be; one that
    would be wider is cut to that, and its height is right.
    """
    wide, room = np.maximum(conditions, 1.0) ** 0.25, _room(len(conditions))
    unit = room * min(HALF / wide[0], ROUND)
    return np.minimum(unit * wide, room * HALF), unit / wide


def _room(count: int) -> float:
    """Fewer ellipses than five are no larger than five."""
    return min(1.0, count / 5)


def rounding_values(heights: np.ndarray, conditions: np.ndarray) -> Values:
    """(uid, field) -> values: lines through relative eigenvalues [L+1, rank], ellipses [L+1]."""
    found: Values = {(f"eigenvalue {i + 1}", "y"): shown(line) for i, line in enumerate(heights.T)}
    angle = np.linspace(0, 2 * np.pi, POINTS)
    for layer, (wide, high) in enumerate(np.transpose(half_axes(conditions))):
        found[f"ellipse {layer}", "x"] = layer + wide * np.cos(angle)
        found[f"ellipse {layer}", "y"] = high * np.sin(angle)
    return found


def rounding_figure(
    heights: np.ndarray,
    conditions: np.ndarray,
    lowest: float,
    *,
    title: str,
    who: str,
    beside: Curve | None = None,
) -> Figure:
    """An ellipse a layer above, the eigenvalues over the largest below, with a line of another
    model among them; `lowest` is of the axis."""
    layers = len(conditions) - 1
    last = layers if beside is None else max(layers, int(beside.x[-1]))
    drawing = Drawing(
        name="layers_spectrum",
        title=title,
        alt=f"Above: {layers + 1} ellipses from left to right, the contours of the loss of {who} "
        f"before and after each of {layers} layers. Below: lines through the {heights.shape[1]} "
        "eigenvalues over the largest of each layer, logarithmic.",
    )
    values = rounding_values(heights, conditions)
    for layer in range(layers + 1):
        read = layer < layers
        color = AFTER if read and layer else BEFORE if read else MARK
        looks: Looks = {"fill": "toself", "fillcolor": faint(color, 0.14), "showlegend": False}
        looks |= {"meta": DECORATION, "name": f"loss after layer {layer}"}
        outline = values[f"ellipse {layer}", "x"], values[f"ellipse {layer}", "y"]
        drawing.line(f"ellipse {layer}", *outline, color, 2, "solid" if read else "dot", **looks)
    _lines(drawing, values, heights.shape[1], layers)
    if beside is not None:
        drawing.curves([beside], 2)
        lowest = min(lowest, float(beside.y.min()) / 1.5)
    high = 1.2 * ROUND * _room(layers + 1)
    bare: Looks = {"showticklabels": False, "ticks": "", "showgrid": False, "showline": False}
    across = [-0.5, last + 0.5]
    drawing.panel(1, [0, 1], STRIP)
    drawing.axis("x", range=across, constrain="domain", **bare)
    drawing.axis("y", range=[-high, high], scaleanchor="x", constrain="domain", **bare)
    drawing.headline("where the loss is the same: long is slow, round is fast", 0, STRIP[1])
    drawing.panel(2, [0, 1], LINES)
    layer_axis(drawing, last, 2)
    drawing.log_y(lowest, 1.4, 2)
    drawing.headline("λ / largest λ of the layer", 0, 1, 2, yshift=4)
    drawing.set(height=476, legend=LAYOUT["legend"] | {"y": -0.16})
    return drawing.figure()


def _lines(drawing: Drawing, values: Values, rank: int, layers: int) -> None:
    """One line an eigenvalue; the smallest and the largest of the input stand out."""
    ends = {
        0: ("smallest of the input", BEFORE, "dash"),
        rank - 1: ("largest of the input", AFTER, "solid"),
    }
    for i in range(rank):
        name, color, dash = ends.get(i, (f"eigenvalue {i + 1}", MARK, "solid"))
        looks: Looks = {"number": 2, "name": name, "showlegend": i in ends}
        looks |= {"mode": "lines+markers", "marker": {"size": 6, "color": color}}
        looks |= {"hover": f"{name}: %{{y:.3g}} of the layer's largest"}
        looks |= {"meta": {"panel": "eigenvalues"}}
        uid, width = f"eigenvalue {i + 1}", 2.5 if i in ends else 1.25
        drawing.line(uid, np.arange(layers + 1), values[uid, "y"], color, width, dash, **looks)


def layer_axis(drawing: Drawing, layers: int, number: int) -> None:
    """The input, then after each layer; what the last leaves is not read."""
    names = ["input", *map(str, range(1, layers + 1))]
    drawing.axis("x", number, title="after layer", range=[-0.5, layers + 0.5], showgrid=False)
    drawing.axis("x", number, tickvals=list(range(layers + 1)), ticktext=names)
    end = layers + 0.5
    drawing.shade_x(end - 1, end, number=number)
    place = {"xref": numbered("x", number), "xanchor": "right", "font": {"size": 12}}
    drawing.headline("never read", end, 1, number, **place)


@dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """One layer's eigenvalues before and after, [points], and gamma of the GD++ beside it."""

    before: np.ndarray
    after: np.ndarray
    gamma: float

    def frame(self) -> tuple[list[float], list[float]]:
        """Ends of both axes."""
        across = 1.08 * float(np.max(self.before, initial=1e-12, where=np.isfinite(self.before)))
        high = 1.12 * float(np.max(self.after, initial=1e-12, where=np.isfinite(self.after)))
        return [0.0, across], [-0.02 * high, high]

    def values(self) -> Values:
        """(uid, field) -> values of all that depends on the layer."""
        across = np.array(self.frame()[0])
        x = np.linspace(0.0, float(across[1]), CURVE)
        return {
            ("identity", "x"): across,
            ("identity", "y"): across,
            ("gdpp", "x"): x,
            ("gdpp", "y"): x * (1 - self.gamma * x) ** 2,
            ("points", "x"): self.before,
            ("points", "y"): self.after,
        }


def map_figure(step: Map, *, title: str, curve: str, who: str, method: str) -> Figure:
    """What a layer makes of eigenvalues, beside GD++ of its own gamma (`curve` says which)."""
    drawing = Drawing(
        name="layer_map",
        title=title,
        x="eigenvalue λ before the layer",
        y="after the layer",
        alt=f"Scatter chart: {len(step.before)} eigenvalues of {who} before and after the layer, "
        "beside the curve of GD++ and the line where nothing changes.",
    )
    values = step.values()

    def pair(uid: str) -> tuple[np.ndarray, np.ndarray]:
        return values[uid, "x"], values[uid, "y"]

    drawing.line("identity", *pair("identity"), BEFORE, 1.25, "dot", name="λ left as it is")
    looks: Looks = {"name": curve, "hover": "GD++: %{x:.3g} becomes %{y:.3g}"}
    drawing.line("gdpp", *pair("gdpp"), AFTER, 2, "dash", **looks)
    many = len(step.before) > 40
    looks = {"name": f"eigenvalues of {who}", "hover": "%{x:.3g} becomes %{y:.3g}"}
    looks["opacity"] = 0.55 if many else 1.0
    drawing.marks("points", *pair("points"), METHODS[method], 5 if many else 9, "circle", **looks)
    across, high = step.frame()
    drawing.axis("x", range=across)
    drawing.axis("y", range=high)
    drawing.set(height=480)
    return drawing.figure()


def course_figure(
    conditions: Sequence[Curve], losses: Sequence[Curve], layers: int, *, title: str, prompts: int
) -> Figure:
    """Condition numbers by layer above, losses by layer below."""
    drawing = Drawing(
        name="condition_and_loss",
        title=title,
        alt=f"Two line charts over {layers} layers, logarithmic. Above: the median condition "
        f"number of {prompts:,} prompts with the range of most of them. Below: their mean loss.",
    )
    for number, curves, domain, head in (
        (1, conditions, UPPER, "condition number κ"),
        (2, losses, LOWER, "adjusted loss (half MSE)"),
    ):
        drawing.curves(curves, number)
        drawing.panel(number, [0, 1], domain)
        drawing.headline(head, 0, 1, number, yshift=16 if number == 1 else 4)
        finite = [part for curve in curves for part in curve.values().values()]
        drawing.log_y(*log_range(finite, top=LARGEST), number)
    layer_axis(drawing, layers, 1)
    drawing.axis("x", 1, title=" ")
    steps = list(range(layers + 1))
    drawing.axis("x", 2, title="after layer", range=[-0.5, layers + 0.5], showgrid=False)
    drawing.axis("x", 2, tickvals=steps, ticktext=["input", *map(str, steps[1:])])
    drawing.set(height=480)
    return drawing.figure()
