"""Small multiples: the same kind of chart once a noise law, a depth or a kind of model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from icl_core.plots import METHODS, Curve, Drawing, Figure, Looks, translucent
from icl_core.plots.drawing import Met, Span
from icl_core.plots.losses import draw_published
from icl_core.plots.ticks import log_ticks

ROW = 250
"""Pixels of a row of panels."""
BELOW = 150
"""Pixels for legend, title and the x axis's own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """One chart: curves, the noise met in training, the
    paper's values by method and x (`published`), and how strongly a curve is drawn, by its uid."""

    title: str
    curves: Sequence[Curve]
    x_range: Span
    y_range: Span
    met: Met = (None, ())
    published: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    strength: Mapping[str, float] = field(default_factory=dict)


def panels_figure(
    panels: Sequence[Panel],
    *,
    columns: int,
    name: str,
    title: str,
    x: str,
    y: str,
    alt: str,
    dtick: float | None = None,
) -> Figure:
    """The panels from left to right and from top to bottom; the y axis is logarithmic."""
    rows = -(-len(panels) // columns)
    drawing = Drawing(name=name, title=title, alt=alt)
    seen: set[str] = set()
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        last = index + columns >= len(panels)
        number = index + 1
        _place(drawing, number, (row, rows), (column, columns))
        _fill(drawing, panel, number, seen)
        grid = {} if dtick is None else {"dtick": dtick}
        drawing.axis("x", number, title=x if last else "", range=panel.x_range, **grid)
        drawing.axis("x", number, showgrid=False)
        drawing.axis("y", number, title=y if column == 0 else "")
        _log_y(drawing, number, panel.y_range)
    height = ROW * rows + BELOW
    legend = {**drawing.layout["legend"], "y": -66 / (height - BELOW)}
    drawing.set(height=height, hovermode="closest", legend=legend)
    return drawing.figure()


def _place(
    drawing: Drawing, number: int, row_of: tuple[int, int], column_of: tuple[int, int]
) -> None:
    (row, rows), (column, columns) = row_of, column_of
    gap_x, gap_y = 0.28 / columns, 0.26 / rows
    wide = (1 - gap_x * (columns - 1)) / columns
    high = (1 - gap_y * (rows - 1)) / rows
    left, top = column * (wide + gap_x), 1 - row * (high + gap_y)
    drawing.panel(number, [left, min(left + wide, 1.0)], [max(top - high, 0.0), top])


def _fill(drawing: Drawing, panel: Panel, number: int, seen: set[str]) -> None:
    drawing.headline(f"<b>{panel.title}</b>", 0, 1, number)
    drawing.shade_met(panel.met, panel.x_range, number=number)
    for curve in panel.curves:
        _curve(drawing, panel, curve, number, seen)
    for method, values in panel.published.items():
        if values:
            group = f"published:{method}"
            looks: Looks = {"legendgroup": group, "showlegend": group not in seen}
            looks |= {"number": number, "meta": {"panel": panel.title}}
            draw_published(drawing, f"{number}:{group}", method, values, 14, **looks)
            seen.add(group)


def _curve(drawing: Drawing, panel: Panel, curve: Curve, number: int, seen: set[str]) -> None:
    uid = curve.uid or curve.method
    before = len(drawing.traces)
    drawing.curve(replace(curve, uid=f"{number}:{uid}"), number)
    strength = panel.strength.get(uid, 1.0)
    for trace in drawing.traces[before:]:
        bare = bool(trace["line"].get("width") == 0)
        changes: Looks = {
            "legendgroup": curve.method,
            "showlegend": not bare and curve.method not in seen and uid not in panel.strength,
            "meta": {"panel": panel.title},
        }
        if strength < 1 and not bare:
            color = translucent(METHODS[curve.method].color, strength)
            changes["line"] = trace["line"] | {"color": color}
            changes["marker"] = trace["marker"] | {"color": color}
        trace |= changes
    seen.add(curve.method)


def _log_y(drawing: Drawing, number: int, span: Span) -> None:
    ticks = log_ticks(*span)
    while len(ticks) > 5:
        ticks = ticks[::-2][::-1]
    drawing.log_axis("y", span, ticks, number)
