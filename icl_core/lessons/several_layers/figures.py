"""Figures of trained layers beside as many steps of GD and GD++ (paper 1, figures 3, 7 and 8)."""

from collections.abc import Mapping, Sequence

import numpy as np

from icl_core.plots import Curve, Drawing, Figure, log_range
from icl_core.plots.lines import MEASURES, PLAIN, measures


def measures_figure(
    curves: Mapping[str, Sequence[Curve]], *, title: str, layers: int, name: str
) -> Figure:
    """The three measures of likeness by layer, one above the other; `curves` by measure."""
    drawing = measures(
        [curves[key] for key, _ in MEASURES],
        name=name,
        title=title,
        alt="Three line charts by layer, the cosine of sensitivities and the gaps of predictions "
        "and sensitivities: trained layers beside GD and beside GD++ after as many steps.",
        x="layers, or steps",
        range=[0.9, layers + 0.1],
        dtick=1,
    )
    low = min(float(curve.y.min()) for curve in curves["cosine"])
    drawing.axis("y", 1, range=[min(low - 0.05, 0.55), 1.05])
    for number in (2, 3):
        drawing.axis("y", number, rangemode="tozero")
    for trace in drawing.traces:
        if trace["yaxis"] != "y":
            trace["showlegend"] = False
    drawing.set(height=520)
    return drawing.figure()


def depths_figure(curves: Sequence[Curve], names: Sequence[str], *, now: int) -> Figure:
    """Losses of every kind of layers: one place a kind."""
    drawing = Drawing(
        name="depth_kinds",
        title="Every depth",
        alt="Losses of trained layers, of GD and of GD++ of as many steps, for "
        + ", ".join(names)
        + ".",
        y=PLAIN,
    )
    drawing.curves(curves)
    drawing.mark_x(now)
    drawing.axis(
        "x",
        range=[-0.4, len(names) - 0.6],
        tickvals=list(range(len(names))),
        ticktext=[text.replace(" ", "<br>") for text in names],
        showgrid=False,
    )
    drawing.log_y(*log_range([np.asarray(curve.y) for curve in curves]))
    return drawing.figure()
