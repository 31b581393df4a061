"""What figures are made of: curves with bands, a floor, marks, notes.

Every trace has a uid that lasts: a curve's own (its method, say), with ":high" and ":low" for the
edges of its band. So a chart can be redrawn in place, and grids can name what they hold.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from icl_core.plots.curves import Curve
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS, MethodStyle
from icl_core.plots.style import AXIS, AXIS_TITLE, LAYOUT, translucent
from icl_core.plots.ticks import LARGEST, SMALLEST, log_ticks, tick_label

LOSS = "adjusted loss (half MSE)"


BARE = go.layout.Template()
"""The surface that a figure is shown on brings the template (`style.TEMPLATES`). To plotly, one
given here costs as much as all the rest of the figure, and none means its own default."""


Looks = dict[str, Any]
"""Properties of a trace, as plotly calls them."""
Span = tuple[float, float]
Met = tuple[Span | None, Sequence[float]]
"""As `tasks.noise.met_in_training` says it."""
LABELS_ONLY: dict[str, Any] = {"showgrid": False, "showline": False, "ticks": ""}
"""Of an axis: the names of rows or columns, and nothing drawn."""


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

    def panel(self, number: int, across: Sequence[float], down: Sequence[float]) -> None:
        """Where a pair of axes lies: two shares of the width, and two of the height from below."""
        self.axis("x", number, domain=across, anchor=numbered("y", number))
        self.axis("y", number, domain=down, anchor=numbered("x", number))

    def scatter(
        self, uid: str, x: Any, y: Any, number: int | None = None, **properties: Any
    ) -> None:
        """Lines and markers on a pair of axes."""
        trace = {"type": "scatter", "uid": uid, "x": x, "y": y}
        self.traces.append(trace | on_axes(number) | properties)

    def line(
        self,
        uid: str,
        x: Any,
        y: Any,
        look: MethodStyle | str,
        width: float,
        dash: str = "",
        number: int | None = None,
        *,
        hover: str = "",
        **properties: Any,
    ) -> None:
        """A line in a colour, or in a method's with its dash; `hover` is what pointing at it says
        (nothing, if it is "")."""
        color, dash = (look, dash) if isinstance(look, str) else (look.color, dash or look.dash)
        stroke = {"color": color, "width": width} | ({"dash": dash} if dash else {})
        self.scatter(
            uid, x, y, number, **{"mode": "lines", "line": stroke} | _pointed(hover) | properties
        )

    def marks(
        self,
        uid: str,
        x: Any,
        y: Any,
        look: MethodStyle | str,
        size: Any,
        symbol: Any = "",
        number: int | None = None,
        *,
        edge: Mapping[str, Any] | None = None,
        hover: str = "",
        **properties: Any,
    ) -> None:
        """Markers in a colour, or in a method's with its symbol, perhaps with an outline (`edge`);
        `hover` is as for `line`."""
        color, own = (look, "") if isinstance(look, str) else (look.color, look.marker)
        marker: Looks = {"color": color, "size": size}
        if symbol or own:
            marker["symbol"] = symbol or own
        if edge:
            marker["line"] = edge
        self.scatter(
            uid,
            x,
            y,
            number,
            **{"mode": "markers", "marker": marker} | _pointed(hover) | properties,
        )

    def key(self, symbol: str, words: str) -> None:
        """An entry of the legend for a symbol that only some points of a trace bear."""
        grey = METHODS["bayes_rr"].color
        self.marks(f"key:{words}", [None], [None], grey, 9, symbol, name=words, meta=DECORATION)

    def heatmap(
        self,
        uid: str,
        x: Any,
        y: Any,
        z: Any,
        number: int | None = None,
        *,
        hover: str = "",
        gap: int | None = None,
        **properties: Any,
    ) -> None:
        """Cells in the colours of `layout.coloraxis`, so many pixels apart; `hover` is what
        pointing at one says."""
        gaps = {} if gap is None else {"xgap": gap, "ygap": gap}
        said = _pointed(hover) if hover else {}
        trace = {"type": "heatmap", "uid": uid, "x": x, "y": y, "z": z, "coloraxis": "coloraxis"}
        self.traces.append(trace | on_axes(number) | gaps | said | properties)

    def curves(self, curves: Iterable[Curve], number: int = 1) -> None:
        """Methods' lines, the later above the earlier."""
        for curve in curves:
            self.curve(curve, number)

    def curve(self, curve: Curve, number: int = 1) -> None:
        """A method's line with its band below it; band edges are rows of the data table too."""
        style = METHODS[curve.method]
        *edges, (uid, y) = curve.values().items()
        common: Looks = {"number": number, "legendgroup": uid}
        for edge, bound in edges:
            side = edge.rpartition(":")[2]
            looks = common | {"name": f"{curve.name}, {curve.band} {side}", "showlegend": False}
            looks |= {"fill": "tonexty" if side == "low" else "none"}
            looks |= {"fillcolor": translucent(style.color, 0.16)}
            self.line(edge, curve.x, bound, style.color, 0, **looks)
        symbol = f"{style.marker}-open" if curve.open_markers else style.marker
        self.line(
            uid,
            curve.x,
            y,
            style,
            curve.width,
            **common,
            name=curve.name,
            legendrank=list(METHODS).index(curve.method),
            mode="lines+markers" if curve.markers else "lines",
            marker={"color": style.color, "symbol": symbol, "size": 8},
            hover=f"{curve.name}: %{{y:.4g}}",
        )

    def floor(
        self, value: float, bottom: float, ends: tuple[float, float], number: int = 1
    ) -> None:
        """The region that no predictor reaches, shaded from its upper edge down to `bottom`."""
        color = METHODS["bayes_rr"].color
        common: Looks = {"number": number, "legendgroup": "floor"}
        hidden = common | {"showlegend": False, "meta": DECORATION}
        self.line("floor:bottom", ends, (bottom, bottom), color, 0, **hidden)
        common |= {"name": "Bayes floor", "legendrank": len(METHODS), "fill": "tonexty"}
        common |= {"fillcolor": translucent(color, 0.2), "hover": "Bayes floor: %{y:.4g}"}
        self.line("floor", ends, (value, value), color, 1.5, **common)

    def now(self, x: float, y: float, method: str, number: int | None = None, **looks: Any) -> None:
        """A dot where a curve of a method stands at the moment that is looked at."""
        looks = {"meta": DECORATION} | looks
        self.marks("now", [x], [y], METHODS[method].color, 12, number=number, **looks)

    def mark_x(self, x: float, number: int = 1) -> None:
        """A thin vertical line at the value that a control holds."""
        line = {"color": METHODS["bayes_rr"].color, "width": 1.5, "dash": "dot"}
        self._upright(x, x, number, type="line", line=line)

    def shade_x(self, low: float, high: float, label: str = "", number: int = 1) -> None:
        """A vertical band over the whole height, named above it: no curve or mark crosses there."""
        fill = translucent(METHODS["bayes_rr"].color, 0.12)
        self._upright(low, high, number, type="rect", fillcolor=fill, line={"width": 0})
        if label:
            above = {"xref": numbered("x", number), "font": {"size": 12}}
            self.headline(label, low, 1, number, **above)

    def shade_met(self, met: Met, ends: Span, label: str = "", number: int = 1) -> None:
        """The noise met in training, on an axis with these ends: a range, or bars at its levels, of
        which the first is named."""
        met_range, levels = met
        reach = (ends[1] - ends[0]) / 120
        bars = [met_range] if met_range else [(at - reach, at + reach) for at in levels]
        for index, bar in enumerate(bars):
            self.shade_x(*bar, "" if index else label, number)

    def _upright(self, x0: float, x1: float, number: int, **properties: Any) -> None:
        refs = {"xref": numbered("x", number), "yref": f"{numbered('y', number)} domain"}
        ends = {"x0": x0, "x1": x1, "y0": 0, "y1": 1, "layer": "below"}
        self.shape(**refs | ends | properties)

    def shape(self, **properties: Any) -> None:
        """A rectangle or a line that is no data."""
        self.layout["shapes"] = [*self.layout["shapes"], properties]

    def note(self, text: str, **properties: Any) -> None:
        """A line of text without an arrow."""
        note = {"text": text, "showarrow": False, "font": {"size": 13}} | properties
        self.layout["annotations"] = [*self.layout["annotations"], note]

    def headline(
        self, text: str, x: float, y: float, number: int | None = None, **properties: Any
    ) -> None:
        """A line of text that begins above a point: of the picture, or of a panel (0 to 1)."""
        refs = {"xref": "paper", "yref": "paper"}
        if number is not None:
            refs = {f"{letter}ref": f"{numbered(letter, number)} domain" for letter in "xy"}
        self.note(text, x=x, y=y, **{"xanchor": "left", "yanchor": "bottom"} | refs | properties)

    def log_y(self, low: float, high: float, number: int = 1) -> None:
        """A fixed logarithmic axis whose ticks are 1, 2, 5 or, over many decades, powers of ten;
        where nothing is finite, one decade."""
        low, high = max(low, SMALLEST), min(high, LARGEST)
        if not low < high:
            low, high = 0.1, 1.0
        self.log_axis("y", (low, high), log_ticks(low, high), number)

    def log_axis(
        self,
        letter: str,
        ends: tuple[float, float],
        ticks: Sequence[float],
        number: int = 1,
        **properties: Any,
    ) -> None:
        """A logarithmic axis from one value to another, with a label at each of the ticks."""
        self.axis(
            letter,
            number,
            type="log",
            range=[math.log10(end) for end in ends],
            tickvals=ticks,
            ticktext=[tick_label(tick) for tick in ticks],
            **properties,
        )


def _pointed(hover: str) -> dict[str, str]:
    if not hover:
        return {"hoverinfo": "skip"}
    return {"hovertemplate": hover if "<extra>" in hover else f"{hover}<extra></extra>"}


def on_axes(number: int | None) -> dict[str, str]:
    """The axes of a trace; None leaves them to plotly, which takes the first."""
    if number is None:
        return {}
    return {"xaxis": numbered("x", number), "yaxis": numbered("y", number)}


def numbered(name: str, number: int) -> str:
    """Plotly's name of an axis: "x", "x2", ..."""
    return name if number == 1 else f"{name}{number}"
