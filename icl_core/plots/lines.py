"""Lines over a common abscissa, several losses or measures in one figure."""

import math
from collections.abc import Sequence
from typing import Any

from icl_core.plots.curves import Curve
from icl_core.plots.drawing import Drawing, numbered
from icl_core.plots.figure import Figure
from icl_core.plots.ticks import log_range

PLAIN = "loss (half MSE)"
MEASURES = (
    ("cosine", "cosine of sensitivities"),
    ("prediction_gap", "prediction gap"),
    ("sensitivity_gap", "sensitivity gap"),
)


def measures(
    curves: Sequence[Sequence[Curve]], *, name: str, title: str, alt: str, x: str, **across: Any
) -> Drawing:
    """Charts of the three MEASURES, one above the other, on one abscissa with these properties."""
    drawing = Drawing(name=name, title=title, alt=alt)
    for index, (own, (_, words)) in enumerate(zip(curves, MEASURES, strict=True)):
        number, last = index + 1, index + 1 == len(MEASURES)
        drawing.curves(own, number)
        place = {"anchor": numbered("y", number), "showgrid": False, "showticklabels": last}
        drawing.axis("x", number, title=x if last else "", **place, **across)
        drawing.axis("y", number, title=words, domain=[0.72 - 0.36 * index, 1.0 - 0.36 * index])
        drawing.axis("y", number, anchor=numbered("x", number))
    return drawing


def lines(
    curves: Sequence[Curve],
    *,
    name: str,
    title: str,
    alt: str,
    x: str,
    y: str = PLAIN,
    log_x: bool = False,
    y_range: tuple[float, float] | None = None,
    log_y: bool = True,
    mark: float | None = None,
) -> Figure:
    """Curves with bands on one pair of axes; `mark` is the x that a control holds."""
    drawing = Drawing(name=name, title=title, alt=alt, x=x, y=y)
    drawing.curves(curves)
    if mark is not None:
        drawing.mark_x(mark)
    low, high = min(float(c.x.min()) for c in curves), max(float(c.x.max()) for c in curves)
    if log_x:
        ends = [math.log10(low), math.log10(high) + 0.02]
        drawing.axis("x", type="log", dtick=1, range=ends, showgrid=False)
    else:
        margin = 0.01 * (high - low)
        drawing.axis("x", range=[low - margin, high + margin], showgrid=False)
    if log_y:
        drawing.log_y(*(y_range or log_range([curve.y for curve in curves])))
    elif y_range:
        drawing.axis("y", range=list(y_range))
    return drawing.figure()
