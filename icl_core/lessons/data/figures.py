"""Figures of errors on held-out rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from icl_core.lessons.data.scores import Middle, Scores, interval
from icl_core.lessons.data.words import number, share
from icl_core.plots import DECORATION, METHODS, Drawing, Figure, translucent
from icl_core.plots.ticks import log_ticks, tick_label

RMSE = "error (RMSE)"
ROOM = 1.9
"""Axes of errors reach so many times as far as the error of predicting the mean."""
SHOWN = ("bayes_rr", "ridge_cv", "ols", "mean")
"""What the model stands beside, the best informed first."""


def table_row(label: str, middle: Middle, **known: Any) -> dict[str, Any]:
    """What stands in a figure's table, beyond the axis too."""
    return (
        {"series": label} | known | {RMSE: middle.median, "10 %": middle.low, "90 %": middle.high}
    )


def reach(scores: Sequence[Scores]) -> tuple[float, float]:
    """Ends of an axis of errors: what is beyond is drawn at its edge."""
    means = [each.middle["mean"].median for each in scores]
    lowest = min(float(v.min()) for each in scores for v in each.rmse.values())
    top = ROOM * max(max(means), 1e-12)
    return max(0.95 * lowest, 0.05 * top), top


def errors_figure(scores: Scores, named: Mapping[str, str], *, title: str, x: str) -> Figure:
    """A row a method: points of splits, the median and its interval."""
    drawing = Drawing(
        name="data_errors",
        title=title,
        x=x,
        alt="Points by random split, a row a method: the error of the model on held-out rows, "
        "beside Bayes, cross-validated ridge regression, least squares and the mean of the "
        "targets, with medians and their 95 % intervals.",
    )
    low, top = reach([scores])
    jitter = np.linspace(-0.24, 0.24, len(scores.deviation))
    jitter = np.random.default_rng(0).permutation(jitter)
    for row, (method, label) in enumerate(named.items()):
        _row(drawing, method, label, scores.rmse[method], jitter + row, top)
        _median(drawing, method, label, scores, row, top)
    words = [
        f"{label}<br>{number(scores.middle[m].median)} ({share(scores.r2(m))})"
        for m, label in named.items()
    ]
    drawing.axis("x", range=[low - 0.02 * (top - low), top * 1.01])
    drawing.axis(
        "y", range=[len(named) - 0.5, -0.5], tickvals=list(range(len(named))), ticktext=words
    )
    drawing.axis("y", showgrid=False, ticks="", showline=False)
    drawing.set(showlegend=False, hovermode="closest")
    return drawing.figure()


def _row(
    drawing: Drawing, method: str, label: str, values: np.ndarray, at: np.ndarray, top: float
) -> None:
    style, beyond = METHODS[method], values > top
    known = {"series": f"{label}, splits"}
    symbols = np.where(beyond, "triangle-right-open", "circle").tolist()
    drawing.marks(
        f"{method}:splits",
        np.minimum(values, top),
        at,
        translucent(style.color, 0.45),
        5,
        symbols,
        name=f"{label}, splits",
        hover=f"{label}: %{{x:.4g}}",
        meta={"rows": [known | {"split": at, RMSE: error} for at, error in enumerate(values, 1)]},
    )


def _median(
    drawing: Drawing, method: str, label: str, scores: Scores, row: int, top: float
) -> None:
    style, middle = METHODS[method], scores.middle[method]
    low, high = interval(scores.rmse[method])
    known = {"series": f"{label}, median", RMSE: middle.median, "R²": scores.r2(method)}
    known |= {"95 % low": low, "95 % high": high}
    ends = [min(low, top), min(high, top)]
    drawing.line(f"{method}:interval", ends, [row, row], style.color, 8, meta=DECORATION)
    drawing.marks(
        method,
        [min(middle.median, top)],
        [row],
        style.color,
        14,
        "triangle-right" if middle.median > top else "circle",
        name=label,
        edge={"color": "white", "width": 1.5},
        meta={"rows": [known]},
        hover=f"{label}: median {number(middle.median)}, 95 % interval "
        f"{number(low)} to {number(high)}",
    )


