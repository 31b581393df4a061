"""Figures of a model with some of its omegas scaled or off: its losses, and what each is worth."""

from collections.abc import Sequence

import numpy as np

from icl_core.plots import LABELS_ONLY, Curve, Drawing, Figure, Looks
from icl_core.plots.drawing import Met
from icl_core.plots.omegas import OMEGA_NAMES, OMEGAS
from icl_core.plots.style import numbered_cells

ROW = 54
"""Pixels of a row of the table of switches."""
MOST = 2.0
"""Decades of loss at which the colours of that table end."""


def switch_figure(
    by_noise: Sequence[Curve],
    by_layer: Sequence[Curve],
    *,
    title: str,
    met: Met,
    y_range: tuple[float, float],
) -> Figure:
    """Loss by noise level above, by layer below; both on one logarithmic range."""
    drawing = Drawing(
        name="switches",
        title=title,
        alt="Two line charts, logarithmic: the loss at each noise level and after each layer, of "
        "the model as trained and with some of its numbers ω scaled.",
    )
    ends = (float(by_noise[0].x.min()), float(max(c.x.max() for c in by_noise)))
    drawing.shade_met(met, ends, "met in training" if met[0] else "")
    drawing.curves(by_noise, 1)
    for trace in drawing.traces:
        trace["meta"] = {"panel": "by noise level"}
    first = len(drawing.traces)
    drawing.curves(by_layer, 2)
    for trace in drawing.traces[first:]:
        trace |= {"meta": {"panel": "by layer"}, "showlegend": False}
    last = max(float(curve.x.max()) for curve in by_layer)
    drawing.axis("x", title="noise level σ of the prompt", range=ends, anchor="y", showgrid=False)
    drawing.axis("y", domain=[0.6, 1], anchor="x")
    across = {"range": [-0.15, last + 0.15], "dtick": 1, "showgrid": False}
    drawing.axis("x", 2, title="prediction read after layer", anchor="y2", **across)
    drawing.axis("y", 2, domain=[0, 0.36], anchor="x2")
    for number in (1, 2):
        drawing.axis("y", number, title="adjusted loss")
        drawing.log_y(*y_range, number)
    drawing.set(height=440)
    return drawing.figure()


def worth_figure(
    loss: np.ndarray, error: np.ndarray, base: float, nothing: float, *, title: str
) -> Figure:
    """Loss with each omega off, [4, 1 + L]: in all layers, then in each alone.

    Colours are decades above (orange) or below (blue) the loss as trained, `base`.
    """
    columns = ["all", *(str(i) for i in range(1, loss.shape[1]))]
    drawing = Drawing(
        name="worth",
        title=title,
        alt=f"Table of {loss.shape[0]} rows and {len(columns)} columns: the loss with one ω off in "
        "all layers or in one.",
    )
    with np.errstate(all="ignore"):
        decades = -np.log10(np.where(np.isfinite(loss), loss, np.inf) / base)
    rows = [
        {
            "switched off": OMEGA_NAMES[i],
            "in layer": column,
            "loss (half MSE)": float(loss[i, j]),
            "standard error": float(error[i, j]),
            "as trained": base,
        }
        for i in range(4)
        for j, column in enumerate(columns)
    ]
    cells: Looks = {"gap": 2, "meta": {"rows": rows}}
    cells |= {"texttemplate": "%{text}", "textfont": {"size": 12}}
    cells["text"] = [[_short(value, nothing) for value in line] for line in loss]
    cells["customdata"] = [
        [_said(loss[i, j], error[i, j], base, nothing) for j in range(len(columns))]
        for i in range(4)
    ]
    cells["hover"] = "%{y} off, layer %{x}: %{customdata}"
    decades = np.clip(np.nan_to_num(decades, nan=0, neginf=-MOST), -MOST, MOST)
    drawing.heatmap("worth", columns, list(OMEGAS), decades, **cells)
    bare: Looks = LABELS_ONLY | {"fixedrange": True}
    drawing.axis("x", **bare, type="category", title="switched off in layer", tickangle=0)
    drawing.axis("y", **bare, autorange="reversed")
    drawing.set(coloraxis=numbered_cells(MOST), height=4 * ROW + 130, showlegend=False)
    drawing.set(margin={"l": 56, "r": 8, "t": 56, "b": 60})
    return drawing.figure()


def _diverges(loss: float, nothing: float) -> bool:
    return not loss < 20 * nothing


def _short(loss: float, nothing: float) -> str:
    return "∞" if _diverges(loss, nothing) else f"{loss:.2g}"


def _said(loss: float, error: float, base: float, nothing: float) -> str:
    if _diverges(loss, nothing):
        return "diverges"
    return f"{loss:.3g} ± {error:.1g}, as trained {base:.3g}"
