"""Condition numbers against gamma for several context lengths, and how they lie for several gamma.

Paper 1, figure 13, its second and third panel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.lessons.gdpp_spectrum.figures.panels import (
    AFTER,
    BEFORE,
    OTHER,
    TRAINED,
    log_x,
    point,
    upright,
)
from icl_core.lessons.gdpp_spectrum.measure import shares
from icl_core.plots.drawing import Drawing
from icl_core.plots.figure import Figure
from icl_core.plots.style import translucent
from icl_core.plots.ticks import log_range


@dataclass(frozen=True, kw_only=True)
class SizeCurve:
    """One context length: medians of many prompts and kappa of the whole interval, over gammas.

    `formula` is None for more than one layer. best: gamma of the smallest median; best_formula: of
    the smallest `formula`; best_loss: of the smallest mean loss of two tied steps; published: that
    of the paper's trained layers.
    """

    num_context: int
    gammas: np.ndarray
    medians: np.ndarray
    best: float
    formula: np.ndarray | None = None
    best_formula: float | None = None
    best_loss: float | None = None
    published: float | None = None

    def at(self, gamma: float) -> float:
        """The median, between the nodes too."""
        return float(np.interp(gamma, self.gammas, self.medians))


def sizes_figure(curves: Sequence[SizeCurve], *, layers: int, prompts: int, law: str) -> Figure:
    """Condition number against gamma, a curve for each context length."""
    words = f"{layers} layer{'s' * (layers > 1)}"
    sizes = ", ".join(str(curve.num_context) for curve in curves)
    drawing = Drawing(
        name="condition_by_gamma",
        title=f"Condition number by γ, {law}",
        x="γ",
        y=f"κ after {words}",
        alt=f"Line chart, logarithmic: the median condition number of {prompts:,} prompts after "
        f"{words} of GD++ against gamma, for n = {sizes}; with one layer the paper's formula too. "
        "Stars at gamma = 0, diamonds at the best gamma.",
    )
    starts = np.array([curve.medians[0] for curve in curves])
    high = 3 * float(starts[np.isfinite(starts)].max(initial=10.0))
    low, high = log_range([[0.7, high]])
    widest = 1.12 * max(curve.best for curve in curves)
    for first, curve in zip([True] + [False] * (len(curves) - 1), curves, strict=True):
        _draw_size(drawing, curve, first, (low, high))
    drawing.axis("x", range=[0, widest or 1.0], showgrid=False)
    drawing.log_y(low, high)
    drawing.set(height=460)
    return drawing.figure()


def _draw_size(drawing: Drawing, curve: SizeCurve, first: bool, ends: tuple[float, float]) -> None:
    n, start = curve.num_context, float(curve.medians[0])

    def group(name: str) -> Mapping[str, Any]:
        return {"legendgroup": name, "showlegend": first}

    drawing.scatter(
        f"median:{n}",
        curve.gammas,
        [value if value < 2 * start else None for value in curve.medians],
        name=f"median κ, n = {n}",
        mode="lines",
        line={"color": AFTER, "width": 2.25},
        legendgroup=f"median:{n}",
        showlegend=False,
        hovertemplate=f"n = {n}, γ = %{{x:.3g}}: median κ = %{{y:.3g}}<extra></extra>",
    )
    if curve.formula is not None:
        inside = np.where(curve.formula < 3 * ends[1], curve.formula, np.inf)
        drawing.scatter(
            f"formula:{n}",
            curve.gammas,
            [value if np.isfinite(value) else None for value in inside],
            name="the paper's formula",
            mode="lines",
            line={"color": OTHER, "width": 1.5, "dash": "dash"},
            hovertemplate=f"n = {n}, γ = %{{x:.3g}}: formula κ⁺⁺ = %{{y:.3g}}<extra></extra>",
            **group("formula"),
        )
    place: Mapping[str, Any] = {}
    if curve.published is not None:
        upright(
            drawing, f"paper:{n}", curve.published, ends, "paper's trained γ", place, **group("p")
        )
    point(drawing, f"none:{n}", [0], [start], "γ = 0", BEFORE, "star", 13, place, **group("0"))
    marks = [("best", curve.best, "best for the median", AFTER, "diamond")]
    if curve.best_formula is not None:
        marks += [("formula best", curve.best_formula, "best by the formula", OTHER, "square")]
    if curve.best_loss is not None:
        marks += [("loss", curve.best_loss, "best for the loss", TRAINED, "x")]
    for uid, gamma, name, color, symbol in marks:
        y = [curve.at(gamma)]
        point(drawing, f"{uid}:{n}", [gamma], y, name, color, symbol, 10, place, **group(uid))
    drawing.note(
        f"n = {n}",
        x=curve.best,
        y=np.log10(curve.at(curve.best)),
        yanchor="top",
        yshift=-8,
        font={"size": 13, "color": AFTER},
    )


def several_figure(
    gammas: Sequence[float], conditions: np.ndarray, edges: np.ndarray, *, title: str, layers: int
) -> Figure:
    """How the condition numbers of many prompts lie for several gamma, [gammas, prompts]."""
    words = f"{layers} layer{'s' * (layers > 1)}"
    drawing = Drawing(
        name="condition_histogram",
        title=title,
        x=f"κ after {words}",
        y="share of prompts",
        alt=f"Outlines of histograms, logarithmic: condition numbers of {conditions.shape[-1]:,} "
        f"prompts after {words} of GD++, for {len(gammas)} values of gamma.",
    )
    middle = len(gammas) // 2
    dashes = ("dot", "longdash", "solid", "dash", "dashdot")
    for place, (gamma, share) in enumerate(zip(gammas, shares(conditions, edges), strict=True)):
        color = BEFORE if place == 0 else AFTER if place <= middle else TRAINED
        drawing.scatter(
            f"gamma {place}",
            np.repeat(edges, 2)[1:-1],
            np.repeat(share, 2),
            name=f"γ = {gamma:.3g}",
            mode="lines",
            line={"color": color, "width": 1.75 + (place == middle), "dash": dashes[place % 5]},
            fill="tozeroy" if place in (0, middle) else "none",
            fillcolor=translucent(color, 0.15),
            hovertemplate=f"γ = {gamma:.3g}, κ near %{{x:.3g}}: %{{y:.1%}}<extra></extra>",
        )
    log_x(drawing, float(edges[0]), float(edges[-1]), 1)
    drawing.axis("y", tickformat=".0%", rangemode="tozero")
    drawing.set(height=460)
    return drawing.figure()
