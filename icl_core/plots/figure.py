"""What all figures share: their frame, curves, logarithmic axes, alt text, the table of what is drawn.

Every trace has a uid that lasts: a curve's own (its method, say), with ":high" and ":low" for the
edges of its band. So a chart can be redrawn in place, and grids can name what they hold.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from icl_core.plots.style import (
    AXIS,
    AXIS_TITLE,
    LAYOUT,
    METHODS,
    TEMPLATES,
    translucent,
)

Row = dict[str, Any]
LOSS = "adjusted loss (half MSE)"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DECORATION = "decoration"
"""`meta` of a trace that holds no data of its own."""
MAX_DECADES = 6
"""A logarithmic axis shows at most this many: values nearer to 0 leave it at the bottom."""


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


class Drawing:
    """Plain traces and layout; `figure()` makes plotly check them, once, for that is slow."""

    def __init__(self, *, name: str, title: str, alt: str, x: str = "", y: str = "") -> None:
        self.traces: list[dict[str, Any]] = []
        self.layout: dict[str, Any] = LAYOUT | {
            "template": TEMPLATES["light"],
            "title": LAYOUT["title"] | {"text": title},
            "meta": {"name": name, "alt": alt},
            # Constant, so that redrawing keeps zoom and legend choices.
            "uirevision": name,
            "annotations": [],
            "shapes": [],
        }
        self.axis("x", title=x)
        self.axis("y", title=y)

    def figure(self) -> go.Figure:
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
            marker={"color": style.color, "symbol": style.marker, "size": 8},
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
        """A vertical band over the whole height, named at its top."""
        fill = translucent(METHODS["bayes_rr"].color, 0.12)
        self._upright(low, high, number, type="rect", fillcolor=fill, line={"width": 0})
        if label:
            self.note(
                f" {label}",
                x=low,
                y=1,
                xref=numbered("x", number),
                yref=f"{numbered('y', number)} domain",
                xanchor="left",
                yanchor="top",
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


def alt_text(figure: go.Figure) -> str:
    """What the figure shows, in words."""
    return str((figure.layout.meta or {}).get("alt", ""))


def figure_title(figure: go.Figure) -> str:
    return str(figure.layout.title.text or "")


def figure_name(figure: go.Figure) -> str:
    """A stable name, fit for a file name."""
    return str((figure.layout.meta or {}).get("name", "figure"))


def log_range(
    values: Iterable[Any], *, pad: float = 0.06, top: float = math.inf
) -> tuple[float, float]:
    """(lowest, highest) of a logarithmic axis that shows all positive values, with a margin."""
    flat = np.concatenate([np.ravel(np.asarray(part, float)) for part in values])
    flat = flat[np.isfinite(flat) & (flat > 0)]
    if not flat.size:
        return 0.1, 1.0
    high = min(float(flat.max()), top)
    low = min(max(float(flat.min()), high * 10.0**-MAX_DECADES), high * 0.8)
    margin = (high / low) ** pad
    return low / margin, high * margin


def log_ticks(low: float, high: float) -> list[float]:
    decades = math.log10(high / low)
    steps = (1, 2, 5) if decades < 2.6 else (1,)
    stride = 1 + int(decades / 8)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**k for k in exponents if k % stride == 0 for step in steps]
    return [tick for tick in ticks if low <= tick <= high]


def tick_label(value: float) -> str:
    """0.002 as it is, very small and large powers of ten with an exponent."""
    exponent = math.floor(math.log10(value) + 1e-9)
    if -4 < exponent < 5:
        return f"{value:.6g}"
    mantissa = value / 10.0**exponent
    power = f"10{str(exponent).translate(SUPERSCRIPTS)}"
    return power if math.isclose(mantissa, 1) else f"{mantissa:.0f}·{power}"


def tidy_rows(figure: go.Figure) -> list[Row]:
    """All that is plotted, one row a point: panel (where there are several), series, x and y.

    x and y bear the axes' titles where all panels agree on them. A matrix entry has row, column
    and value instead.
    """
    traces = [trace for trace in figure.data if trace.meta != DECORATION]
    names = _axis_name(figure, "xaxis", "x"), _axis_name(figure, "yaxis", "y")
    several = {panel_of(trace) for trace in traces} != {""}
    rows: list[Row] = []
    for trace in traces:
        head: Row = {"panel": panel_of(trace)} if several else {}
        if trace.type == "heatmap":
            rows += [head | entry for entry in _entries(trace)]
        else:
            head |= {"series": trace.name or trace.uid}
            points = zip(_plain(trace.x), _plain(trace.y), strict=True)
            rows += [head | dict(zip(names, point, strict=True)) for point in points]
    return rows


def panel_of(trace: Any) -> str:
    """Name of the panel that a trace stands in, "" for a figure of one panel."""
    return str(trace.meta.get("panel", "")) if isinstance(trace.meta, dict) else ""


def _axis_name(figure: go.Figure, kind: str, fallback: str) -> str:
    axes = [axis for name, axis in figure.layout.to_plotly_json().items() if name.startswith(kind)]
    titles = {axis.get("title", {}).get("text") for axis in axes}
    title = titles.pop() if len(titles) == 1 else None
    return str(title or fallback)


def _entries(trace: Any) -> Iterator[Row]:
    z = np.asarray(trace.z, float)
    for i, row in enumerate(_plain(trace.y)):
        for j, column in enumerate(_plain(trace.x)):
            yield {"row": row, "column": column, "value": float(z[i, j])}


def _plain(values: Sequence[Any]) -> list[Any]:
    return np.asarray(values).tolist()
