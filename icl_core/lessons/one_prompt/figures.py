"""Figures of one prompt: its noise, its weights, and layers beside iterations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from icl_core.plots import DECORATION, LOSS, METHODS, Curve, Drawing, Figure, Looks, translucent

SPLIT = 0.44
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


def noise_readings(readings: Readings, *, end: float) -> Figure:
    """Above the posterior of sigma, below a row a method with the sigma it works with."""
    drawing = Drawing(
        name="noise_of_a_prompt",
        title="How noisy is this prompt?",
        alt="Two panels over the noise level σ: above, the posterior of a prompt's noise level; "
        "below, the level that every method's weights correspond to. A line marks the true one.",
    )
    color = METHODS["bayes_rr"].color
    looks: Looks = {"mode": "lines+markers", "fill": "none"}
    if readings.continuous:
        looks = {"mode": "lines", "fill": "tozeroy"}
    looks |= {"marker": {"color": color, "size": 8}, "fillcolor": translucent(color, 0.2)}
    looks |= {"hover": "σ = %{x:.3g}: %{y:.3g}<extra>posterior</extra>"}
    looks |= {"name": "posterior of σ", "meta": {"panel": "posterior"}}
    width = 2 if readings.continuous else 4
    drawing.line("posterior", *readings.density(), color, width, **looks)
    names = list(readings.readings)
    for row, name in enumerate(names):
        _reading(drawing, name, readings.readings[name], row)
    _truth(drawing, "truth", readings.sigma, (0, 1.06), 1)
    _truth(drawing, "truth2", readings.sigma, (len(names) - 0.4, -0.6), 2)
    _axes(drawing, names, end, readings.continuous)
    drawing.set(height=408)
    return drawing.figure()


def _reading(drawing: Drawing, name: str, sigma: float, row: int) -> None:
    style = METHODS[name]
    known = {"panel": "methods", "series": style.label, "noise level σ": sigma}
    looks: Looks = {"number": 2, "name": style.label, "meta": {"rows": [known]}}
    looks |= {"edge": {"color": style.color, "width": 2}}
    looks |= {"hover": f"{style.label}: σ = %{{x:.3g}}"}
    drawing.marks(name, [sigma], [row], style, 13, **looks)


def _truth(
    drawing: Drawing, uid: str, sigma: float, across: tuple[float, float], number: int
) -> None:
    looks: Looks = {"number": number, "name": "true σ", "hover": "true σ = %{x:.3g}"}
    looks["meta"] = DECORATION if number == 2 else {"panel": "posterior"}
    color = METHODS["oracle_rr"].color
    drawing.line(uid, [sigma, sigma], list(across), color, 2, "dot", **looks)


def _axes(drawing: Drawing, names: Sequence[str], end: float, continuous: bool) -> None:
    reach = [-0.02 * end, 1.02 * end]
    title = "posterior / peak" if continuous else "probability"
    # Between the panels, where it stays if the lower one is empty.
    drawing.axis("x", title="noise level σ", range=reach, showgrid=False, anchor="y")
    drawing.axis("y", title=title, range=[0, 1.06], domain=[SPLIT + 0.21, 1])
    drawing.axis("y", tickvals=[0, 0.5, 1], ticktext=["0", "0.5", "1"])
    drawing.axis("x", 2, range=reach, showticklabels=False, anchor="y2", matches="x")
    drawing.axis("y", 2, range=[len(names) - 0.4, -0.6], domain=[0, SPLIT], anchor="x2")
    labels = [METHODS[name].label for name in names]
    drawing.axis("y", 2, tickvals=list(range(len(names))), ticktext=labels, ticks="")
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
    # A bar, unlike the mark of Bayes.
    looks: Looks = {"edge": {"width": 4.5}, "name": "true w", "hover": "true w: %{y:.3g}"}
    drawing.marks("truth", at, w, METHODS["bayes_rr"].color, 30, "line-ew-open", **looks)
    offsets = np.linspace(-0.33, 0.33, len(ends))
    for offset, (name, values) in zip(offsets, ends.items(), strict=True):
        style = METHODS[name]
        looks = {"name": style.label, "hover": f"{style.label}: %{{y:.3g}}"}
        looks |= {"edge": {"color": style.color, "width": 1.5}}
        drawing.marks(name, at + offset, values, style, 8, **looks)
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
