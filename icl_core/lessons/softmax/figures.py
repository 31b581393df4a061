"""Charts of softmax heads: their answers, their shares, their losses."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from icl_core.plots.curves import Curve
from icl_core.plots.drawing import Drawing
from icl_core.plots.figure import Figure
from icl_core.plots.lines import PLAIN
from icl_core.plots.methods import METHODS
from icl_core.plots.ticks import log_range, log_ticks

HEADS = {
    "head1": ("#b0389e", "triangle-up"),
    "head2": ("#2f7fb5", "triangle-down"),
    "head3": ("#a05a2c", "triangle-left"),
    "head4": ("#5f7f1f", "triangle-right"),
    "sum": (METHODS["full"].color, "circle"),
}
"""Colour and marker of every head, and of all together."""
LIMIT_ENDS = 1e-13, 1e3
"""A single head soon leaves the chart."""


def _named(uid: str) -> str:
    return "all heads together" if uid == "sum" else f"head {uid.removeprefix('head')}"


def heads_figure(step: np.ndarray, answers: Mapping[str, np.ndarray], *, reach: float) -> Figure:
    """Answers of each head and of all against those of one step of gradient descent."""
    drawing = Drawing(
        name="softmax_heads",
        title="Answers of the heads",
        alt="Points: what every softmax head adds to the answer at the queries of one prompt, and "
        "their sum, against the answer of one step of gradient descent, with the diagonal.",
        x="answer of one best step of GD",
        y="answer",
    )
    ends = 1.08 * np.array([-1, 1]) * float(np.abs(step).max())
    drawing.line("gd", ends, ends, METHODS["gd"], 2, name=METHODS["gd"].label)
    for uid, values in answers.items():
        color, symbol = HEADS[uid]
        size, hover = 9 if uid == "sum" else 7, f"{_named(uid)}: %{{y:.3f}}, GD %{{x:.3f}}"
        drawing.marks(uid, step, values, color, size, symbol, name=_named(uid), hover=hover)
    drawing.axis("x", range=list(ends), zeroline=True)
    drawing.axis("y", range=[-reach, reach], zeroline=True)
    return drawing.figure()


def linearisation_figure(points: Iterable[tuple[str, np.ndarray, np.ndarray]]) -> Figure:
    """n times shares of attention against scores minus their mean, with 1 + z and exp(z)."""
    drawing = Drawing(
        name="softmax_linearisation",
        title="Shares of attention by score",
        alt="Points: n times the share of attention against the score, for every head, beside the "
        "straight line 1 + z and the exponential.",
        x="score z, minus the mean of its query's scores",
        y="n × share of attention",
    )
    found = list(points)
    far = max(1.0, 1.1 * max(float(np.abs(x).max()) for _, x, _ in found))
    z = np.linspace(-far, far, 81)
    for uid, method, name, y in (
        ("straight", "gd", "1 + z: linear attention", 1 + z),
        ("exponential", "bayes_rr", "exp(z)", np.exp(z)),
    ):
        drawing.line(uid, z, y, METHODS[method], 2, name=name)
    for uid, x, y in found:
        color, symbol = HEADS[uid]
        hover = f"{_named(uid)}: z = %{{x:.2f}}, n × share %{{y:.2f}}"
        drawing.marks(uid, x, y, color, 5, symbol, name=_named(uid), hover=hover, opacity=0.7)
    top = max(2.5, 1.1 * max(float(y.max()) for _, _, y in found))
    drawing.axis("x", range=[-far, far], zeroline=True)
    drawing.axis("y", range=[min(-0.5, 1 - far), top], zeroline=True)
    return drawing.figure()


def ends_figure(ends: Mapping[int, np.ndarray], *, levels: Mapping[str, float]) -> Figure:
    """Losses at the end of training, a point a seed, by the number of heads."""
    drawing = Drawing(
        name="softmax_ends",
        title="At the end of training",
        alt="Points by seed: the loss of one, two and four softmax heads, beside one best step of "
        "gradient descent and the best step on centred inputs.",
        x="softmax heads",
        y=PLAIN,
    )
    places = [-0.5, len(ends) - 0.5]
    for method, value in levels.items():
        style = METHODS[method]
        hover = f"{style.label}: {value:.4g}"
        drawing.line(method, places, [value, value], style, 1.75, name=style.label, hover=hover)
    for at, (heads, losses) in enumerate(ends.items()):
        style = METHODS[f"softmax{heads}"]
        drawing.marks(
            f"softmax{heads}",
            at + 0.25 * np.linspace(-1, 1, len(losses)),
            losses,
            style,
            10,
            name=style.label,
            text=[f"seed {seed}" for seed in range(len(losses))],
            hover="%{text}: %{y:.4g}",
        )
    drawing.axis(
        "x",
        range=places,
        tickvals=list(range(len(ends))),
        ticktext=[str(heads) for heads in ends],
        showgrid=False,
    )
    low, high = log_range([*ends.values(), list(levels.values())], pad=0.08)
    drawing.axis("y", range=[low, high])
    return drawing.figure()


def limit_figure(curves: Sequence[Curve]) -> Figure:
    """Distances of constructed heads from a step by the scale of their scores."""
    drawing = Drawing(
        name="softmax_limit",
        title="Heads made by hand: distance from a step",
        alt="Line chart, both axes logarithmic: the largest distance between constructed softmax "
        "heads and a step of gradient descent on centred inputs falls with the scale of the "
        "scores, faster with four heads than with two, until rounding takes over.",
        x="scale of the scores",
        y="largest distance of answers",
    )
    drawing.curves(curves)
    x = curves[0].x
    ends = float(x.min()), float(x.max())
    drawing.log_axis("x", ends, log_ticks(*ends), showgrid=False)
    drawing.log_y(*LIMIT_ENDS)
    return drawing.figure()
