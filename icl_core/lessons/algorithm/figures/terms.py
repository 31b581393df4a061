"""The steps of a model in weight space, in terms: gradient, momentum, rescaling."""

from collections.abc import Mapping

import numpy as np

from icl_core.plots import METHODS, Drawing, Figure, Looks
from icl_core.plots.omegas import OMEGA_LOOKS

LOOKS: dict[str, tuple[str, str, str]] = {
    "gradient": OMEGA_LOOKS[2],
    "momentum": OMEGA_LOOKS[1],
    "rescaling": OMEGA_LOOKS[3],
    "step": (METHODS["bayes_rr"].color, "circle-open", "solid"),
}
"""Colour, marker and dash of the terms of a step."""


Means = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Mean and standard error of every term, [layers] each."""


def terms_figure(labels: Mapping[str, str], norms: Means, cosines: Means, *, title: str) -> Figure:
    """Norm of every term by layer above, its cosine with what is missing below."""
    layers = np.arange(1, len(norms["step"][0]) + 1)
    drawing = Drawing(
        name="step_terms",
        title=title,
        alt=f"Two charts over {len(layers)} layers: the size of the gradient, momentum and "
        "rescaling terms of each step, and their cosine with what is missing.",
    )
    for number, (panel, terms) in enumerate((("norm", norms), ("cosine", cosines)), start=1):
        for index, (name, label) in enumerate(labels.items()):
            x = layers + 0.07 * (index - 1.5)
            _term(drawing, name, label, terms[name], panel, x, number)
    common = {
        "range": [0.5, len(layers) + 0.5],
        "tickvals": layers,
        "ticktext": [f"{i - 1} → {i}" for i in layers],
        "showgrid": False,
    }
    drawing.axis("x", **common, anchor="y")
    drawing.axis("y", title="mean norm", domain=[0.55, 1], anchor="x", rangemode="tozero")
    drawing.axis("x", 2, title="layer", **common, anchor="y2")
    drawing.axis("y", 2, title="mean cosine", domain=[0, 0.43], anchor="x2", range=[-1.08, 1.08])
    drawing.axis("y", 2, zeroline=True, zerolinewidth=1)
    drawing.set(height=620)
    return drawing.figure()


def _broken(values: np.ndarray) -> list[float | None]:
    """A line breaks where a term is 0 in every prompt and has no direction."""
    return [float(value) if np.isfinite(value) else None for value in values]


def _term(
    drawing: Drawing,
    name: str,
    label: str,
    values: tuple[np.ndarray, np.ndarray],
    panel: str,
    x: np.ndarray,
    number: int,
) -> None:
    color, symbol, dash = LOOKS[name]
    mean, error = values
    rows = [
        {
            "panel": panel,
            "term": label,
            "step to layer": layer + 1,
            "mean": float(mean[layer]),
            "standard error": float(error[layer]),
        }
        for layer in range(len(mean))
        if np.isfinite(mean[layer])
    ]
    bars: Looks = {"type": "data", "array": _broken(2 * error), "color": color}
    looks: Looks = {"mode": "lines+markers", "error_y": bars | {"thickness": 1.25, "width": 3}}
    looks |= {"marker": {"color": color, "symbol": symbol, "size": 9}, "number": number}
    looks |= {"name": label, "legendgroup": name, "showlegend": number == 1}
    looks |= {"customdata": np.stack([error], axis=-1), "meta": {"panel": panel, "rows": rows}}
    looks |= {"hover": f"{label}: %{{y:.3g}} ± %{{customdata[0]:.1g}}"}
    drawing.line(f"{name}:{panel}", x, _broken(mean), color, 1.75, dash, **looks)
