"""Figures of what GD++ layers do to the eigenvalues of the Hessian (paper 1, figure 13)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from icl_core.plots.drawing import Drawing
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.style import METHODS, translucent
from icl_core.plots.ticks import log_range, log_ticks, tick_label

BEFORE, AFTER = METHODS["gd"].color, METHODS["gdpp"].color
FAR = 1e9
"""Where a point goes that is not to be seen."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One prompt's eigenvalues before and after the layers, and the map that took them there.

    curve_x, curve_y: the map; before, after [d]; peak, root: (x, y) of one layer's local maximum
    (1/(3 gamma), 4/(27 gamma)) and second root (1/gamma, 0).
    """

    curve_x: np.ndarray
    curve_y: np.ndarray
    before: np.ndarray
    after: np.ndarray
    peak: tuple[float, float]
    root: tuple[float, float]

    def values(self) -> dict[tuple[str, str], np.ndarray]:
        """(uid, field) -> values of all that depends on gamma and layers."""
        return {
            ("map", "y"): self.curve_y,
            ("on map", "y"): self.after,
            ("after", "y"): relative(self.after),
            ("after:stems", "y"): _stems(relative(self.after)),
            ("landmarks", "x"): np.array([self.peak[0], self.root[0]]),
            ("landmarks", "y"): np.array([self.peak[1], self.root[1]]),
        }


def relative(eigenvalues: np.ndarray) -> np.ndarray:
    """Eigenvalues over the largest, at least `LOWEST`."""
    largest = max(float(eigenvalues.max()), 1e-300)
    return np.maximum(eigenvalues / largest, LOWEST)


LOWEST = 1e-5
"""Smallest relative eigenvalue shown."""


def _stems(heights: np.ndarray) -> np.ndarray:
    """y of stems on a logarithmic axis: up from below and down again, three points each."""
    below = np.full_like(heights, LOWEST / 10)
    return np.stack([below, heights, below], axis=-1).ravel()


def passage_figure(passage: Passage, *, title: str, layers: int) -> Figure:
    """The map of the eigenvalues above, the spectrum before and after below."""
    drawing = Drawing(
        name="gdpp_spectrum",
        title=title,
        alt=f"Above: the map that {layers} GD++ layers apply to an eigenvalue, with the "
        f"eigenvalues of one prompt on it. Below: its {len(passage.before)} eigenvalues relative "
        "to the largest, before and after, as stems.",
    )
    values = passage.values()
    top = float(max(passage.before.max(), passage.curve_x.max()))
    drawing.scatter(
        "identity",
        [0, top],
        [0, top],
        name="γ = 0 leaves λ as it is",
        mode="lines",
        line={"color": BEFORE, "width": 1.25, "dash": "dot"},
        hoverinfo="skip",
    )
    drawing.scatter(
        "map",
        passage.curve_x,
        passage.curve_y,
        name="λ after the layers",
        mode="lines",
        line={"color": AFTER, "width": 2.25},
        hovertemplate="λ = %{x:.3g} becomes %{y:.3g}<extra></extra>",
    )
    drawing.scatter(
        "on map",
        passage.before,
        passage.after,
        name="eigenvalues of one prompt",
        mode="markers",
        marker={"color": AFTER, "symbol": "diamond", "size": 9},
        hovertemplate="λ = %{x:.3g} becomes %{y:.3g}<extra></extra>",
    )
    drawing.scatter(
        "landmarks",
        values["landmarks", "x"],
        values["landmarks", "y"],
        mode="markers+text",
        text=["4/(27γ) at 1/(3γ)", "0 at 1/γ"],
        textposition="top center",
        textfont={"size": 12},
        marker={"color": METHODS["bayes_rr"].color, "symbol": "x-thin-open", "size": 8},
        showlegend=False,
        hoverinfo="skip",
        meta=DECORATION,
    )
    index = np.arange(1, len(passage.before) + 1)
    for uid, color, symbol, shift, heights in (
        ("before", BEFORE, "circle", -0.12, relative(passage.before)),
        ("after", AFTER, "diamond", 0.12, relative(passage.after)),
    ):
        drawing.scatter(
            f"{uid}:stems",
            np.repeat(index + shift, 3),
            _stems(heights),
            mode="lines",
            connectgaps=False,
            line={"color": color, "width": 2},
            legendgroup=uid,
            showlegend=False,
            hoverinfo="skip",
            meta=DECORATION,
            xaxis="x2",
            yaxis="y2",
        )
        drawing.scatter(
            uid,
            index + shift,
            heights,
            name=f"{uid} the layers",
            legendgroup=uid,
            mode="markers",
            marker={"color": color, "symbol": symbol, "size": 9},
            hovertemplate=f"{uid}: %{{y:.3g}} of the largest<extra></extra>",
            meta={"panel": "spectrum"},
            xaxis="x2",
            yaxis="y2",
        )
    drawing.axis("x", title="eigenvalue λ of Σ", range=[0, top], domain=[0, 1], anchor="y")
    drawing.axis("y", title="λ after the layers")
    drawing.axis("y", range=[-0.03 * top, _height(passage.before)], domain=[0.57, 1], anchor="x")
    lowest = max(float(relative(passage.before).min()) / 4, LOWEST)
    drawing.axis(
        "x",
        2,
        title="eigenvalue, smallest first",
        anchor="y2",
        dtick=1,
        showgrid=False,
        range=[0.5, len(index) + 0.5],
    )
    drawing.axis("y", 2, title="λ / largest λ", domain=[0, 0.40], anchor="x2")
    drawing.log_y(lowest, 1.6, 2)
    drawing.set(height=620)
    return drawing.figure()


def _height(before: np.ndarray) -> float:
    """Of the map's axis: the peak for gamma near its best is about a sixth of the largest λ."""
    return 0.62 * float(before.max())


