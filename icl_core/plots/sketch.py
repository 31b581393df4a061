"""A figure as a small plain SVG, to stand in its place until plotly.js has been loaded.

Lines, markers, heatmaps, axes and their ticks, and nothing else. Greys and translucent colours
suit a light and a dark page alike.
"""

import math
from html import escape
from typing import Any

import numpy as np

from icl_core.plots.figure import Figure
from icl_core.plots.style import SURFACES, translucent

GREY = "#7b8794"
WIDTH = 900
"""Of the view box; the picture scales to its place."""


def sketch(figure: Figure, width: int = WIDTH) -> str:
    """The figure's SVG, without title and legend."""
    shown: Any = figure
    layout: dict[str, Any] = shown.layout.to_plotly_json()
    height = int(layout.get("height", 420))
    margin = {"l": 56, "r": 12, "t": 16, "b": 48} | layout.get("margin", {}) | {"t": 16}
    legend = 0 if layout.get("showlegend") is False else 62
    box = (
        margin["l"],
        margin["t"],
        width - margin["l"] - margin["r"],
        height - margin["t"] - margin["b"] - legend,
    )
    panels = {trace.yaxis or "y": _Panel(layout, trace, box) for trace in reversed(shown.data)}
    parts = [panel.frame() for panel in panels.values()]
    parts += [_draw(trace, panels[trace.yaxis or "y"], layout) for trace in shown.data]
    first = panels["y"].places() if "y" in panels else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {first}'
        f'font-family="sans-serif" font-size="13" fill="{GREY}">{"".join(parts)}</svg>'
    )


class _Panel:
    """One pair of axes: from data to the picture's pixels."""

    def __init__(self, layout: dict[str, Any], trace: Any, box: tuple[float, ...]) -> None:
        self.x = layout.get((trace.xaxis or "x").replace("x", "xaxis"), {})
        self.y = layout.get((trace.yaxis or "y").replace("y", "yaxis"), {})
        left, top, wide, high = box
        across, down = self.x.get("domain", (0, 1)), self.y.get("domain", (0, 1))
        self.left, self.right = left + wide * across[0], left + wide * across[1]
        self.top, self.bottom = top + high * (1 - down[1]), top + high * (1 - down[0])
        self.trace = trace

    def to_x(self, values: Any) -> np.ndarray:
        return self.left + (self.right - self.left) * self._share(values, self.x, "x")

    def to_y(self, values: Any) -> np.ndarray:
        share = np.clip(self._share(values, self.y, "y"), -0.01, 1.01)
        return self.bottom - (self.bottom - self.top) * share

    def _share(self, values: Any, axis: dict[str, Any], letter: str) -> np.ndarray:
        given = np.array([np.nan if v is None else v for v in np.ravel(values)], float)
        if axis.get("type") == "log":
            with np.errstate(all="ignore"):
                given = np.where(given > 0, np.log10(given), -99.0)
        low, high = axis.get("range") or self._own_range(letter)
        return (given - low) / ((high - low) or 1)

    def _own_range(self, letter: str) -> tuple[float, float]:
        shown = [v for v in np.ravel(getattr(self.trace, letter)) if v is not None]
        finite = np.array(shown, float)
        finite = finite[np.isfinite(finite)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)

    def places(self) -> str:
        """Where axes of a fixed range begin and end, in the picture and in numbers, as sketched.mjs
        reads them; nothing of others."""
        said = []
        axes = {"across": (self.left, self.right, "x"), "down": (self.bottom, self.top, "y")}
        for name, (start, end, letter) in axes.items():
            ends = getattr(self, letter).get("range")
            if ends is None:
                return ""
            low, high = ends
            said.append(f'data-{name}="{start:g} {end:g} {low:g} {high:g}" ')
        return "".join(said)

    def frame(self) -> str:
        """The two lines and the ticks that the layout names."""
        if self.trace.type == "heatmap":
            return ""
        lines = (
            f'<path d="M{self.left:.1f} {self.top:.1f}V{self.bottom:.1f}H{self.right:.1f}" '
            f'fill="none" stroke="{GREY}" stroke-opacity=".6"/>'
        )
        ticks = [
            f'<text x="{self.left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>'
            for y, text in zip(
                self.to_y(self.y.get("tickvals", [])), self.y.get("ticktext", []), strict=True
            )
        ]
        title = escape(str(self.x.get("title", {}).get("text", "")))
        middle = (self.left + self.right) / 2
        below = (
            f'<text x="{middle:.1f}" y="{self.bottom + 36:.1f}" text-anchor="middle">{title}</text>'
        )
        return lines + "".join(ticks) + below


def _draw(trace: Any, panel: _Panel, layout: dict[str, Any]) -> str:
    if trace.type == "heatmap":
        return _cells(trace, panel, layout)
    x, y = panel.to_x(trace.x), panel.to_y(trace.y)
    inside = np.isfinite(x) & np.isfinite(y) & (x >= panel.left - 1) & (x <= panel.right + 1)
    mode = trace.mode or "lines"
    parts = []
    if "lines" in mode and trace.line.width != 0:
        path, color = _path(x, y, inside), escape(str(trace.line.color or GREY))
        width = trace.line.width or 2
        parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"/>')
    marks = ""
    if "markers" in mode:
        color = escape(str(trace.marker.color or GREY))
        marks = f' data-marks="{color}"'
        ring = str(trace.marker.symbol).endswith("circle-open")
        look = (
            f'r="7" fill="none" stroke="{color}" stroke-width="3"'
            if ring
            else f'r="4" fill="{color}"'
        )
        parts += [
            f'<circle cx="{x[i]:.1f}" cy="{y[i]:.1f}" {look}/>' for i in range(len(x)) if inside[i]
        ]
    return f'<g data-uid="{escape(str(trace.uid))}"{marks}>{"".join(parts)}</g>'


def _path(x: np.ndarray, y: np.ndarray, inside: np.ndarray) -> str:
    """A line through the points inside; by differences, which are shorter to write."""
    places = np.round(np.stack([x, y], axis=-1), 1)
    steps = []
    for i in np.flatnonzero(inside):
        goes_on = i and inside[i - 1]
        across, down = places[i] - places[i - 1] if goes_on else places[i]
        steps.append(f"{'l' if goes_on else 'M'}{round(across, 1):g} {round(down, 1):g}")
    return "".join(steps)


def _cells(trace: Any, panel: _Panel, layout: dict[str, Any]) -> str:
    z = np.asarray(trace.z, float)
    limit = float(layout[trace.coloraxis]["cmax"]) or 1.0
    wide, high = (panel.right - panel.left) / z.shape[1], (panel.bottom - panel.top) / z.shape[0]
    if "scaleanchor" in panel.y:
        wide = high = min(wide, high)
    below, above = SURFACES["light"].diverging[1], SURFACES["light"].diverging[-2]
    cells = []
    for (i, j), value in np.ndenumerate(z):
        strength = min(abs(value) / limit, 1.0) if math.isfinite(value) else 0.0
        if strength > 0.02:
            x, y = panel.left + j * wide, panel.top + i * high
            fill = translucent(above if value > 0 else below, round(strength, 2))
            place = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
            cells.append(f'<rect {place} fill="{fill}"/>')
    return "".join(cells)
