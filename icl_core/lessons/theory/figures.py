"""Figures of what theory builds, and of what no linear transformer can do (paper 2)."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from icl_core.plots import LOSS, METHODS, Curve, Drawing, Figure, Looks
from icl_core.plots.style import HEIGHT, LAYOUT
from icl_core.plots.ticks import log_ticks

LOWEST_ERROR, HIGHEST_ERROR = 1e-15, 30.0
LOWEST_EXCESS = 1e-12
BESIDE_CONTROLS = 44
"""Pixels more for a figure that stands beside one with controls above it."""


def convergence_figure(
    errors: Sequence[Curve], excess: Sequence[Curve], predicted: Curve, *, title: str, kappa: float
) -> Figure:
    """Error by depth above; below, kappa - 1 after each layer beside the theorem's prediction."""
    steps = len(predicted.x) - 1
    drawing = Drawing(
        name="second_order",
        title=title,
        alt=f"Two logarithmic line charts over 0 to {steps} layers or steps. Above: the error of "
        f"{len(errors)} methods for condition number {kappa:.4g}. Below: the condition number "
        "minus 1 after each GD++ layer, first falling by a constant factor, then squared.",
    )
    drawing.curves(errors)
    drawing.curves(excess, 2)
    looks: Looks = {"number": 2, "name": predicted.name, "legendrank": len(METHODS)}
    looks |= {"edge": {"width": 1.75}, "hover": "predicted κ − 1: %{y:.4g}"}
    looks |= {"meta": {"panel": "condition number"}}
    drawing.marks(predicted.uid, predicted.x, predicted.y, METHODS["paper"], 13, **looks)
    _name_panels(drawing)
    ends = [-0.4, steps + 0.4]
    drawing.axis("x", range=ends, domain=[0, 1], anchor="y", showgrid=False, dtick=5)
    drawing.axis("x", 2, title="layers or steps", range=ends, anchor="y2", showgrid=False, dtick=5)
    drawing.axis("y", title="error |w − w*| / |w*|", domain=[0.47, 1], anchor="x")
    drawing.axis("y", 2, title="κ − 1", domain=[0, 0.35], anchor="x2")
    drawing.log_y(LOWEST_ERROR, HIGHEST_ERROR)
    drawing.log_y(LOWEST_EXCESS, 3e6, 2)
    drawing.set(height=450, legend=LAYOUT["legend"] | {"y": -0.2})
    return drawing.figure()


def _name_panels(drawing: Drawing) -> None:
    """For the table: which panel a curve stands in; the second one's twins leave the legend."""
    for trace in drawing.traces:
        below = trace.get("yaxis") == "y2"
        trace.setdefault("meta", {"panel": "condition number" if below else "error"})
        if below and trace["mode"] != "markers":
            trace["showlegend"] = False


def limit_figure(
    curves: Sequence[Curve],
    trained: Mapping[str, tuple[int, float, float]],
    *,
    num_context: int,
    title: str,
) -> Figure:
    """Loss against the number of examples; `trained` holds (n, loss, standard error) by method."""
    n = curves[0].x
    drawing = Drawing(
        name="two_noise_limit",
        title=title,
        x="examples n",
        y=LOSS,
        alt=f"Line chart, both axes logarithmic: the loss of the two-layer construction from "
        f"{n[0]:.0f} to {n[-1]:.0f} examples, beside ridge regression of one strength and Bayes.",
    )
    drawing.mark_x(num_context)
    drawing.curves(curves)
    for method, (at, loss, stderr) in trained.items():
        style = METHODS[method]
        looks: Looks = {"name": f"{style.label}, 2 layers, trained for n = {at}"}
        looks |= {"error_y": {"type": "constant", "value": 2 * stderr, "color": style.color}}
        looks |= {"hover": f"trained {style.label}: %{{y:.4g}} ± {stderr:.2g} (standard error)"}
        drawing.marks(f"trained:{method}", [at], [loss], style, 12, **looks)
    _log_x(drawing, float(n[0]) * 0.9, float(n[-1]) * 1.1)
    drawing.log_y(3e-5, 10.0)
    drawing.set(height=HEIGHT + BESIDE_CONTROLS)
    return drawing.figure()


def factor_figure(curves: Sequence[Curve], levels: Sequence[float], *, title: str) -> Figure:
    """What alpha is multiplied by, against the noise level; the levels of the theorem marked."""
    drawing = Drawing(
        name="two_noise_factor",
        title=title,
        x="noise level σ",
        y="factor c in w = c α",
        alt="Line chart: the factor by which the construction shrinks, against the noise level: "
        "for prompts of the chosen length as a band, for long prompts as a curve that meets the "
        f"optimal one at σ = {levels[0]:.3g} and {levels[1]:.3g}.",
    )
    for level in dict.fromkeys(levels):
        drawing.mark_x(level)
    drawing.curves(curves)
    x = curves[0].x
    top = max(float(curve.y.max()) for curve in curves[:2])
    drawing.axis("x", range=[float(x[0]), float(x[-1])], showgrid=False)
    drawing.axis("y", range=[-0.25 * top, 1.2 * top], zeroline=True)
    return drawing.figure()


def square_figure(
    curves: Sequence[Curve], expected: Curve, bound: float, *, centred: bool
) -> Figure:
    """Cosine between linear answers and a square, against the number of examples."""
    x = expected.x
    drawing = Drawing(
        name="square_of_a_coordinate",
        title="Answers beside the square of an input",
        x="examples n",
        y="correlation with x(1)²" if centred else "cosine with x(1)²",
        alt="Line chart, both axes logarithmic: the cosine between linear answers and the square "
        f"of a coordinate falls from {x[0]:.0f} to {x[-1]:.0f} examples, below the theorem's "
        f"{bound:g}; a quadratic feature has 1 throughout.",
    )
    ends = float(x[0]) * 0.9, float(x[-1]) * 1.1
    grey = METHODS["paper"]
    looks: Looks = {"legendrank": len(METHODS), "name": f"the theorem's {bound:g}"}
    looks |= {"hover": f"the theorem's bound: {bound:g}"}
    drawing.line("bound", ends, (bound, bound), grey, 1.5, **looks)
    looks |= {"name": expected.name, "hover": "√((d+4)/n): %{y:.4g}"}
    drawing.line("expected", x, expected.y, grey, 1.25, "dot", **looks)
    drawing.curves(curves)
    _log_x(drawing, *ends)
    drawing.log_y(0.02, 1.3)
    return drawing.figure()


def _log_x(drawing: Drawing, low: float, high: float) -> None:
    ticks = [tick for tick in log_ticks(low, high) if math.log10(tick) % 1 < 1e-9]
    drawing.log_axis("x", (low, high), ticks, showgrid=False)


def clipped(values: np.ndarray, lowest: float = 1e-30) -> np.ndarray:
    """For a logarithmic axis that ends far above `lowest`."""
    return np.maximum(values, lowest)