def scales_figure(
    by_scale: Mapping[str, Scores], named: Mapping[str, str], *, title: str, y: str
) -> Figure:
    """Methods side by side at each scale of the inputs."""
    drawing = Drawing(
        name="data_scales",
        title=title,
        y=y,
        alt="Marks with bars, in three groups: the error of every method where inputs are raw, "
        "standardised and whitened.",
    )
    low, top = reach(list(by_scale.values()))
    off = False
    offsets = np.linspace(-0.3, 0.3, len(named))
    for offset, (method, label) in zip(offsets, named.items(), strict=True):
        style, x = METHODS[method], np.arange(len(by_scale)) + offset
        middles = [scores.middle[method] for scores in by_scale.values()]
        bars_y = [v for m in middles for v in (min(m.low, top), min(m.high, top), None)]
        bars_x = [at for each in x for at in (each, each, None)]
        pale = translucent(style.color, 0.55)
        drawing.line(f"{method}:range", bars_x, bars_y, pale, 3, meta=DECORATION, showlegend=False)
        beyond = [m.median > top for m in middles]
        off = off or any(beyond)
        drawing.marks(
            method,
            x,
            [min(m.median, top) for m in middles],
            style,
            11,
            ["triangle-up-open" if b else style.marker for b in beyond],
            name=label,
            edge={"color": style.color, "width": 1.5},
            text=[number(m.median) for m in middles],
            meta={
                "rows": [
                    table_row(label, middle, inputs=scale)
                    for scale, middle in zip(by_scale, middles, strict=True)
                ]
            },
            hover=f"{label}: %{{text}}",
        )
    if off:
        drawing.key("triangle-up-open", "above the picture; point at it for its number")
    labels = list(by_scale)
    drawing.axis("x", range=[-0.5, len(labels) - 0.5], tickvals=list(range(len(labels))))
    drawing.axis("x", ticktext=labels, showgrid=False, ticks="")
    drawing.axis("y", range=[low - 0.02 * (top - low), top * 1.03])
    drawing.set(hovermode="closest")
    return drawing.figure()


def predictions_figure(
    truth: np.ndarray, predicted: Mapping[str, np.ndarray], named: Mapping[str, str], *, of: str
) -> Figure:
    """Predicted over true values of one split's held-out rows."""
    drawing = Drawing(
        name="data_predictions",
        title="Predicted against true",
        x=f"true {of}",
        y=f"predicted {of}",
        alt="Points of the held-out rows of one split, predicted over true values, of the model "
        "and of cross-validated ridge regression, with the line where both are equal.",
    )
    low, high = float(truth.min()), float(truth.max())
    room = 0.15 * (high - low) or 1.0
    ends = [low - room, high + room]
    grey = METHODS["bayes_rr"].color
    drawing.line("equal", ends, ends, grey, 1.5, "dot", name="no error", meta=DECORATION)
    for method, label in named.items():
        values = np.nan_to_num(predicted[method], nan=ends[1], posinf=ends[1], neginf=ends[0])
        inside = (values > ends[0]) & (values < ends[1])
        drawing.marks(
            method,
            truth,
            np.clip(values, ends[0], ends[1]),
            METHODS[method],
            8,
            [METHODS[method].marker + ("" if within else "-open") for within in inside],
            name=label,
            hover=f"{label}: %{{y:.4g}}, true %{{x:.4g}}",
            meta={
                "rows": [
                    {"series": label, "true": of_row, "predicted": value}
                    for of_row, value in zip(truth, predicted[method], strict=True)
                ]
            },
        )
        if not inside.all():
            drawing.key(f"{METHODS[method].marker}-open", f"{label}: beyond the axis, at its edge")
    drawing.axis("x", range=ends, showgrid=False)
    drawing.axis("y", range=ends)
    drawing.set(hovermode="closest")
    return drawing.figure()


def log_ends(values: Sequence[np.ndarray], pad: float = 1.25) -> tuple[float, float]:
    """Ends of a logarithmic axis around all positive numbers, over twelve decades at most."""
    flat = np.concatenate([np.ravel(part) for part in values])
    flat = flat[np.isfinite(flat) & (flat > 0)]
    if not flat.size:
        return 0.1, 10.0
    high = float(flat.max())
    return max(float(flat.min()), high * 1e-12) / pad, high * pad


def log_axis(drawing: Drawing, letter: str, ends: tuple[float, float], number: int) -> None:
    """Logarithmic, with few ticks."""
    ticks = log_ticks(*ends)
    ticks = ticks[:: 1 + len(ticks) // 8]
    drawing.log_axis(letter, ends, ticks, number, showgrid=letter == "y")
    drawing.axis(letter, number, ticktext=[tick_label(tick) for tick in ticks])