def condition_by_gamma(
    gammas: np.ndarray,
    medians: Mapping[int, np.ndarray],
    *,
    gamma: float,
    best: float,
    layers: int,
    trained: Sequence[float] = (),
) -> Figure:
    """Median condition number over prompts against gamma, a curve for each number of layers."""
    drawing = Drawing(
        name="condition_by_gamma",
        title="Condition number by γ",
        x="γ",
        y="median κ after the layers",
        alt="Line chart, logarithmic: the median condition number after 1 to "
        f"{max(medians)} GD++ layers against gamma, lowest near {best:.3g}.",
    )
    drawing.mark_x(gamma)
    dashes = ("solid", "dash", "dashdot", "dot")
    for depth, values in medians.items():
        chosen = depth == layers
        drawing.scatter(
            f"L{depth}",
            gammas,
            values,
            name=f"{depth} layer{'s' * (depth > 1)}",
            mode="lines",
            opacity=1 if chosen else 0.8,
            line={
                "color": AFTER if chosen else METHODS["oracle_rr"].color,
                "width": 2.5 if chosen else 1.5,
                "dash": dashes[(depth - 1) % 4],
            },
            hovertemplate=f"{depth} layers, γ = %{{x:.3g}}: κ = %{{y:.3g}}<extra></extra>",
        )
    shown = medians[layers]
    drawing.scatter(
        "none",
        [0],
        [float(next(iter(medians.values()))[0])],
        name="no preconditioning",
        mode="markers",
        marker={"color": BEFORE, "symbol": "star", "size": 13},
        cliponaxis=False,
        hovertemplate="γ = 0: κ = %{y:.3g}<extra></extra>",
    )
    drawing.scatter(
        "best",
        [best],
        [float(np.interp(best, gammas, shown))],
        name="best γ",
        mode="markers",
        marker={"color": AFTER, "symbol": "diamond", "size": 11},
        hovertemplate="best γ = %{x:.4g}: κ = %{y:.3g}<extra></extra>",
    )
    if trained:
        drawing.scatter(
            "trained",
            trained,
            np.interp(trained, gammas, shown),
            name="γ of trained layers",
            mode="markers",
            marker={"color": METHODS["full"].color, "symbol": "cross-thin-open", "size": 13},
            hovertemplate="trained γ = %{x:.4g}<extra></extra>",
        )
    finite = np.concatenate([values[np.isfinite(values)] for values in medians.values()])
    start = float(next(iter(medians.values()))[0])
    high = start * 3 if math.isfinite(start) else 1e6
    low, high = log_range([np.minimum(finite, high), [1.0]])
    drawing.axis("x", range=[0, float(gammas[-1])], showgrid=False)
    drawing.log_y(min(low, 0.9), high)
    return drawing.figure()


def condition_histogram(before: np.ndarray, after: np.ndarray, *, layers: int) -> Figure:
    """How the condition numbers of many prompts lie, before and after the layers."""
    drawing = Drawing(
        name="condition_histogram",
        title=f"Condition numbers of {len(before):,} prompts",
        x="condition number κ",
        y="share of prompts",
        alt=f"Histogram: condition numbers of {len(before)} prompts before and after {layers} "
        "GD++ layers, on a logarithmic axis.",
    )
    finite = np.concatenate([v[np.isfinite(v) & (v > 0)] for v in (before, after)])
    low, high = np.quantile(np.log10(finite), [0.0, 0.995]) if finite.size else (0.0, 1.0)
    high = max(high, low + 0.5)
    edges = np.linspace(low, high, 41)
    for uid, color, values in (("before", BEFORE, before), ("after", AFTER, after)):
        logs = np.log10(np.clip(values, 10**low, 10**high))
        share = np.histogram(logs, edges)[0] / len(values)
        drawing.scatter(
            uid,
            10 ** np.repeat(edges, 2)[1:-1],
            np.repeat(share, 2),
            name=f"{uid} the layers",
            mode="lines",
            line={"color": color, "width": 1.75, "dash": "dot" if uid == "before" else "solid"},
            fill="tozeroy",
            fillcolor=translucent(color, 0.2),
            hovertemplate=f"{uid}, κ near %{{x:.3g}}: %{{y:.1%}}<extra></extra>",
        )
    ticks = log_ticks(10**low, 10**high)
    drawing.axis(
        "x",
        type="log",
        range=[low, high],
        showgrid=False,
        tickvals=ticks,
        ticktext=[tick_label(tick) for tick in ticks],
    )
    drawing.axis("y", tickformat=".0%", rangemode="tozero")
    return drawing.figure()
