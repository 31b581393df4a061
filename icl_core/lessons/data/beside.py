"""Where the prompts that a table makes lie beside those of training."""

from collections.abc import Sequence

import numpy as np

from icl_core.lessons.data import figures as plots
from icl_core.lessons.data import words
from icl_core.lessons.data.config import Data
from icl_core.lessons.data.measure import Found
from icl_core.lessons.data.traits import LABELS, Traits
from icl_core.lessons.shared.curves import banded
from icl_core.live import View
from icl_core.plots import DECORATION, METHODS, Curve, Drawing, Looks

TRAINING = "bayes_rr"
"""Whose grey the prompts of training have."""
BAND = "10–90 % of prompts"
QUANTILES = (0.5, 0.1, 0.9)


def distribution_view(config: Data, found: Found) -> View:
    """Above the Gram matrix's eigenvalues, below noise, weights and the largest numbers."""
    drawing = Drawing(
        name="data_distribution",
        title="Beside the prompts of training",
        alt="Above, on a logarithmic axis, the eigenvalues of the Gram matrix of the table's "
        "contexts and of training's prompts, with bands. Below, a row each, their noise level, the "
        "size of their weights, and largest inputs and targets.",
    )
    pairs = (
        (TRAINING, "in training", found.training),
        (config.parametrization, "here", found.data),
    )
    if found.task.dim > 1:
        _spectra(drawing, pairs)
    else:
        drawing.axis("x", visible=False)
        drawing.axis("y", visible=False)
    drawing.panel(2, [0, 1], [0, 0.38 if found.task.dim > 1 else 1])
    names = [name for name in LABELS if all(name in traits.numbers for *_, traits in pairs)]
    shown = [_numbers(drawing, names, *pair) for pair in pairs]
    plots.log_axis(drawing, "x", plots.log_ends(shown), 2)
    drawing.axis("x", 2, title="in the model's units")
    drawing.axis("y", 2, range=[len(names) - 0.5, -0.5], ticks="", showgrid=False)
    drawing.axis("y", 2, tickvals=list(range(len(names))), ticktext=[LABELS[n] for n in names])
    legend = drawing.layout["legend"] | {"y": -0.12}
    drawing.set(height=560, hovermode="closest", legend=legend)
    return View(figure=drawing.figure(), caption=words.distribution_caption(config, found))


def _spectra(drawing: Drawing, pairs: Sequence[tuple[str, str, Traits]]) -> None:
    """The upper panel."""
    curves = [_spectrum(*pair) for pair in pairs]
    drawing.curves(curves)
    drawing.panel(1, [0, 1], [0.56, 1])
    drawing.axis("x", title="eigenvalue, the largest first", dtick=1, showgrid=False)
    drawing.axis("x", range=[0.7, len(curves[0].x) + 0.3])
    drawing.axis("y", title="of Σᵢ xᵢ xᵢᵀ")
    ends = plots.log_ends([part for curve in curves for part in curve.values().values()])
    plots.log_axis(drawing, "y", ends, 1)


def _spectrum(method: str, label: str, traits: Traits) -> Curve:
    """Eigenvalues by rank; none where a prompt has fewer rows than inputs."""
    known = np.where(traits.eigenvalues > 1e-9 * traits.eigenvalues[:, :1], traits.eigenvalues, 0)
    bands = np.quantile(known, QUANTILES, axis=0)
    bands = np.where(bands > 0, bands, np.nan)
    x = np.arange(1, bands.shape[1] + 1)
    return banded(method, x, bands, BAND, label=label, markers=True)


def _numbers(
    drawing: Drawing, names: list[str], method: str, label: str, traits: Traits
) -> np.ndarray:
    """Bars from 10 to 90 % with the median marked; returns what was drawn."""
    style, shift = METHODS[method], -0.16 if method == TRAINING else 0.16
    found = np.array([np.quantile(traits.numbers[name], QUANTILES) for name in names])
    for row, (name, (middle, low, high)) in enumerate(zip(names, found, strict=True)):
        known = {"panel": "numbers", "series": f"{LABELS[name]}, {label}"}
        rows = [
            known | {"quantile": q, "value": v}
            for q, v in zip(QUANTILES, (middle, low, high), strict=True)
        ]
        looks: Looks = {"legendgroup": method, "number": 2}
        at = [row + shift] * 2
        told: Looks = {"meta": {"rows": rows}, "showlegend": False}
        drawing.line(f"{method}:{name}", [low, high], at, style.color, 6, **looks, **told)
        drawing.marks(
            f"{method}:{name}:median",
            [middle],
            at[:1],
            style,
            11,
            edge={"color": style.color, "width": 2},
            hover=f"{LABELS[name]}, {label}: %{{x:.3g}}",
            name=label,
            meta=DECORATION,
            # The spectrum's lines are in the legend where there are some.
            showlegend=not row and traits.eigenvalues.shape[1] == 1,
            **looks,
        )
    return found
