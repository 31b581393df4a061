"""Figures of trainings that struggle: many seeds over training, and how each of them ended."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from icl_core.plots import METHODS, Curve, Drawing, Figure, Looks, log_range, translucent
from icl_core.plots.lines import PLAIN

WIDE = 6.0
"""Largest over smallest value from which on an axis is logarithmic."""


def seeds_figure(
    x: np.ndarray,
    losses: np.ndarray,
    *,
    chosen: int,
    now: int,
    title: str,
    train: np.ndarray | None = None,
    levels: Sequence[Curve] = (),
) -> Figure:
    """losses [seeds, snapshots] over updates + 1: thin lines, `chosen` thick with a dot at `now`.

    `train` is the chosen seed's loss on the prompts it is trained on.
    """
    drawing = Drawing(
        name="variations_losses",
        title=title,
        x="updates + 1",
        y=PLAIN,
        alt=f"Line chart: the loss on new prompts of {len(losses)} seeds over training, updates on "
        "a logarithmic axis, as thin lines, one of them thick, beside gradient descent's.",
    )
    drawing.curves(levels)
    style = METHODS["full"]
    pale = translucent(style.color, 0.45)
    for seed, loss in enumerate(losses):
        if seed != chosen:
            looks: Looks = {"name": f"seed {seed}", "showlegend": False}
            looks |= {"hover": f"seed {seed}: %{{y:.4g}}"}
            drawing.line(f"seed{seed}", x, loss, pale, 1, **looks)
    if train is not None:
        drawing.curve(Curve(method="seen", x=x, y=train))
    looks = {"name": f"seed {chosen}, new prompts", "hover": f"seed {chosen}: %{{y:.4g}}"}
    drawing.line("chosen", x, losses[chosen], style, 2.5, **looks)
    looks = {"name": "the moment shown", "showlegend": False}
    drawing.marks("now", [x[now]], [losses[chosen][now]], style.color, 12, **looks)
    ends = [0, math.log10(float(x[-1])) + 0.03]
    drawing.axis("x", type="log", dtick=1, range=ends, showgrid=False)
    shown = [losses, *(curve.y for curve in levels), *([] if train is None else [train[1:]])]
    _fit_y(drawing, shown, 3e-4)
    return drawing.figure()


def _fit_y(drawing: Drawing, shown: Sequence[np.ndarray], bottom: float = 0.0) -> None:
    """A logarithmic axis where values differ by more than WIDE, else a linear one."""
    low, high = log_range(shown, pad=0.08)
    if high > WIDE * low:
        drawing.log_y(max(low, bottom), high)
    else:
        drawing.axis("y", range=[low - 0.05 * (high - low), high])


def strip_figure(
    groups: Mapping[str, Mapping[str, np.ndarray]],
    *,
    title: str,
    alt: str,
    y: str,
    levels: Sequence[tuple[str, float]] = (),
    limit: float = np.nan,
) -> Figure:
    """Points by seed: groups are kinds of points (a method of the style table) by place.

    `levels` are (method, value); what is infinite is drawn open at `limit`: not reached by then.
    """
    drawing = Drawing(name="variations_ends", title=title, alt=alt, y=y)
    places = list(next(iter(groups.values())))
    ends = [-0.5, len(places) - 0.5]
    for method, value in levels:
        style = METHODS[method]
        words: Looks = {"name": style.label, "hover": f"{style.label}: {value:.4g}"}
        drawing.line(method, ends, [value, value], style, 1.75, **words)
    for method, values in groups.items():
        style, parts = METHODS[method], list(values.values())
        x = np.concatenate([at + 0.3 * spread(len(part)) for at, part in enumerate(parts)])
        found = np.concatenate(parts)
        missed = ~np.isfinite(found)
        symbols = [f"{style.marker}-open" if m else style.marker for m in missed]
        looks: Looks = {"text": [f"seed {seed}" for part in parts for seed in range(len(part))]}
        looks["name"] = "new prompts" if "seen" in groups else "seed"
        if method != "full":
            looks["name"] = style.label
        looks["hover"] = "%{text}: %{y:.4g}"
        seen = np.where(missed, limit, found)
        drawing.marks(f"ends:{method}", x, seen, style, 9, symbols, **looks)
        if missed.any():
            drawing.key(f"{style.marker}-open", f"{looks['name']}: not reached by then")
    drawing.axis("x", range=ends, tickvals=list(range(len(places))), ticktext=places)
    drawing.axis("x", showgrid=False)
    shown = [value for values in groups.values() for value in values.values()]
    _fit_y(drawing, [*shown, np.array([value for _, value in levels]), np.array([limit])])
    return drawing.figure()


def spread(count: int) -> np.ndarray:
    """Places of points beside each other, -1 to 1."""
    return np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
