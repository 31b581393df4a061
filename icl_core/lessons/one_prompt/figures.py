"""Figures of one prompt: its noise, its weights, and layers beside iterations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from icl_core.plots.drawing import LOSS, Curve, Drawing
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.style import translucent

SPLIT = 0.46
"""Height of the lower panel."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """A prompt's true sigma, the posterior over it, and the sigma that each method works with."""

    sigma: float
    levels: np.ndarray
    posterior: np.ndarray
    continuous: bool
    readings: Mapping[str, float]

    def density(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of the posterior's line; single levels are stems."""
        if self.continuous:
            return self.levels, self.posterior
        zero = np.zeros_like(self.posterior)
        gap = np.full_like(self.posterior, np.nan)
        return np.repeat(self.levels, 3), np.stack([zero, self.posterior, gap], axis=-1).ravel()

    def values(self) -> dict[tuple[str, str], np.ndarray]:
        """What moves with the noise level, by trace and field."""
        x = np.full(2, self.sigma)
        found = {("posterior", "y"): self.density()[1], ("truth", "x"): x, ("truth2", "x"): x}
        return found | {(name, "x"): np.array([at]) for name, at in self.readings.items()}


def noise_readings(readings: Readings, *, end: float) -> Figure:
    """Above the posterior of sigma, below a row a method with the sigma it works with."""
    drawing = Drawing(
        name="noise_of_a_prompt",
        title="How noisy is this prompt?",
        alt="Two panels over the noise level σ: above, the posterior of a prompt's noise level; "
        "below, the level that every method's weights correspond to. A line marks the true one.",
    )
    color = METHODS["bayes_rr"].color
    x, y = readings.density()
    drawing.scatter(
        "posterior",
        x,
        y,
        name="posterior of σ",
        mode="lines" if readings.continuous else "lines+markers",
        line={"color": color, "width": 2 if readings.continuous else 4},
        marker={"color": color, "size": 8},
        fill="tozeroy" if readings.continuous else "none",
        fillcolor=translucent(color, 0.2),
        hovertemplate="σ = %{x:.3g}: %{y:.3g}<extra>posterior</extra>",
        meta={"panel": "posterior"},
    )
    names = list(readings.readings)
    for row, name in enumerate(names):
        _reading(drawing, name, readings.readings[name], row)
    _truth(drawing, "truth", readings.sigma, (0, 1.06), 1)
    _truth(drawing, "truth2", readings.sigma, (len(names) - 0.4, -0.6), 2)
    _axes(drawing, names, end, readings.continuous)
    return drawing.figure()


def _reading(drawing: Drawing, name: str, sigma: float, row: int) -> None:
    style = METHODS[name]
    drawing.scatter(
        name,
        [sigma],
        [row],
        2,
        name=style.label,
        mode="markers",
        marker={
            "color": style.color,
            "symbol": style.marker,
            "size": 13,
            "line": {"color": style.color, "width": 2},
        },
        hovertemplate=f"{style.label}: σ = %{{x:.3g}}<extra></extra>",
        meta={"rows": [{"panel": "methods", "series": style.label, "noise level σ": sigma}]},
    )


def _truth(
    drawing: Drawing, uid: str, sigma: float, across: tuple[float, float], number: int
) -> None:
    drawing.scatter(
        uid,
        [sigma, sigma],
        list(across),
        number,
        name="true σ",
        mode="lines",
        line={"color": METHODS["oracle_rr"].color, "width": 2, "dash": "dot"},
        hovertemplate="true σ = %{x:.3g}<extra></extra>",
        meta=DECORATION if number == 2 else {"panel": "posterior"},
    )


def _axes(drawing: Drawing, names: Sequence[str], end: float, continuous: bool) -> None:
    reach = [-0.02 * end, 1.02 * end]
    title = "posterior / peak" if continuous else "probability"
    drawing.axis("x", range=reach, showgrid=False, showticklabels=False, anchor="y")
    drawing.axis(
        "y",
        title=title,
        range=[0, 1.06],
        domain=[SPLIT + 0.05, 1],
        tickvals=[0, 0.5, 1],
        ticktext=["0", "0.5", "1"],
    )
    drawing.axis("x", 2, title="noise level σ", range=reach, anchor="y2", matches="x")
    drawing.axis(
        "y",
        2,
        range=[len(names) - 0.4, -0.6],
        domain=[0, SPLIT],
        tickvals=list(range(len(names))),
        ticktext=[METHODS[name].label for name in names],
        ticks="",
        anchor="x2",
    )
    drawing.set(showlegend=False, hovermode="closest")


def final_weights(w: np.ndarray, ends: Mapping[str, np.ndarray], *, limit: float) -> Figure:
    """Final weights of every method, coordinate by coordinate, beside the true ones."""
    count = len(w)
    drawing = Drawing(
        name="final_weights",
        title="The weights each method ends with",
        x="coordinate",
        y="weight",
        alt=f"Dot chart: the {count} weights that every method ends with on one prompt, beside the "
        "true weights and those of ridge regression that is told the noise.",
    )
    at = np.arange(1, count + 1)
    drawing.scatter(
        "truth",
        at,
        w,
        name="true w",
        mode="markers",
        marker={
            "color": METHODS["bayes_rr"].color,
            "symbol": "line-ew-open",
            "size": 30,
            # A bar, unlike the mark of Bayes.
            "line": {"width": 4.5},
        },
        hovertemplate="true w: %{y:.3g}<extra></extra>",
    )
    offsets = np.linspace(-0.33, 0.33, len(ends))
    for offset, (name, values) in zip(offsets, ends.items(), strict=True):
        style = METHODS[name]
        drawing.scatter(
            name,
            at + offset,
            values,
            name=style.label,
            mode="markers",
            marker={
                "color": style.color,
                "symbol": style.marker,
                "size": 8,
                "line": {"color": style.color, "width": 1.5},
            },
            hovertemplate=f"{style.label}: %{{y:.3g}}<extra></extra>",
        )
    drawing.axis("x", range=[0.4, count + 0.6], dtick=1, showgrid=False)
    drawing.axis("y", range=[-limit, limit], zeroline=True)
    drawing.set(hovermode="closest")
    return drawing.figure()


def loss_by_iteration(
    curves: Sequence[Curve], *, name: str, title: str, y_range: tuple[float, float]
) -> Figure:
    """Losses by layers or iterations, both axes logarithmic."""
    last = max(float(curve.x.max()) for curve in curves)
    drawing = Drawing(
        name=name,
        title=title,
        x="layers or iterations",
        y=LOSS,
        alt="Line chart, both axes logarithmic: the loss by layers of transformers and by "
        "iterations of AdaRR found by gradient descent.",
    )
    drawing.curves(curves)
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500) if tick <= last]
    drawing.log_axis("x", (0.9, last), ticks, showgrid=False)
    drawing.log_y(*y_range)
    return drawing.figure()
