"""What GD++ layers do to the eigenvalues of the Hessian, in one figure (paper 1, figure 13)."""

from dataclasses import dataclass, field

import numpy as np

from icl_core.lessons.gdpp_spectrum.figures import panels
from icl_core.lessons.gdpp_spectrum.figures.panels import AFTER, BEFORE, ByGamma
from icl_core.lessons.shared.words import counted
from icl_core.plots import DECORATION, METHODS, Drawing, Figure, Looks, translucent
from icl_core.plots.style import LAYOUT

FAR = 1e9
"""Where a point goes that is not to be seen."""
LOWEST = 1e-5
"""Smallest relative eigenvalue shown."""
EDGES = ("low", "high")
"""Of a spread."""
Values = dict[tuple[str, str], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Eigenvalues before and after the layers, and the map that took them there.

    What depends on gamma and the number of layers may begin with axes of a grid (`...`).

    curve_x, curve_y [..., points]: the map; before [d], after [..., d]: the eigenvalues;
    heights_before [d], heights_after [..., d]: over the largest; spread_before [2, d],
    spread_after [..., 2, d]: where 10 to 90 % of prompts have them, if there are many;
    peak, root [..., 2]: one layer's local maximum (1/(3 gamma), 4/(27 gamma)) and second root
    (1/gamma, 0); edges [bins+1], share_before [bins], share_after [..., bins]: condition numbers of
    many prompts; gamma, median [...]: where on the curve of medians it stands.
    """

    curve_x: np.ndarray
    curve_y: np.ndarray
    before: np.ndarray
    after: np.ndarray
    heights_before: np.ndarray
    heights_after: np.ndarray
    peak: np.ndarray
    root: np.ndarray
    edges: np.ndarray
    share_before: np.ndarray
    share_after: np.ndarray
    gamma: np.ndarray
    median: np.ndarray
    spread_before: np.ndarray | None = None
    spread_after: np.ndarray | None = None
    who: str = field(default="one prompt")

    def values(self) -> Values:
        """(uid, field) -> values of what depends on gamma and layers in the map and the loss."""
        landmarks = np.stack([self.peak, self.root], axis=-2)
        found: Values = {
            ("map", "y"): self.curve_y,
            ("on map", "y"): self.after,
            ("landmarks", "x"): landmarks[..., 0],
            ("landmarks", "y"): landmarks[..., 1],
        }
        return found | panels.valley_values(self.after[..., 0], self.after[..., -1])

    def condition_values(self) -> Values:
        """The same of the spectrum and its condition numbers."""
        found: Values = {
            ("after", "y"): shown(self.heights_after),
            ("after:stems", "y"): _stems(self.heights_after),
            ("share:after", "y"): np.repeat(self.share_after, 2, axis=-1),
            ("now", "x"): self.gamma[..., None],
            ("now", "y"): self.median[..., None],
        }
        if self.spread_after is not None:
            for place, edge in enumerate(EDGES):
                found[f"after:{edge}", "y"] = shown(self.spread_after[..., place, :])
        return found


def relative(eigenvalues: np.ndarray) -> np.ndarray:
    """Eigenvalues over the largest of their prompt (the last axis)."""
    return eigenvalues / np.maximum(eigenvalues.max(-1, keepdims=True), 1e-300)


def shown(heights: np.ndarray) -> np.ndarray:
    """Relative eigenvalues, at least `LOWEST`."""
    return np.maximum(heights, LOWEST)


def _stems(heights: np.ndarray) -> np.ndarray:
    """y of stems on a logarithmic axis: up from below and down again, three points each."""
    below = np.full_like(heights, LOWEST / 10)
    points = np.stack([below, shown(heights), below], axis=-1)
    return points.reshape(*heights.shape[:-1], -1)


def passage_figure(passage: Passage, *, title: str, layers: int) -> Figure:
    """The loss as gradient descent meets it, and the map of the eigenvalues that rounds it."""
    drawing = Drawing(
        name="gdpp_spectrum",
        title=title,
        alt="Two panels. Contours of the loss in the plane of the smallest and the largest "
        "eigenvalue, with gradient descent's path, before and after: a long ellipse and a rounder "
        f"one. The map that {counted(layers, 'GD++ layer')} apply to an eigenvalue, with the "
        f"eigenvalues of {passage.who} on it.",
    )
    panels.draw_valley(
        drawing,
        (float(passage.before[0]), float(passage.before[-1])),
        (float(passage.after[0]), float(passage.after[-1])),
    )
    _draw_map(drawing, passage)
    drawing.set(height=panels.LOW)
    return drawing.figure()


def conditions_figure(
    passage: Passage, by_gamma: ByGamma, *, title: str, layers: int, prompts: int
) -> Figure:
    """The spectrum, condition numbers of many prompts, and their median by gamma."""
    drawing = Drawing(
        name="gdpp_conditions",
        title=title,
        alt=f"Three panels, after {counted(layers, 'GD++ layer')}. The {len(passage.before)} "
        "eigenvalues relative to the largest, before and after, as stems. How the condition "
        f"numbers of {prompts:,} prompts lie, before and after. Their median against gamma, for "
        "each number of layers.",
    )
    _draw_spectrum(drawing, passage)
    panels.draw_shares(
        drawing, passage.edges, passage.share_before, passage.share_after, f"{prompts:,} prompts"
    )
    panels.draw_by_gamma(drawing, by_gamma, float(passage.gamma), float(passage.median))
    drawing.set(height=panels.HEIGHT, legend=LAYOUT["legend"] | {"y": -0.14})
    return drawing.figure()


def _draw_map(drawing: Drawing, passage: Passage) -> None:
    values = passage.values()
    top = float(max(passage.before.max(), passage.curve_x.max()))
    ends, words = [0, top], "γ = 0 leaves λ as it is"
    drawing.line("identity", ends, ends, BEFORE, 1.25, "dot", name=words)
    looks: Looks = {"showlegend": False, "hover": "λ = %{x:.3g} becomes %{y:.3g}"}
    looks["name"] = "λ after the layers"
    drawing.line("map", passage.curve_x, passage.curve_y, AFTER, 2.25, **looks)
    looks["name"] = f"eigenvalues of {passage.who}"
    drawing.marks("on map", passage.before, passage.after, AFTER, 9, "diamond", **looks)
    looks = {"mode": "markers+text", "text": ["4/(27γ) at 1/(3γ)", "0 at 1/γ"]}
    looks |= {"textposition": "top center", "textfont": {"size": 12}}
    looks |= {"showlegend": False, "meta": DECORATION}
    marked, color = (values["landmarks", "x"], values["landmarks", "y"]), METHODS["bayes_rr"].color
    drawing.marks("landmarks", *marked, color, 8, "x-thin-open", **looks)
    # The peak for gamma near its best is about a sixth of the largest λ.
    height = 0.62 * float(passage.before.max())
    drawing.axis("x", title="eigenvalue λ of Σ", range=[0, top], anchor="y", domain=panels.MAP)
    drawing.axis("y", title="λ after the layers", range=[-0.03 * top, height], anchor="x")


def _draw_spectrum(drawing: Drawing, passage: Passage) -> None:
    index = np.arange(1, len(passage.before) + 1)
    sides = (
        ("before", BEFORE, "circle", -0.12, passage.heights_before, passage.spread_before),
        ("after", AFTER, "diamond", 0.12, passage.heights_after, passage.spread_after),
    )
    for uid, color, symbol, shift, heights, spread in sides:
        if spread is not None:
            _draw_spread(drawing, uid, color, index + shift, spread)
        looks: Looks = {"number": 2, "legendgroup": uid}
        hidden = looks | {"connectgaps": False, "showlegend": False, "meta": DECORATION}
        stems = np.repeat(index + shift, 3), _stems(heights)
        drawing.line(f"{uid}:stems", *stems, color, 2, **hidden)
        looks |= {"name": f"{uid} the layers", "hover": f"{uid}: %{{y:.3g}} of the largest"}
        looks |= {"meta": {"panel": "spectrum"}}
        drawing.marks(uid, index + shift, shown(heights), color, 8, symbol, **looks)
    lowest = max(float(passage.heights_before.min()) / 6, LOWEST)
    drawing.panel(2, panels.COLUMNS[0], panels.ROWS[0])
    across = {"range": [0.5, len(index) + 0.5], "dtick": 1 if len(index) <= 10 else 5}
    drawing.axis("x", 2, title="smallest first", showgrid=False, **across)
    drawing.log_y(lowest, 1.6, 2)
    drawing.headline("λ / largest λ", 0, 1, 2, yshift=4)


def _draw_spread(
    drawing: Drawing, uid: str, color: str, index: np.ndarray, spread: np.ndarray
) -> None:
    looks: Looks = {"number": 2, "legendgroup": uid, "showlegend": False}
    looks |= {"fillcolor": translucent(color, 0.2), "meta": {"panel": "spectrum"}}
    for edge, values in zip(EDGES, spread, strict=True):
        share, fill = ("10", "none") if edge == "low" else ("90", "tonexty")
        looks |= {"name": f"{uid} the layers, {share} % of prompts below", "fill": fill}
        drawing.line(f"{uid}:{edge}", index, shown(values), color, 0, **looks)
