"""Figures about whole matrices and models: what their parts hold, how far apart they are."""

from collections.abc import Mapping, Sequence

import numpy as np

from icl_core.plots import DECORATION, LABELS_ONLY, METHODS, Drawing, Figure, Looks
from icl_core.plots.style import numbered_cells

SHARES = ("diagonal part", "rank 1", "rank 2", "rank 3", "more")
SHARE_COLORS = (METHODS["diag"].color, METHODS["full"].color, "#e8964f", "#f3c49a", "#9aa5b1")
BAR = 15
"""Pixels of a bar: fourteen of them fit on a phone."""
FARTHEST = 1.5
"""The distance at which the colours end."""


def grouped(shares: np.ndarray) -> np.ndarray:
    """Shares of the diagonal part and of every rank [1 + ranks] as those of `SHARES`."""
    named = len(SHARES) - 1
    padded = np.pad(shares, (0, max(named + 1 - len(shares), 0)))
    return np.append(padded[:named], padded[named:].sum())


def share_chart(bars: Mapping[str, np.ndarray], *, title: str) -> Figure:
    """A bar a matrix (by its label), made of `SHARES`, the diagonal part at its foot."""
    drawing = Drawing(
        name="shares",
        title=title,
        y="share of the squared weight, %",
        alt=f"{len(bars)} stacked bars, one a matrix: the share of its squared weight in the "
        "diagonal part, in a first, second and third rank beside it, and in all others.",
    )
    heights = 100 * np.stack([grouped(shares) for shares in bars.values()])
    tops = heights.cumsum(1)
    places = np.arange(len(bars), dtype=float)
    for index, (name, color) in enumerate(zip(SHARES, SHARE_COLORS, strict=True)):
        ends = np.stack([tops[:, index] - heights[:, index], tops[:, index]], axis=1)
        shown = list(zip(bars, heights[:, index], strict=True))
        gaps = [value for pair in ends.tolist() for value in (*pair, None)]
        said = [f"{label}, {name}: {height:.2f} %" for label, height in shown]
        rows = [{"matrix": of, "part": name, "share (%)": float(share)} for of, share in shown]
        looks: Looks = {"name": name, "text": np.repeat(said, 3), "hover": "%{text}"}
        looks["meta"] = {"rows": rows}
        drawing.line(f"bar{index}", np.repeat(places, 3), gaps, color, BAR, **looks)
    drawing.axis("x", tickvals=places, ticktext=list(bars), range=[-0.6, len(bars) - 0.4])
    drawing.axis("x", showgrid=False, ticks="", tickangle=0)
    drawing.axis("y", range=[0, 100.5])
    drawing.set(height=330, hovermode="closest")
    return drawing.figure()


def distance_chart(
    labels: Sequence[str], before: np.ndarray, after: np.ndarray, *, title: str
) -> Figure:
    """Distances [K, K] between K models: `before` above the diagonal, `after` below it."""
    count = len(labels)
    z = np.triu(before, 1) + np.tril(after, -1)
    names = [label.replace(", ", "<br>") for label in labels]
    drawing = Drawing(
        name="distances",
        title=title,
        alt=f"A square of {count} by {count} models: distances before alignment above the "
        "diagonal, after it below.",
    )
    places = np.arange(count)
    upper = np.triu(np.ones((count, count), bool), 1)
    said = np.where(upper, "as trained", "aligned").astype(object)
    rows: list[Looks] = [
        {
            "one": labels[i],
            "other": labels[j],
            "distance before": float(before[i, j]),
            "distance after": float(after[i, j]),
        }
        for i in range(count)
        for j in range(i)
    ]
    cells: Looks = {"gap": 2, "hover": "%{customdata}: %{z:.4f}"}
    cells["customdata"] = [
        [f"{row} and {column}, {said[i, j]}" for j, column in enumerate(labels)]
        for i, row in enumerate(labels)
    ]
    cells["meta"] = {"rows": rows or [{"one": x, "other": x, "distance": 0.0} for x in labels]}
    drawing.heatmap("distances", places, places, z, **cells)
    looks: Looks = {"mode": "text", "textfont": {"size": 12}, "hoverinfo": "skip"}
    looks["text"] = [f"{value:.2f}" if i != j else "" for (i, j), value in np.ndenumerate(z)]
    looks |= {"line": {"color": METHODS["bayes_rr"].color}, "meta": DECORATION}
    drawing.scatter("numbers", np.tile(places, count), np.repeat(places, count), **looks)
    ends = [-0.5, count - 0.5]
    look: Looks = LABELS_ONLY | {"tickvals": places, "ticktext": names, "tickfont": {"size": 12}}
    drawing.axis("x", range=ends, side="top", tickangle=0, **look)
    drawing.axis("y", range=ends[::-1], **look)
    height = 130 + 46 * max(count, 3)
    drawing.set(coloraxis=numbered_cells(FARTHEST), height=height, showlegend=False)
    drawing.set(margin={"l": 70, "r": 8, "t": 56, "b": 12})
    return drawing.figure()
