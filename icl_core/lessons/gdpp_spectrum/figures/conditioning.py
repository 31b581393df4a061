"""Condition numbers against gamma for several context lengths, and how they lie for several gamma.

Paper 1, figure 13, its second and third panel.
"""

from collections.abc import Sequence

import numpy as np

from icl_core.analysis.spectrum import interval_condition, interval_gamma
from icl_core.lessons.gdpp_spectrum.config import PROMPTS
from icl_core.lessons.gdpp_spectrum.figures import panels
from icl_core.lessons.gdpp_spectrum.measure import (
    Hessians,
    best_of,
    loss_gamma,
    medians_of,
    published_gamma,
    shares,
)
from icl_core.lessons.shared.words import counted
from icl_core.plots import Drawing, Figure, Looks, log_range, translucent


def sizes_figure(sizes: Sequence[Hessians], *, layers: int, law: str) -> Figure:
    """Condition number against gamma, a curve for each context length: medians over prompts and,
    for one layer, the paper's formula for the interval of all eigenvalues."""
    words = counted(layers, "layer")
    drawing = Drawing(
        name="condition_by_gamma",
        title=f"Condition number by γ, {law}",
        x="γ",
        y=f"κ after {words}",
        alt=f"Line chart, logarithmic: the median condition number of {PROMPTS:,} prompts after "
        f"{words} of GD++ against gamma, for n = "
        f"{', '.join(str(hessians.task.num_context) for hessians in sizes)}; with one layer the "
        "paper's formula too. Stars at gamma = 0, diamonds at the best gamma.",
    )
    starts = np.array([medians_of(hessians, layers)[0] for hessians in sizes])
    high = 3 * float(starts[np.isfinite(starts)].max(initial=10.0))
    ends = log_range([[0.7, high]])
    widest = 1.12 * max(best_of(hessians, layers) for hessians in sizes)
    for place, hessians in enumerate(sizes):
        _draw_size(drawing, hessians, layers, place == 0, ends)
    drawing.axis("x", range=[0, widest or 1.0], showgrid=False)
    drawing.log_y(*ends)
    drawing.set(height=460)
    return drawing.figure()


def _draw_size(
    drawing: Drawing, hessians: Hessians, layers: int, first: bool, ends: tuple[float, float]
) -> None:
    n, gammas, medians = hessians.task.num_context, hessians.gammas, medians_of(hessians, layers)
    low, high, start = hessians.lowest, hessians.highest, float(medians[0])
    best, best_loss = best_of(hessians, layers), loss_gamma(hessians)

    def group(name: str) -> Looks:
        return {"legendgroup": name, "showlegend": first}

    def median(gamma: float) -> float:
        """Between the nodes too."""
        return float(np.interp(gamma, gammas, medians))

    at, uid = f"n = {n}, γ = %{{x:.3g}}", f"median:{n}"
    looks: Looks = {"name": f"median κ, n = {n}", "legendgroup": uid, "showlegend": False}
    seen = [value if value < 2 * start else None for value in medians]
    drawing.line(
        uid, gammas, seen, panels.AFTER, 2.25, hover=f"{at}: median κ = %{{y:.3g}}", **looks
    )
    if layers == 1:
        formula = interval_condition(low, high, gammas)
        inside = np.where(formula < 3 * ends[1], formula, np.inf)
        seen = [value if np.isfinite(value) else None for value in inside]
        looks = {"name": "the paper's formula", "hover": f"{at}: formula κ⁺⁺ = %{{y:.3g}}"}
        looks |= group("formula")
        drawing.line(f"formula:{n}", gammas, seen, panels.OTHER, 1.5, "dash", **looks)
    if (published := published_gamma(hessians)) is not None:
        panels.upright(drawing, f"paper:{n}", published, ends, "paper's trained γ", **group("p"))
    panels.point(
        drawing, f"none:{n}", [0], [start], "γ = 0", panels.BEFORE, "star", 13, **group("0")
    )
    marks = [("best", best, "best for the median", panels.AFTER, "diamond")]
    if layers == 1:
        by_formula = interval_gamma(low, high)
        marks += [("formula best", by_formula, "best by the formula", panels.OTHER, "square")]
    if best_loss is not None:
        marks += [("loss", best_loss, "best for the loss", panels.TRAINED, "x")]
    for uid, gamma, name, color, symbol in marks:
        y = [median(gamma)]
        panels.point(drawing, f"{uid}:{n}", [gamma], y, name, color, symbol, 10, **group(uid))
    font = {"size": 13, "color": panels.AFTER}
    drawing.note(f"n = {n}", x=best, y=np.log10(median(best)), yanchor="top", yshift=-8, font=font)


def several_figure(
    gammas: Sequence[float], conditions: np.ndarray, edges: np.ndarray, *, title: str, layers: int
) -> Figure:
    """How the condition numbers of many prompts lie for several gamma, [gammas, prompts]."""
    words = counted(layers, "layer")
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
        color = panels.BEFORE if place == 0 else panels.AFTER if place <= middle else panels.TRAINED
        looks: Looks = {"fill": "tozeroy" if place in (0, middle) else "none"}
        looks |= {"fillcolor": translucent(color, 0.15), "name": f"γ = {gamma:.3g}"}
        looks |= {"hover": f"γ = {gamma:.3g}, κ near %{{x:.3g}}: %{{y:.1%}}"}
        outline, width = (np.repeat(edges, 2)[1:-1], np.repeat(share, 2)), 1.75 + (place == middle)
        drawing.line(f"gamma {place}", *outline, color, width, dashes[place % 5], **looks)
    panels.log_x(drawing, float(edges[0]), float(edges[-1]), 1)
    drawing.axis("y", tickformat=".0%", rangemode="tozero")
    drawing.set(height=460)
    return drawing.figure()
