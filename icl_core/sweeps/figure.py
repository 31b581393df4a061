"""The loss of a sweep's models along any of its axes."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from icl_core.errors import InputError
from icl_core.live import View
from icl_core.plots.curves import Curve
from icl_core.plots.drawing import LOSS, Drawing
from icl_core.plots.methods import METHODS
from icl_core.plots.ticks import log_range
from icl_core.sweeps.spec import AXES, Cell
from icl_core.sweeps.table import Row
from icl_core.validation import choice

WORDS = {
    "dim": "dimension d",
    "num_context": "context length n",
    "noise": "noise law",
    "inputs": "input law",
    "parametrization": "weights",
    "layers": "layers L",
    "heads": "heads H",
    "seed": "seed",
    "recipe": "recipe",
    "tied": "tied layers",
    "rate": "learning rate",
    "updates": "updates",
}


def sweep_view(rows: Sequence[Row], x: str, by: str) -> View:
    """Loss by one axis, a line for every value of another, and the Bayes floor; everything else is
    averaged over in the logarithm, and bands are the least and the largest."""
    rows = [Cell().to_dict() | row for row in rows]  # of a table that is older than an axis
    x, by = choice("--x", x, AXES), choice("--by", by, AXES)
    if x == by:
        raise InputError(f"--x and --by are both {x}: choose two axes.")
    places = _ordered(row[x] for row in rows)
    numbers = all(isinstance(place, int | float) for place in places)
    drawing = Drawing(
        name=f"sweep_{x}_{by}",
        title=f"Loss by {WORDS[x]}",
        x=WORDS[x],
        y=LOSS,
        alt=f"Line chart: the adjusted loss by {WORDS[x]}, a line for every {WORDS[by]}.",
    )
    at = np.array(places, float) if numbers else np.arange(len(places), dtype=float)
    methods, curves = list(METHODS), []
    for index, value in enumerate(_ordered(row[by] for row in rows)):
        own = [row for row in rows if row[by] == value]
        known = value if value in METHODS else methods[index % len(methods)]
        for kind in ("loss", "bayes") if index == 0 else ("loss",):
            curves.append(_curve(own, rows, x, places, at, known, f"{value}", kind))
    drawing.curves(curves)
    if not numbers:
        drawing.axis("x", tickvals=list(at), ticktext=[str(place) for place in places])
    drawing.log_y(*log_range([curve.y for curve in curves]))
    said = ", ".join(WORDS[name] for name in AXES if name not in (x, by) and _many(rows, name))
    averaged = f" Averaged over {said}, in the logarithm; bands: all of them." if said else ""
    return View(figure=drawing.figure(), caption=f"{len(rows)} models.{averaged}")


def _curve(
    own: Sequence[Row],
    rows: Sequence[Row],
    x: str,
    places: Sequence[Any],
    at: np.ndarray,
    method: str,
    label: str,
    kind: str,
) -> Curve:
    bayes = kind == "bayes"
    source = rows if bayes else own
    found = [_logs(row[kind] for row in source if row[x] == place) for place in places]
    middle, low, high = (
        np.exp(np.array([function(values) if len(values) else np.nan for values in found]))
        for function in (np.mean, np.min, np.max)
    )
    return Curve(
        method="bayes_rr" if bayes else method,
        uid="bayes" if bayes else f"by:{label}",
        label="Bayes" if bayes else METHODS[label].label if label in METHODS else label,
        x=at,
        y=middle,
        low=None if bayes else low,
        high=None if bayes else high,
        band="range",
        markers=not bayes,
    )


def _logs(losses: Iterable[float | None]) -> np.ndarray:
    values = np.array([loss for loss in losses if loss], float)
    return np.log(values[values > 0])


def _ordered(values: Iterable[Any]) -> list[Any]:
    return sorted(set(values), key=lambda value: (isinstance(value, str), value))


def _many(rows: Sequence[Row], name: str) -> bool:
    return len({row[name] for row in rows}) > 1
