"""What a model holds of one prompt: its path in a plane of weights, and what its tokens became."""

from dataclasses import dataclass

import numpy as np

from icl_core.plots import METHODS, Drawing, Figure, Looks
from icl_core.plots.heatmaps import token_axes, token_lines, token_names

MODEL = METHODS["diag"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """What a model holds of one prompt after layer `layer`: a, M [d, d], u [d]; path [L+1, d].

    Beside it least squares, ridge with the true sigma^2, the true weights, all [d], and a plane.
    """

    a: float
    M: np.ndarray
    u: np.ndarray
    path: np.ndarray
    layer: int
    ols: np.ndarray
    ridge: np.ndarray
    truth: np.ndarray
    plane: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """[[M, u], [-w^T, a]]: what multiplies a token of the input."""
        w = self.path[self.layer]
        return np.block([[self.M, self.u[:, None]], [-w[None], np.full((1, 1), self.a)]])

    @property
    def kept(self) -> float:
        """Share of ||w||^2 that lies in the plane; 1 for w = 0."""
        w = self.path[self.layer]
        size = float(w @ w)
        return float(np.sum((self.plane @ w) ** 2)) / size if size > 0 else 1.0

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates in the plane of points [..., d]."""
        return points @ self.plane[0], points @ self.plane[1]


def moving(held: Held) -> dict[tuple[str, str], np.ndarray]:
    """(uid, field) -> values of all that depends on the layer and the noise level."""
    d = len(held.truth)
    w = held.path[held.layer]
    path_x, path_y = held.project(held.path)
    found: dict[tuple[str, str], np.ndarray] = {
        ("path", "x"): path_x,
        ("path", "y"): path_y,
        ("now", "x"): path_x[held.layer : held.layer + 1],
        ("now", "y"): path_y[held.layer : held.layer + 1],
        ("held", "z"): held.whole,
        ("w:coordinates", "y"): w,
    }
    for name, point in (("ols", held.ols), ("ridge", held.ridge)):
        x, y = held.project(point)
        found |= {(name, "x"): np.atleast_1d(x), (name, "y"): np.atleast_1d(y)}
        found[f"{name}:coordinates", "y"] = point.reshape(d)
    return found


def frame(held: Held) -> dict[str, np.ndarray]:
    """Ranges of the plane's axes: all of the points but a path that has run far away."""
    points = np.stack([np.zeros_like(held.truth), held.truth, held.ols, held.ridge])
    across, along = held.project(points)
    size = 1.6 * max(np.ptp(across), np.ptp(along), 1e-3)
    path = np.clip(np.stack(held.project(held.path)), -size, size)
    found = {}
    for name, ends, own in (("x", across, path[0]), ("y", along, path[1])):
        both = np.concatenate([ends, own])
        margin = 0.12 * max(np.ptp(both), 0.3)
        found[name] = np.array([both.min() - margin, both.max() + margin])
    return found


def implicit_figure(held: Held, *, title: str) -> Figure:
    """The plane above; below the matrix [[M, u], [-w, a]] and the coordinates of w."""
    drawing = Drawing(
        name="implicit_weights",
        title=title,
        alt=f"Above: the path of the implicit weights over {len(held.path) - 1} layers in the "
        "plane of 0, least squares and the truth. Below: a heatmap of M, u, w and a, and the "
        f"{len(held.truth)} coordinates of w beside ridge, least squares and the truth.",
    )
    values = moving(held)
    _plane(drawing, held, values)
    _matrix(drawing, held)
    _coordinates(drawing, held, values)
    drawing.set(height=800)
    return drawing.figure()


def _points(held: Held) -> list[tuple[str, str, np.ndarray, str, str]]:
    """uid, name, weights, colour and symbol."""
    ols, ridge, truth = METHODS["gd"], METHODS["oracle_rr"], METHODS["full"]
    return [
        ("truth", "true weights", held.truth, truth.color, "x"),
        ("ols", "least squares", held.ols, ols.color, ols.marker),
        ("ridge", "ridge, true σ²", held.ridge, ridge.color, ridge.marker),
    ]


def _plane(drawing: Drawing, held: Held, values: dict[tuple[str, str], np.ndarray]) -> None:
    place: Looks = {"meta": {"panel": "plane"}}
    names: Looks = {"text": [str(i) for i in range(len(held.path))], "textfont": {"size": 12}}
    names |= {"mode": "lines+markers+text", "textposition": "top center"}
    names |= {"marker": {"color": MODEL.color, "symbol": MODEL.marker, "size": 7}}
    names |= {"name": "w after layer 0, 1, …", "hover": "after layer %{text}"}
    path = values["path", "x"], values["path", "y"]
    drawing.line("path", *path, MODEL.color, 2, **names, **place)
    for uid, name, point, color, symbol in _points(held):
        x, y = held.project(point)
        words: Looks = place | {"name": name, "hover": name, "legendgroup": uid}
        drawing.marks(uid, [float(x)], [float(y)], color, 12, symbol, **words)
    now = values["now", "x"], values["now", "y"]
    place |= {"name": "the layer shown", "showlegend": False}
    place["edge"] = {"color": MODEL.color, "width": 2.5}
    drawing.marks("now", *now, "rgba(0,0,0,0)", 17, **place)
    ranges = frame(held)
    drawing.axis("x", title="along the true weights", range=ranges["x"], anchor="y")
    drawing.axis("y", title="across", range=ranges["y"], domain=[0.53, 1], anchor="x")
    for letter in ("x", "y"):
        drawing.axis(letter, zeroline=True, zerolinewidth=1)


def _matrix(drawing: Drawing, held: Held) -> None:
    size = len(held.truth) + 1
    names = token_names(size)
    looks: Looks = {"name": "[M, u; −w, a]", "meta": {"panel": "M, u, w, a"}}
    looks["hover"] = "row %{y}, column %{x}: %{z:.4g}"
    drawing.heatmap("held", names, names, held.whole, 2, **looks)
    token_axes(drawing, 2, [0, 0.42], [0, 0.4])
    token_lines(drawing, size, 2)
    drawing.set(coloraxis={"cmin": -1.5, "cmax": 1.5, "showscale": False})
    drawing.headline("[M u; −w a], colours from −1.5 to 1.5", 0, 0.405)


def _coordinates(drawing: Drawing, held: Held, values: dict[tuple[str, str], np.ndarray]) -> None:
    index = np.arange(1, len(held.truth) + 1)
    place: Looks = {"number": 3, "showlegend": False, "meta": {"panel": "coordinates"}}
    for uid, name, point, color, symbol in _points(held):
        words: Looks = place | {"name": name, "hover": f"{name}: %{{y:.3g}}", "legendgroup": uid}
        drawing.marks(f"{uid}:coordinates", index, point, color, 9, symbol, **words)
    words = place | {"name": "w", "hover": "w: %{y:.3g}"}
    drawing.marks("w:coordinates", index, values["w:coordinates", "y"], MODEL, 9, **words)
    drawing.panel(3, [0.52, 1], [0, 0.4])
    across = {"range": [0.5, len(index) + 0.5], "dtick": 1 if len(index) < 6 else 3, "tick0": 1}
    drawing.axis("x", 3, title="coordinate", showgrid=False, **across)
    drawing.axis("y", 3, zeroline=True, zerolinewidth=1)
