"""Heatmaps of how near each layer of a model is to each step of known methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.plots.drawing import LABELS_ONLY, Drawing
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.style import numbered_cells

ROW, COLUMNS = 26, 2
"""Pixels of a layer's row; panels side by side."""
NEAR = 1.3
"""Decades of the gap below 1 at which the colours end: at 5 %."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """One method: gap and its standard error [layers, steps], and the nearest step by layer."""

    method: str
    title: str
    columns: Sequence[str]
    gap: np.ndarray
    error: np.ndarray
    best: np.ndarray


def closeness(gap: np.ndarray) -> np.ndarray:
    """Decades below 1, from 0 (as far as the prediction is large, or more) to NEAR."""
    with np.errstate(divide="ignore"):
        decades = -np.log10(np.where(np.isfinite(gap), gap, np.inf))
    return np.clip(np.nan_to_num(decades, posinf=NEAR, neginf=0), 0, NEAR)


def matching_figure(panels: Sequence[Match], *, title: str) -> Figure:
    """A panel a method, a row a layer; the nearest step of every row is written in per cent."""
    layers = panels[0].gap.shape[0]
    lines = -(-len(panels) // COLUMNS)
    drawing = Drawing(
        name="matching",
        title=title,
        alt=f"{len(panels)} heatmaps of {layers} layers by the steps of a method: the darker, the "
        "nearer; the nearest step of every layer is marked with its distance.",
    )
    high = ROW * layers + 74
    total = lines * high
    for index, panel in enumerate(panels):
        row, column = divmod(index, COLUMNS)
        top = 1 - row * high / total - 24 / total
        across = [column / COLUMNS, (column + 1) / COLUMNS - 0.045]
        _panel(drawing, panel, index + 1, across, [top - ROW * layers / total, top])
    drawing.set(
        coloraxis=numbered_cells(NEAR),
        height=total + 70,
        showlegend=False,
        margin={"l": 60, "r": 8, "t": 56, "b": 14},
    )
    return drawing.figure()


def _panel(
    drawing: Drawing, panel: Match, number: int, across: list[float], down: list[float]
) -> None:
    down_at, across_at = list(range(len(panel.gap))), list(range(len(panel.columns)))
    per_cent = [[_percent(value).removesuffix(" %") for value in line] for line in panel.gap]
    kind = "s =" if panel.method == "const_rr" else "step"
    rows = [
        {
            "method": METHODS[panel.method].label,
            "layer": i + 1,
            "step or strength": panel.columns[j],
            "gap": float(panel.gap[i, j]),
            "standard error": float(panel.error[i, j]),
            "nearest": bool(panel.best[i] == j),
        }
        for i in down_at
        for j in across_at
    ]
    drawing.heatmap(
        panel.method,
        across_at,
        down_at,
        closeness(panel.gap),
        number,
        name=panel.title,
        text=[
            [said if panel.best[i] == j else "" for j, said in enumerate(line)]
            for i, line in enumerate(per_cent)
        ],
        texttemplate="%{text}",
        textfont={"size": 11},
        customdata=[
            [
                f"layer {row['layer']}, {kind} {row['step or strength']}: "
                f"{_percent(row['gap'])} ± {100 * row['standard error']:.1g} %"
                for row in rows[i * len(across_at) : (i + 1) * len(across_at)]
            ]
            for i in down_at
        ],
        hovertemplate=f"%{{customdata}}<extra>{panel.title}</extra>",
        gap=1,
        meta={"rows": rows},
    )
    bare: dict[str, Any] = LABELS_ONLY | {"fixedrange": True}
    drawing.panel(number, across, down)
    drawing.axis(
        "x",
        number,
        **bare,
        range=[-0.5, len(across_at) - 0.5],
        tickvals=across_at[::2],
        ticktext=list(panel.columns)[::2],
        tickangle=0,
        tickfont={"size": 11},
    )
    drawing.axis(
        "y",
        number,
        **bare,
        range=[len(down_at) - 0.5, -0.5],
        tickvals=down_at,
        ticktext=[f"layer {i + 1}" for i in down_at],
        showticklabels=number % COLUMNS == 1,
        ticklabelstandoff=8,
    )
    drawing.headline(f"<b>{panel.title}</b>", across[0], down[1])
    marks = {"color": METHODS["full"].color, "symbol": "square-open", "size": 22}
    drawing.scatter(
        f"{panel.method}:best",
        [int(j) for j in panel.best],
        down_at,
        number,
        mode="markers",
        marker=marks | {"line": {"width": 2}},
        cliponaxis=False,
        hoverinfo="skip",
        meta=DECORATION,
    )


def _percent(value: float) -> str:
    if not np.isfinite(value):
        return "far"
    if value >= 9.995:
        return f"×{value:.2g}"
    return f"{100 * value:.0f} %" if value >= 0.0995 else f"{100 * value:.2g} %"
