"""What figures are made of: curves with bands, a floor, marks, notes.

Every trace has a uid that lasts: a curve's own (its method, say), with ":high" and ":low" for the
edges of its band. So a chart can be redrawn in place, and grids can name what they hold.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.style import AXIS, AXIS_TITLE, LAYOUT, translucent
from icl_core.plots.ticks import LARGEST, SMALLEST, log_ticks, tick_label

LOSS = "adjusted loss (half MSE)"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line of a figure: a method of `style.METHODS`, its values and perhaps a band."""

    method: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    band: str = "band"
    label: str = ""
    uid: str = ""
    markers: bool = False
    width: float = 2.25
    open_markers: bool = False
    """For a second curve of the same method."""

    @property
    def name(self) -> str:
        return self.label or METHODS[self.method].label

    def values(self) -> dict[str, np.ndarray]:
        """y of every trace that the curve is drawn with, by the trace's uid."""
        uid = self.uid or self.method
        if self.low is None or self.high is None:
            return {uid: self.y}
        return {f"{uid}:high": self.high, f"{uid}:low": self.low, uid: self.y}


def level(method: str, value: float, ends: tuple[float, float]) -> Curve:
    """A horizontal line: a method whose loss does not depend on x."""
    return Curve(method=method, x=np.array(ends), y=np.full(2, value), width=1.5)


BARE = go.layout.Template()
"""The surface that a figure is shown on brings the template (`style.TEMPLATES`). To plotly, one
given here costs as much as all the rest of the figure, and none means its own default."""


class Drawing:
    """Plain traces and layout; `figure()` makes plotly check them, once, for that is slow."""

    def __init__(self, *, name: str, title: str, alt: str, x: str = "", y: str = "") -> None:
        self.traces: list[dict[str, Any]] = []
        self.layout: dict[str, Any] = LAYOUT | {
            "template": BARE,
            "title": LAYOUT["title"] | {"text": title},
            "meta": {"name": name, "alt": alt},
            # Constant, so that redrawing keeps zoom and legend choices.
            "uirevision": name,
            "annotations": [],
            "shapes": [],
        }
        self.axis("x", title=x)
        self.axis("y", title=y)

    def figure(self) -> Figure:
        return go.Figure(data=self.traces, layout=self.layout)

    def axis(self, letter: str, number: int = 1, *, title: str = "", **properties: Any) -> None:
        """Create an axis or add to its properties."""
        key = numbered(f"{letter}axis", number)
        if title:
            properties["title"] = AXIS_TITLE | {"text": title}
        self.layout[key] = self.layout.get(key, AXIS) | properties

    def set(self, **properties: Any) -> None:
        """Properties of the layout."""
        self.layout |= properties

    def scatter(self, uid: str, x: Any, y: Any, **properties: Any) -> None:
        self.traces.append({"type": "scatter", "uid": uid, "x": x, "y": y} | properties)

    def curve(self, curve: Curve, number: int = 1) -> None:
        """A method's line with its band below it; band edges are rows of the data table too."""
        style = METHODS[curve.method]
        *edges, (uid, y) = curve.values().items()
        place = {"xaxis": numbered("x", number), "yaxis": numbered("y", number)}
        for edge, bound in edges:
            side = edge.rpartition(":")[2]
            self.scatter(
                edge,
                curve.x,
                bound,
                name=f"{curve.name}, {curve.band} {side}",
                mode="lines",
                line={"width": 0, "color": style.color},
                fill="tonexty" if side == "low" else "none",
                fillcolor=translucent(style.color, 0.16),
                legendgroup=uid,
                showlegend=False,
                hoverinfo="skip",
                **place,
            )
        self.scatter(
            uid,
            curve.x,
            y,
            name=curve.name,
            legendgroup=uid,
            legendrank=list(METHODS).index(curve.method),
            mode="lines+markers" if curve.markers else "lines",
            line={"color": style.color, "dash": style.dash, "width": curve.width},
            marker={
                "color": style.color,
                "symbol": f"{style.marker}-open" if curve.open_markers else style.marker,
                "size": 8,
            },
            hovertemplate=f"{curve.name}: %{{y:.4g}}<extra></extra>",
            **place,
        )

    def floor(
        self, value: float, bottom: float, ends: tuple[float, float], number: int = 1
    ) -> None:
        """The region that no predictor reaches, shaded from its upper edge down to `bottom`."""
        color = METHODS["bayes_rr"].color
        common = {
            "mode": "lines",
            "legendgroup": "floor",
            "xaxis": numbered("x", number),
            "yaxis": numbered("y", number),
        }
        self.scatter(
            "floor:bottom",
            ends,
            (bottom, bottom),
            line={"width": 0, "color": color},
            showlegend=False,
            hoverinfo="skip",
            meta=DECORATION,
            **common,
        )
        self.scatter(
            "floor",
            ends,
            (value, value),
            name="Bayes floor",
            legendrank=len(METHODS),
            line={"color": color, "width": 1.5},
            fill="tonexty",
            fillcolor=translucent(color, 0.2),
            hovertemplate="Bayes floor: %{y:.4g}<extra></extra>",
            **common,
        )

    def mark_x(self, x: float, number: int = 1) -> None:
        """A thin vertical line at the value that a control holds."""
        line = {"color": METHODS["bayes_rr"].color, "width": 1.5, "dash": "dot"}
        self._upright(x, x, number, type="line", line=line)

    def shade_x(self, low: float, high: float, label: str = "", number: int = 1) -> None:
        """A vertical band over the whole height, named above it: no curve or mark crosses there."""
        fill = translucent(METHODS["bayes_rr"].color, 0.12)
        self._upright(low, high, number, type="rect", fillcolor=fill, line={"width": 0})
        if label:
            self.note(
                label,
                x=low,
                y=1,
                xref=numbered("x", number),
                yref=f"{numbered('y', number)} domain",
                xanchor="left",
                yanchor="bottom",
                font={"size": 12},
            )

    def _upright(self, x0: float, x1: float, number: int, **properties: Any) -> None:
        refs = {"xref": numbered("x", number), "yref": f"{numbered('y', number)} domain"}
        ends = {"x0": x0, "x1": x1, "y0": 0, "y1": 1, "layer": "below"}
        self.layout["shapes"] = [*self.layout["shapes"], refs | ends | properties]

    def note(self, text: str, **properties: Any) -> None:
        """A line of text without an arrow."""
        note = {"text": text, "showarrow": False, "font": {"size": 13}} | properties
        self.layout["annotations"] = [*self.layout["annotations"], note]

    def log_y(self, low: float, high: float, number: int = 1) -> None:
        """A fixed logarithmic axis whose ticks are 1, 2, 5 or, over many decades, powers of ten."""
        low, high = max(low, SMALLEST), min(high, LARGEST)
        ticks = log_ticks(low, high)
        self.axis(
            "y",
            number,
            type="log",
            range=[math.log10(low), math.log10(high)],
            tickvals=ticks,
            ticktext=[tick_label(tick) for tick in ticks],
        )


def numbered(name: str, number: int) -> str:
    """Plotly's name of an axis: "x", "x2", ..."""
    return name if number == 1 else f"{name}{number}"
