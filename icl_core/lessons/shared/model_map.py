"""The results table as a map: a number and a colour a model."""

from collections.abc import Mapping
from math import isfinite, log10, nan
from typing import Any, Literal, get_args

import numpy as np

from icl_core.experiments.mixed_noise.claims import percent, value
from icl_core.experiments.mixed_noise.published import DEPTHS
from icl_core.experiments.mixed_noise.table import Cell, Column, Results
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots import METHODS, Figure
from icl_core.plots.results import Mark, results_map
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import format_noise
from icl_core.zoo.library import Entry

Quantity = Literal["gain", "bayes", "loss"]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
TITLES: Mapping[Quantity, str] = {
    "gain": "Loss below the published one, in %",
    "bayes": "Loss, in Bayes floors",
    "loss": "Adjusted loss (half MSE)",
}
CAPTIONS: Mapping[Quantity, str] = {
    "gain": "Blue: lower than published. †: the printed value lies below an exact floor, and ours "
    "within 1 % of that floor. ~: lower but for the hardest 1 % of the prompts.",
    "bayes": "1 is the best that any predictor can reach; without noise the floor is 0.",
    "loss": "The paler, the lower.",
}
GAIN_LIMIT, BAYES_LIMIT, LOSS_RANGE = 0.4, 100.0, (0.002, 2.0)
"""Where the colours of the map end."""


def noise_words(task: LinearTask) -> str:
    """The noise law of a task, short."""
    return task.noise.label() if task.noise.highest else "no noise"


def known(number: float) -> float | None:
    """The number, or None where there is none."""
    return number if isfinite(number) else None


def mark_of(cell: Cell, quantity: Quantity) -> Mark:
    """How a cell of the table looks."""
    assert cell.ours is not None
    loss = cell.ours.mean
    if quantity == "gain":
        gain = 1 - cell.ratio
        color, said = gain / GAIN_LIMIT, f"{100 * gain:.0f}".replace("-", "−").replace("−0", "0")
        if cell.verdict == "floor":
            color, said = 0.0, "†"
        elif cell.verdict == "tail":
            color, said = 0.0, "~"
    elif quantity == "bayes":
        ratio = loss / cell.column.bayes if cell.column.bayes else nan
        color = -log10(ratio) / log10(BAYES_LIMIT) if ratio > 0 else 0.0
        said = f"{ratio:.2f}" if ratio < 9.95 else f"{ratio:.0f}"
        said = said if isfinite(ratio) else "·"
    else:
        low, high = map(log10, LOSS_RANGE)
        color = max((log10(max(loss, 1e-300)) - low) / (high - low), 0.0)
        said = f"{loss:.2g}".removeprefix("0") if loss >= 1e-3 else f"{loss:.0e}"
        said = said.replace("e-0", "e-")
    return Mark(color=float(np.clip(color, -1, 1)), text=said, hover=_hover(cell), row=_row(cell))


def _row(cell: Cell) -> dict[str, Any]:
    assert cell.ours is not None
    return {
        "model": METHODS[cell.parametrization].label,
        "layers": cell.layers,
        "noise": format_noise(cell.column.task.noise),
        "ours": cell.ours.mean,
        "stderr": cell.ours.stderr,
        "median": cell.ours.median,
        "trimmed": known(cell.ours.trimmed),
        "published": cell.paper.value,
        "bayes": cell.column.bayes,
        "floor": cell.floor,
        "verdict": cell.verdict,
    }


SAID: Mapping[str, str] = {
    "better": "better than published",
    "equal": "equal within error",
    "floor": "the published value lies below an exact floor",
    "tail": "above in the mean, below without the hardest 1 %",
    "worse": "worse than published",
}


def _hover(cell: Cell) -> str:
    ours = cell.ours
    assert ours is not None
    lines = [
        f"<b>{METHODS[cell.parametrization].label}, L = {cell.layers}, "
        f"{noise_words(cell.column.task)}</b>",
        f"ours {value(ours.mean)} ± {ours.stderr:.1g}, median {value(ours.median)}",
        f"published {cell.paper.text}: {SAID[cell.verdict]}",
    ]
    if cell.column.bayes:
        lines.append(f"Bayes {value(cell.column.bayes)}: {percent(cell.excess)} above it")
    if cell.floor != cell.column.bayes:
        lines.append(f"floor of its kind {value(cell.floor)}")
    if cell.heavy_tailed:
        lines.append("heavy-tailed: a few prompts decide the mean")
    return "<br>".join(lines)


def _place(cell: Cell) -> tuple[str, str]:
    return f"{METHODS[cell.parametrization].label} {cell.layers}", _head(cell.column)


def _head(column: Column) -> str:
    """As narrow as a telephone wants it: "1,3"."""
    return column.head.strip("{}").replace(" ", "")


def map_figure(quantity: Quantity, table: Results, picked: Entry | None = None) -> Figure:
    """Every shipped cell of the table; rows and columns without any are left out."""
    cells = table.filled
    marks = {_place(cell): mark_of(cell, quantity) for cell in cells}
    have = {row for row, _ in marks}
    groups = [
        [row for row in (f"{METHODS[kind].label} {depth}" for depth in DEPTHS) if row in have]
        for kind in PARAMETRIZATIONS
    ]
    heads = [_head(c) for c in table.columns if any(c is cell.column for cell in cells)]
    chosen = table.cell_of(picked) if picked else None
    title = TITLES[quantity]
    return results_map(
        marks,
        groups=[group for group in groups if group],
        columns=heads,
        title=title,
        alt=f"A map of {len(marks)} models, a row a kind and depth, a column a noise law: {title}.",
        picked=_place(chosen) if chosen else None,
    )
