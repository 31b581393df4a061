"""What all figures share: their frame, logarithmic axes, alt text and the table of what is drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from icl_core.plots.style import HEIGHT, METHODS, TEMPLATES, line_of, marker_of, translucent

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

    @property
    def name(self) -> str:
        return self.label or METHODS[self.method].label


def new_figure(*, name: str, title: str, alt: str, x: str = "", y: str = "") -> go.Figure:
    """An empty figure with its template, axis titles, file name and alt text."""
    figure = go.Figure()
    figure.update_layout(
        template=TEMPLATES["light"],
        title_text=title,
        xaxis_title_text=x,
        yaxis_title_text=y,
        height=HEIGHT,
        meta={"name": name, "alt": alt},
        # Constant, so that redrawing keeps zoom and legend choices.
        uirevision=name,
    )
    return figure


def alt_text(figure: go.Figure) -> str:
    """What the figure shows, in words."""
    return str((figure.layout.meta or {}).get("alt", ""))


def figure_title(figure: go.Figure) -> str:
    return str(figure.layout.title.text or "")


def figure_name(figure: go.Figure) -> str:
    """A stable name, fit for a file name."""
    return str((figure.layout.meta or {}).get("name", "figure"))


def add_curve(figure: go.Figure, curve: Curve, *, markers: bool = False, **place: int) -> None:
    """A method's line with its band below it; band edges are rows of the data table too."""
    style = METHODS[curve.method]
    group = curve.name
    if curve.low is not None and curve.high is not None:
        edge = {
            "x": curve.x,
            "mode": "lines",
            "line": {"width": 0, "color": style.color},
            "legendgroup": group,
            "showlegend": False,
            "hoverinfo": "skip",
        }
        upper = go.Scatter(y=curve.high, name=f"{group}, {curve.band} high", **edge)
        fill = {"fill": "tonexty", "fillcolor": translucent(style.color, 0.16)}
        lower = go.Scatter(y=curve.low, name=f"{group}, {curve.band} low", **edge, **fill)
        figure.add_traces([upper, lower], **_places(place, 2))
    figure.add_trace(
        go.Scatter(
            x=curve.x,
            y=curve.y,
            name=group,
            legendgroup=group,
            mode="lines+markers" if markers else "lines",
            line=line_of(curve.method),
            marker=marker_of(curve.method),
            hovertemplate=f"{group}: %{{y:.4g}}<extra></extra>",
            meta={"method": curve.method},
        ),
        **place,
    )


def _places(place: dict[str, int], count: int) -> dict[str, list[int]]:
    return {f"{axis}s": [index] * count for axis, index in place.items()}


def add_level(
    figure: go.Figure, method: str, value: float, ends: tuple[float, float], **place: int
) -> None:
    """A horizontal line: a method whose loss does not depend on x."""
    label = METHODS[method].label
    figure.add_trace(
        go.Scatter(
            x=list(ends),
            y=[value, value],
            name=label,
            legendgroup=label,
            mode="lines",
            line=line_of(method, 1.5),
            hovertemplate=f"{label}: %{{y:.4g}}<extra></extra>",
            meta={"method": method},
        ),
        **place,
    )


def add_floor(
    figure: go.Figure, value: float, bottom: float, ends: tuple[float, float], label: str
) -> None:
    """The region that no predictor reaches, shaded from its upper edge down to `bottom`."""
    color = METHODS["bayes_rr"].color
    hidden = {"mode": "lines", "x": list(ends), "showlegend": False, "hoverinfo": "skip"}
    figure.add_trace(
        go.Scatter(y=[bottom, bottom], line={"width": 0, "color": color}, meta=DECORATION, **hidden)
    )
    figure.add_trace(
        go.Scatter(
            x=list(ends),
            y=[value, value],
            name=label,
            mode="lines",
            line={"color": color, "width": 1.5},
            fill="tonexty",
            fillcolor=translucent(color, 0.18),
            hovertemplate=f"{label}: %{{y:.4g}}<extra></extra>",
            meta={"method": "bayes_rr"},
        )
    )


def shade_x(figure: go.Figure, low: float, high: float, label: str) -> None:
    """A vertical band over the whole height, named at its top."""
    color = METHODS["bayes_rr"].color
    figure.add_vrect(
        x0=low,
        x1=high,
        fillcolor=translucent(color, 0.10),
        line_width=0,
        layer="below",
    )
    if label:
        figure.add_annotation(
            x=low, xanchor="left", y=1, yref="paper", yanchor="top", text=f" {label}"
        )


def log_range(
    values: Sequence[Any], *, pad: float = 0.06, top: float = math.inf
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


def set_log_y(figure: go.Figure, low: float, high: float, **place: int) -> None:
    """A fixed logarithmic axis whose ticks are 1, 2, 5 or, over many decades, powers of ten."""
    ticks = log_ticks(low, high)
    figure.update_yaxes(
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=ticks,
        ticktext=[tick_label(tick) for tick in ticks],
        **place,
    )


def log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if math.log10(high / low) < 2.6 else (1,)
    return [step * 10.0**k for k in decades for step in steps if low <= step * 10.0**k <= high]


def tick_label(value: float) -> str:
    """0.002 as it is, very small and large powers of ten with an exponent."""
    exponent = round(math.log10(value))
    if -4 < exponent < 5:
        return f"{value:.6g}"
    mantissa = value / 10.0**exponent
    power = f"10{str(exponent).translate(SUPERSCRIPTS)}"
    return power if math.isclose(mantissa, 1) else f"{mantissa:.0f}·{power}"


def tidy_rows(figure: go.Figure) -> list[Row]:
    """All that is plotted, one row a point: panel (where there are several), series, x, y, value.

    The columns bear the axes' titles where all panels agree on them.
    """
    traces = [trace for trace in figure.data if trace.meta != DECORATION]
    x_name = _axis_name(figure, "xaxis", "x")
    y_name = _axis_name(figure, "yaxis", "y")
    rows: list[Row] = []
    panels = {panel_of(trace) for trace in traces}
    for trace in traces:
        head: Row = {"panel": panel_of(trace)} if panels != {""} else {}
        if trace.name:
            head["series"] = trace.name
        for x, y, value in _points(trace):
            row = head | {x_name: x, y_name: y}
            rows.append(row if value is None else row | {"value": value})
    return rows


def panel_of(trace: Any) -> str:
    """Name of the panel that a trace stands in, "" for a figure of one panel."""
    return str(trace.meta.get("panel", "")) if isinstance(trace.meta, dict) else ""


def _axis_name(figure: go.Figure, kind: str, fallback: str) -> str:
    axes = [axis for name, axis in figure.layout.to_plotly_json().items() if name.startswith(kind)]
    titles = {axis.get("title", {}).get("text") for axis in axes} - {None, ""}
    return str(titles.pop()) if len(titles) == 1 else fallback


def _points(trace: Any) -> list[tuple[Any, Any, Any]]:
    if trace.type == "heatmap":
        z = np.asarray(trace.z, float)
        xs = trace.x if trace.x is not None else range(z.shape[1])
        ys = trace.y if trace.y is not None else range(z.shape[0])
        return [
            (x, y, float(z[i, j])) for i, y in enumerate(_plain(ys)) for j, x in enumerate(_plain(xs))
        ]
    return [(x, y, None) for x, y in zip(_plain(trace.x), _plain(trace.y), strict=True)]


def _plain(values: Any) -> list[Any]:
    return np.asarray(values).tolist() if values is not None else []
