"""Heatmaps of how near each layer of a model is to each step of known methods."""

from collections.abc import Mapping, Sequence

import numpy as np

from icl_core.analysis.matching import Gaps
from icl_core.plots import DECORATION, LABELS_ONLY, METHODS, Drawing, Figure, Looks
from icl_core.plots.style import numbered_cells

ROW, COLUMNS = 26, 2
"""Pixels of a layer's row; panels side by side."""
NEAR = 1.3
"""Decades of the gap below 1 at which the colours end: at 5 %."""


def closeness(gap: np.ndarray) -> np.ndarray:
    """Decades below 1, from 0 (as far as the prediction is large, or more) to NEAR."""
    with np.errstate(divide="ignore"):
        decades = -np.log10(np.where(np.isfinite(gap), gap, np.inf))
    return np.clip(np.nan_to_num(decades, posinf=NEAR, neginf=0), 0, NEAR)


def matching_figure(
    gaps: Mapping[str, Gaps], columns: Mapping[str, Sequence[float]], *, title: str
) -> Figure:
    """A panel a method, a row a layer; the nearest step of every row is written in per cent.

    `columns` holds the steps or strengths of every method.
    """
    layers = next(iter(gaps.values())).gap.shape[0]
    lines = -(-len(gaps) // COLUMNS)
    drawing = Drawing(
        name="matching",
        title=title,
        alt=f"{len(gaps)} heatmaps of {layers} layers by the steps of a method: the darker, the "
        "nearer; the nearest step of every layer is marked with its distance.",
    )
    high = ROW * layers + 74
    total = lines * high
    for index, (method, found) in enumerate(gaps.items()):
        row, column = divmod(index, COLUMNS)
        top = 1 - row * high / total - 24 / total
        across = [column / COLUMNS, (column + 1) / COLUMNS - 0.045]
        down = [top - ROW * layers / total, top]
        names = [f"{value:.3g}" for value in columns[method]]
        _panel(drawing, method, names, found, index + 1, across, down)
    drawing.set(coloraxis=numbered_cells(NEAR), height=total + 70, showlegend=False)
    drawing.set(margin={"l": 60, "r": 8, "t": 56, "b": 14})
    return drawing.figure()


def _panel(
    drawing: Drawing,
    method: str,
    columns: Sequence[str],
    found: Gaps,
    number: int,
    across: list[float],
    down: list[float],
) -> None:
    best, ridge = found.best(), method == "const_rr"
    title = "Ridge, strength s" if ridge else f"{METHODS[method].label}, step"
    kind = "s =" if ridge else "step"
    down_at, across_at = list(range(len(found.gap))), list(range(len(columns)))
    per_cent = [[_percent(value).removesuffix(" %") for value in line] for line in found.gap]
    rows = [
        {
            "method": METHODS[method].label,
            "layer": i + 1,
            "step or strength": columns[j],
            "gap": float(found.gap[i, j]),
            "standard error": float(found.error[i, j]),
            "nearest": bool(best[i] == j),
        }
        for i in down_at
        for j in across_at
    ]
    cells: Looks = {"name": title, "gap": 1, "meta": {"rows": rows}}
    cells |= {"texttemplate": "%{text}", "textfont": {"size": 11}}
    cells["text"] = [
        [said if best[i] == j else "" for j, said in enumerate(line)]
        for i, line in enumerate(per_cent)
    ]
    said = [
        f"layer {row['layer']}, {kind} {row['step or strength']}: "
        f"{_percent(row['gap'])} ± {100 * row['standard error']:.1g} %"
        for row in rows
    ]
    cells["customdata"] = [said[i * len(across_at) : (i + 1) * len(across_at)] for i in down_at]
    cells["hover"] = f"%{{customdata}}<extra>{title}</extra>"
    drawing.heatmap(method, across_at, down_at, closeness(found.gap), number, **cells)
    bare: Looks = LABELS_ONLY | {"fixedrange": True}
    drawing.panel(number, across, down)
    drawing.axis("x", number, **bare, tickangle=0, tickfont={"size": 11})
    ends = [-0.5, len(across_at) - 0.5]
    drawing.axis("x", number, range=ends, tickvals=across_at[::2], ticktext=columns[::2])
    drawing.axis("y", number, **bare, showticklabels=number % COLUMNS == 1, ticklabelstandoff=8)
    ends, names = [len(down_at) - 0.5, -0.5], [f"layer {i + 1}" for i in down_at]
    drawing.axis("y", number, range=ends, tickvals=down_at, ticktext=names)
    drawing.headline(f"<b>{title}</b>", across[0], down[1])
    looks: Looks = {"edge": {"width": 2}, "cliponaxis": False, "meta": DECORATION}
    color, uid = METHODS["full"].color, f"{method}:best"
    drawing.marks(uid, best.tolist(), down_at, color, 22, "square-open", number, **looks)


def _percent(value: float) -> str:
    if not np.isfinite(value):
        return "far"
    if value >= 9.995:
        return f"×{value:.2g}"
    return f"{100 * value:.0f} %" if value >= 0.0995 else f"{100 * value:.2g} %"
