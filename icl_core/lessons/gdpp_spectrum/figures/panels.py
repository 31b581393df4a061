"""Panels below the map of eigenvalues: condition numbers of many prompts, and the loss surface."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.lessons.shared.words import counted
from icl_core.plots import DECORATION, METHODS, Drawing, Looks, log_range, translucent
from icl_core.plots.ticks import log_ticks

BEFORE, AFTER = METHODS["gd"].color, METHODS["gdpp"].color
OTHER, MARK = METHODS["oracle_rr"].color, METHODS["bayes_rr"].color
TRAINED, PUBLISHED = METHODS["full"].color, METHODS["paper"]
LOW, HEIGHT = 380, 560
"""Pixels of the two figures."""
VALLEY, MAP = [0.0, 0.34], [0.5, 1.0]
ROWS = ([0.6, 1.0], [0.0, 0.4])
COLUMNS = ([0.0, 0.44], [0.58, 1.0])
"""Domains of the panels."""
LEVELS = (1.0, 0.4, 0.1)
"""Contours of the loss, as shares of where gradient descent starts."""
POINTS, STEPS = 49, 12
"""Of a contour; steps of gradient descent drawn."""


def sides(before: Any, after: Any) -> tuple[tuple[str, str, Any, str], ...]:
    """Name, colour, values and dash of both sides of the layers."""
    return ("before", BEFORE, before, "dot"), ("after", AFTER, after, "solid")


def log_x(drawing: Drawing, low: float, high: float, number: int, **properties: Any) -> None:
    """A fixed logarithmic axis, with ticks at powers of ten where there are enough."""
    ticks = log_ticks(low, high)
    if len(ticks) > 5:
        ticks = [t for t in ticks if math.isclose(math.log10(t) % 1, 0, abs_tol=1e-9)]
    drawing.log_axis("x", (low, high), ticks, number, showgrid=False, **properties)


def draw_shares(
    drawing: Drawing, edges: np.ndarray, before: np.ndarray, after: np.ndarray, who: str
) -> None:
    """Panel 3: how condition numbers lie, before and after."""
    place: Looks = {"number": 3, "showlegend": False, "meta": {"panel": "condition numbers"}}
    for uid, color, values, dash in sides(before, after):
        looks: Looks = place | {"name": f"{uid} the layers", "legendgroup": uid, "fill": "tozeroy"}
        looks |= {"fillcolor": translucent(color, 0.2)}
        looks |= {"hover": f"{uid}, κ near %{{x:.3g}}: %{{y:.1%}}"}
        outline = np.repeat(edges, 2)[1:-1], np.repeat(values, 2)
        drawing.line(f"share:{uid}", *outline, color, 1.75, dash, **looks)
    log_x(drawing, float(edges[0]), float(edges[-1]), 3, title="κ", anchor="y3", domain=COLUMNS[1])
    top = min(1.0, 2.5 * float(before.max()))
    drawing.axis("y", 3, tickformat=".0%", range=[0, top], domain=ROWS[0], anchor="x3", nticks=4)
    drawing.headline(f"κ of {who}", 0, 1, 3, yshift=4)


@dataclass(frozen=True, kw_only=True)
class ByGamma:
    """Median condition numbers after 1, 2, ... layers, [layers, gammas], and gammas of note."""

    gammas: np.ndarray
    medians: np.ndarray
    best: float
    layers: int
    trained: Sequence[float] = ()
    published: float | None = None

    @property
    def start(self) -> float:
        return float(self.medians[0, 0])

    @property
    def ends(self) -> tuple[float, float]:
        """Of the axis."""
        high = self.start * 3 if math.isfinite(self.start) else 1e6
        finite = self.medians[np.isfinite(self.medians)]
        low, high = log_range([np.minimum(finite, high), [1.0]])
        return min(low, 0.9), high

    def at(self, gamma: Sequence[float]) -> np.ndarray:
        """The median after `layers` layers."""
        return np.interp(gamma, self.gammas, self.medians[self.layers - 1])


def draw_by_gamma(drawing: Drawing, by_gamma: ByGamma, gamma: float, median: float) -> None:
    """Panel 4: the median condition number against gamma, and where the reader stands."""
    place: Looks = {"number": 4, "meta": {"panel": "median κ by γ"}}
    quiet: Looks = place | {"showlegend": False}
    low, high = by_gamma.ends
    dashes = ("solid", "dash", "dashdot", "dot")
    for depth, values in enumerate(by_gamma.medians, 1):
        layers = counted(depth, "layer")
        looks: Looks = quiet | {"name": f"median κ, {layers}"}
        looks |= {"hover": f"{layers}, γ = %{{x:.3g}}: κ = %{{y:.3g}}"}
        drawing.line(
            f"L{depth}", by_gamma.gammas, values, OTHER, 1.5, dashes[(depth - 1) % 4], **looks
        )
    point(drawing, "none", [0], [by_gamma.start], "γ = 0", BEFORE, "star", 12, **quiet)
    marks: list[tuple[str, Sequence[float], str, str, str, int]]
    marks = [("best", [by_gamma.best], "best γ for κ", AFTER, "diamond-open", 11)]
    if by_gamma.trained:
        marks.append(("trained", by_gamma.trained, "trained γ", TRAINED, "cross-thin-open", 12))
    for uid, where, name, color, symbol, size in marks:
        point(drawing, uid, where, by_gamma.at(where), name, color, symbol, size, **place)
    if by_gamma.published is not None:
        upright(drawing, "paper", by_gamma.published, (low, high), "paper's trained γ", **place)
    point(drawing, "now", [gamma], [median], "this γ", AFTER, "circle", 10, **quiet)
    drawing.panel(4, [0.0, 1.0], ROWS[1])
    end = float(by_gamma.gammas[-1])
    drawing.axis("x", 4, title="γ", range=[0, end], showgrid=False, nticks=5)
    drawing.log_y(low, high, 4)
    drawing.headline(f"median κ, 1 to {len(by_gamma.medians)} layers", 0, 1, 4, yshift=4)


def point(
    drawing: Drawing,
    uid: str,
    x: Sequence[float],
    y: Sequence[float] | np.ndarray,
    name: str,
    color: str,
    symbol: str,
    size: int,
    **looks: Any,
) -> None:
    """Marks at single gammas."""
    looks |= {"name": name, "cliponaxis": False}
    looks |= {"edge": {"width": 2} if symbol.endswith("open") else None}
    looks |= {"hover": f"{name}, γ = %{{x:.4g}}: κ = %{{y:.3g}}"}
    drawing.marks(uid, x, y, color, size, symbol, **looks)


def upright(
    drawing: Drawing, uid: str, gamma: float, ends: tuple[float, float], name: str, **looks: Any
) -> None:
    """A vertical line at a published gamma."""
    looks |= {"name": name, "hover": f"{name}: %{{x:.4g}}"}
    drawing.line(uid, [gamma, gamma], ends, PUBLISHED.color, 1.75, "dot", **looks)


def valley_values(low: np.ndarray, high: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """Contours of low u^2 + high v^2 and gradient descent's path, where only shape counts.

    Both axes are stretched alike so that contours keep their area: their half axes are
    (high/low)^(1/4) and its inverse. Gradient descent starts where both directions have the same
    share of the loss, with the best step 2 / (low + high) of its own surface: each step multiplies
    the two distances by r and -r, r = (high - low) / (high + low).
    """
    low, high = np.maximum(low, 1e-12 * (low + high)), np.maximum(high, 1e-12 * (low + high))
    wide = ((high / low) ** 0.25)[..., None]
    angle = np.linspace(0, 2 * np.pi, POINTS)
    found = {}
    for number, level in enumerate(LEVELS):
        radius = math.sqrt(level)
        found[f"valley:after:{number}", "x"] = radius * wide * np.cos(angle)
        found[f"valley:after:{number}", "y"] = radius / wide * np.sin(angle)
    power = np.arange(STEPS + 1)
    shrink = ((high - low) / (high + low))[..., None] ** power / math.sqrt(2)
    found["valley:after:path", "x"] = wide * shrink
    found["valley:after:path", "y"] = (-1.0) ** power * shrink / wide
    return found


def draw_valley(drawing: Drawing, before: tuple[float, float], after: tuple[float, float]) -> None:
    """Panel 5: contours of the loss and gradient descent's path, before and after."""
    for side, color, pair, dash in sides(before, after):
        values = valley_values(*map(np.asarray, pair))

        parts = {uid: (values[uid, "x"], values[uid, "y"]) for uid, _ in values}
        place: Looks = {"number": 5, "legendgroup": side, "showlegend": False}
        place |= {"meta": {"panel": "loss surface"}}
        fill = {"fill": "none" if side == "before" else "toself"}
        fill |= {"fillcolor": translucent(color, 0.1)}
        for number, level in enumerate(LEVELS):
            looks: Looks = place | fill | {"name": f"loss {level:g} of the first, {side}"}
            if number == 0:
                looks |= {"name": f"{side} the layers", "showlegend": True}
            outline = parts[f"valley:after:{number}"]
            drawing.line(f"valley:{side}:{number}", *outline, color, 1.5, dash, **looks)
        looks = place | {"mode": "lines+markers", "name": f"gradient descent, {side}"}
        looks |= {"marker": {"color": color, "size": 5, "symbol": "circle"}}
        looks |= {"hover": f"{side} the layers, step %{{pointNumber}}"}
        drawing.line(f"valley:{side}:path", *parts["valley:after:path"], color, 1.25, **looks)
    hidden: Looks = {"number": 5, "showlegend": False, "meta": DECORATION}
    drawing.marks("valley:minimum", [0], [0], MARK, 9, "cross-thin-open", **hidden)
    wide = (max(before) / max(min(before), 1e-12 * max(before))) ** 0.25
    reach = 1.08 * min(max(wide, 1.3), 6.0)
    frame = {"range": [-reach, reach], "showticklabels": False, "ticks": "", "showgrid": False}
    drawing.axis("x", 5, title="along smallest λ", anchor="y5", domain=VALLEY, **frame)
    drawing.axis("x", 5, constrain="domain")
    drawing.axis("y", 5, title="along largest λ", anchor="x5", **frame)
    drawing.axis("y", 5, scaleanchor="x5", constrain="domain")
