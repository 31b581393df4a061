"""The four numbers omega of every layer: on their own, or above the matrices they come from."""

from typing import Any

import numpy as np

from icl_core.plots.drawing import Drawing, Looks
from icl_core.plots.figure import DECORATION, Figure

OMEGAS = ("ω<sub>xx</sub>", "ω<sub>xy</sub>", "ω<sub>yx</sub>", "ω<sub>yy</sub>")
OMEGA_NAMES = ("ω_xx", "ω_xy", "ω_yx", "ω_yy")
OMEGA_LOOKS = (
    ("#8a8a0f", "circle", "solid"),
    ("#9e4c91", "square", "dash"),
    ("#ca495f", "diamond", "dashdot"),
    ("#4763eb", "triangle-up", "dot"),
)
"""Of colours that no method has."""
SIGNS = ("●", "■", "◆", "▲")
SPACING = 0.13
"""Between the stems of one layer, in layers."""


def omega_traces(values: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """x and y of the stems and markers of omega [layers, 4], by uid; NaN ends a stem."""
    layers = np.arange(1, len(values) + 1)
    found = {}
    for index, name in enumerate(OMEGA_NAMES):
        x = layers + (index - 1.5) * SPACING
        y = np.asarray(values[:, index], float)
        ends = np.stack([np.zeros_like(y), y, np.full_like(y, np.nan)], axis=1)
        found[f"stem{index}"] = np.repeat(x, 3), ends.ravel()
        found[name] = x, y
    return found


def draw_omegas(drawing: Drawing, values: np.ndarray, number: int = 1, **properties: Any) -> None:
    """Stems from 0 with a marker at their ends, four a layer."""
    layers = np.arange(1, len(values) + 1)
    traces = omega_traces(values)
    for index, (color, symbol, dash) in enumerate(OMEGA_LOOKS):
        uid, name = OMEGA_NAMES[index], OMEGAS[index]
        common: Looks = {"number": number, "legendgroup": uid} | properties
        (x, y), (at, ends) = traces[f"stem{index}"], traces[uid]
        broken = [value if np.isfinite(value) else None for value in y]
        hidden = common | {"showlegend": False, "meta": DECORATION}
        drawing.line(f"stem{index}", x, broken, color, 2, dash, **hidden)
        common |= {"name": name, "customdata": layers}
        common |= {"hover": f"{name}, layer %{{customdata}}: %{{y:.4g}}"}
        drawing.marks(uid, at, ends, color, 10 if number == 1 else 8, symbol, **common)
    drawing.axis("x", number, tickvals=layers, range=[0.5, len(layers) + 0.5], showgrid=False)
    drawing.axis("y", number, zeroline=True, zerolinewidth=1)


def omega_panel(
    drawing: Drawing,
    values: np.ndarray,
    limit: float,
    number: int,
    across: list[float],
    down: list[float],
) -> None:
    """The omegas as one panel of a larger figure, named in their colours."""
    drawing.panel(number, across, down)
    drawing.axis("x", number, title="layer")
    drawing.axis("y", number, title="ω", range=[-limit, limit], nticks=5)
    draw_omegas(drawing, values, number, meta={"panel": "ω"})
    names = "&nbsp;&nbsp;&nbsp;".join(
        f'<span style="color:{color}">{sign} {name}</span>'
        for sign, name, (color, *_) in zip(SIGNS, OMEGAS, OMEGA_LOOKS, strict=True)
    )
    drawing.headline(names, across[0], down[1])


def omega_chart(values: np.ndarray, *, title: str, seeds: np.ndarray | None = None) -> Figure:
    """omega_xx, omega_xy, omega_yx, omega_yy [layers, 4] over the layers, as stems from 0.

    With `seeds` [seeds, layers, 4] stems end at their mean, with one standard deviation to each
    side and every seed as a dot.
    """
    drawing = Drawing(
        name="omegas",
        title=title,
        x="layer",
        y="ω (normalised)",
        alt="Stem chart: the four numbers ω of every layer: what x and y receive from x and y"
        + ("." if seeds is None else ", mean and standard deviation over seeds."),
    )
    draw_omegas(drawing, values if seeds is None else seeds.mean(0))
    if seeds is not None:
        _seeds(drawing, seeds)
    return drawing.figure()


def _seeds(drawing: Drawing, seeds: np.ndarray) -> None:
    traces, deviation = omega_traces(seeds.mean(0)), seeds.std(0, ddof=1)
    for index, name in enumerate(OMEGA_NAMES):
        color = OMEGA_LOOKS[index][0]
        marked = next(trace for trace in drawing.traces if trace["uid"] == name)
        marked["name"] = f"{OMEGAS[index]}, mean"
        bars: Looks = {"type": "data", "array": deviation[:, index], "color": color}
        marked["error_y"] = bars | {"thickness": 1.5, "width": 4}
        means = zip(traces[name][1].tolist(), deviation[:, index].tolist(), strict=True)
        rows = [
            {"series": OMEGAS[index], "layer": layer, "mean": mean, "deviation": sd}
            for layer, (mean, sd) in enumerate(means, 1)
        ]
        marked["meta"] = {"rows": rows}
        looks: Looks = {"name": f"{OMEGAS[index]}, seeds", "legendgroup": name, "showlegend": False}
        looks |= {"mode": "markers", "marker": {"color": color, "size": 4, "opacity": 0.7}}
        looks |= {"hovertemplate": f"{OMEGAS[index]}, one seed: %{{y:.4g}}<extra></extra>"}
        x = np.tile(traces[name][0] + 0.45 * SPACING, len(seeds))
        drawing.scatter(f"{name}:seeds", x, seeds[:, :, index].ravel(), **looks)
