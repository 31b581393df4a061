"""Figures of the construction: one layer as small tables of numbers, layers beside steps."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from icl_core.plots import LABELS_ONLY, METHODS, Curve, Drawing, Figure, Looks, log_range
from icl_core.plots.style import numbered_cells
from icl_core.plots.ticks import limit_of

PANELS = {
    "before": "tokens e",
    "products": "products q·k",
    "update": "update",
    "after": "tokens after",
}
ROW = 30
"""Pixels of a token's row."""


def step_figure(parts: Mapping[str, np.ndarray], *, dim: int, title: str) -> Figure:
    """The tokens of a layer, every query's product with every key, the update, the tokens after.

    Rows are tokens, the query last; of the columns x1 .. xd, y of a token only y changes in
    gradient descent, all in GD++. Colours diverge around 0, tokens and updates share limits.
    """
    rows = len(parts["before"])
    drawing = Drawing(
        name="construction_step",
        title=title,
        alt=f"Four tables of numbers as heatmaps: {rows} tokens before the layer, the products of "
        "their queries and keys, the update of every token, and the tokens after the layer.",
    )
    names = [str(i) for i in range(1, rows)] + ["query"]
    tokens = limit_of(parts[name] for name in ("before", "update", "after"))
    limits = (tokens, limit_of([parts["products"]]))
    for index, (uid, words) in enumerate(PANELS.items()):
        line, column = divmod(index, 2)
        number, group = index + 1, "coloraxis2" if uid == "products" else "coloraxis"
        columns = [f"x{i}" for i in range(1, dim + 1)] + ["y"]
        if uid == "products":
            columns = [f"key {i}" for i in range(1, rows)]
        cells: Looks = {"name": words, "coloraxis": group, "gap": 2, "meta": {"panel": words}}
        cells |= {"texttemplate": "%{z:.3~g}", "textfont": {"size": 12}}
        cells["hover"] = f"{words}: token %{{y}}, %{{x}}: %{{z:.6g}}"
        drawing.heatmap(uid, columns, names, parts[uid], number, **cells)
        across = [0.52 * column, 0.52 * column + 0.48]
        down = [0.56 - 0.56 * line, 0.94 - 0.56 * line]
        looks: Looks = LABELS_ONLY | {"type": "category"}
        drawing.panel(number, across, down)
        drawing.axis("x", number, side="bottom", **looks)
        drawing.axis("y", number, autorange="reversed", showticklabels=column == 0, **looks)
        drawing.headline(f"<b>{words}</b>", across[0], down[1])
    for name, limit in zip(("coloraxis", "coloraxis2"), limits, strict=True):
        drawing.layout[name] = numbered_cells(limit)
    drawing.set(height=2 * (ROW * rows + 70) + 60, margin={"l": 24, "r": 8, "t": 40, "b": 24})
    return drawing.figure()


def with_numbers(figure: Figure, matrices: Sequence[np.ndarray]) -> Figure:
    """Heatmaps of few entries with their numbers written in."""
    if max(matrix.size for matrix in matrices) <= 25:
        figure.update_traces(texttemplate="%{z:.3~g}", textfont={"size": 12}, selector="heatmap")
        figure.update_layout(coloraxis=numbered_cells(limit_of(matrices)))
    return figure


def descent_figure(
    curves: Sequence[Curve], gap: Curve, *, title: str, layer: int | None = None
) -> Figure:
    """Loss on the prompt's examples after every layer and step; below, how far they are apart."""
    drawing = Drawing(
        name="construction_descent",
        title=title,
        alt="Above, logarithmic: the loss on the prompt's own examples after each of "
        f"{len(gap.x) - 1} layers and steps, one on top of the other. Below: the largest "
        "difference between the two, of the size of rounding.",
    )
    drawing.curves(curves)
    looks: Looks = {"number": 2, "name": "largest gap of any token, relative"}
    looks |= {"hover": "gap %{y:.1e}"}
    drawing.line("gap", gap.x, gap.y, METHODS["bayes_rr"].color, 1.75, **looks)
    if layer is not None:
        drawing.mark_x(layer + 1)
    ends: Looks = {"type": "log", "range": [0, math.log10(float(gap.x[-1])) * 1.01]}
    ends |= {"showgrid": False, "tickvals": [1, 2, 5, 10, 20, 50, 100], "domain": [0, 1]}
    drawing.axis("x", anchor="y", showticklabels=False, **ends)
    drawing.axis("y", title="loss (half MSE)", domain=[0.38, 1], anchor="x")
    low, high = log_range([curve.y for curve in curves], top=float(curves[0].y[0]) * 30 or 1.0)
    drawing.log_y(low, high)
    drawing.axis("x", 2, title="layers + 1, or steps + 1", anchor="y2", **ends)
    drawing.axis("y", 2, title="gap", domain=[0, 0.26], anchor="x2")
    drawing.log_axis("y", (1e-17, 1e-11), (1e-17, 1e-14, 1e-11), 2)
    drawing.set(height=388)
    return drawing.figure()
