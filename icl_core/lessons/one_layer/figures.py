"""Figures of one trained layer beside one step of gradient descent (paper 1, figures 2, 9, 10)."""

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from icl_core.plots import METHODS, Curve, Drawing, Figure, Looks, translucent
from icl_core.plots.drawing import numbered
from icl_core.plots.lines import measures


def alignment_figure(rows: Sequence[Curve], *, title: str, mark: float | None = None) -> Figure:
    """The three measures of likeness over training, one above the other."""
    drawing = measures(
        [[curve] for curve in rows],
        name="one_layer_alignment",
        title=title,
        alt="Three line charts over training, with bands over seeds: the cosine of the two "
        "sensitivities rises to 1; the gaps of predictions and of sensitivities fall towards 0.",
        x="updates + 1",
        type="log",
        dtick=1,
        range=[0, math.log10(float(rows[0].x.max())) + 0.02],
    )
    for number in range(1, len(rows) + 1):
        drawing.axis("y", number, rangemode="tozero")
        if mark is not None:
            drawing.mark_x(mark, number)
    drawing.set(showlegend=False, height=500)
    return drawing.figure()


def beside_loss(figure: Figure, products: Sequence[str]) -> Figure:
    """A loss beside rows of three matrices (trained, made by hand, their difference), with words as
    short as a phone asks for: a row is named by its axis, a column above it."""
    columns, layout = {"construction": "by hand"}, cast(Any, figure.layout)
    for note in layout.annotations:
        words = note.text.rpartition(", ")[2]
        note.text = columns.get(words, words)
    for row, words in enumerate(products):
        title = {"text": words, "standoff": 0, "font": {"size": 13}}
        figure.update_layout({numbered("yaxis", 3 * row + 1): {"title": title}})
    figure.for_each_coloraxis(lambda axis: axis.update(showscale=False))
    alt = (
        "Left, both axes logarithmic: the loss of one training, which waits on a plateau and then "
        "falls to that of one step of gradient descent. Right: the two products of the layer's "
        "weights as heatmaps, trained, made by hand, and their difference."
    )
    layout.meta |= {"alt": alt}
    return figure.update_layout(margin_b=48, height=layout.height + 24)


def limits_figure(
    eigenvalues: np.ndarray, limits: Sequence[tuple[str, str, float]], *, title: str
) -> Figure:
    """Share of prompts whose largest eigenvalue exceeds a value; upright lines are the largest
    that each method (uid, style, value) can bear."""
    drawing = Drawing(
        name="one_layer_limits",
        title=title,
        x="largest eigenvalue λ of Σ",
        y="share of prompts above it",
        alt="Falling curve, logarithmic: the share of prompts whose largest eigenvalue exceeds a "
        "value, with the values beyond which each method diverges.",
    )
    count = len(eigenvalues)
    places = np.unique(np.round(np.geomspace(1, count, 200)).astype(int))
    color = METHODS["bayes_rr"].color
    looks: Looks = {"fill": "tozeroy", "fillcolor": translucent(color, 0.12), "name": "prompts"}
    looks["hover"] = "λ > %{x:.3g}: %{y:.3%} of prompts"
    drawing.line("share", eigenvalues[-places], places / count, color, 2.25, **looks)
    for uid, method, value in limits:
        style, ends = METHODS[method], ([value, value], [0.5 / count, 1.0])
        name = f"{style.label} diverges beyond"
        drawing.line(uid, *ends, style, 2, name=name, hover=f"{name} λ = %{{x:.3g}}")
    drawing.axis("x", range=[float(eigenvalues[0]), float(eigenvalues[-1]) * 1.7], showgrid=False)
    drawing.log_y(0.5 / count, 1.2)
    return drawing.figure()
