"""Charts of softmax heads: their answers, their shares, their losses."""

from collections.abc import Iterable, Mapping

import numpy as np

from icl_core.plots.drawing import Drawing
from icl_core.plots.figure import Figure
from icl_core.plots.lines import PLAIN
from icl_core.plots.methods import METHODS
from icl_core.plots.ticks import log_range

HEADS = {
    "head1": ("#b0389e", "triangle-up"),
    "head2": ("#2f7fb5", "triangle-down"),
    "head3": ("#a05a2c", "triangle-left"),
    "head4": ("#5f7f1f", "triangle-right"),
    "sum": (METHODS["full"].color, "circle"),
}
"""Colour and marker of every head, and of all together."""


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
    style = METHODS["gd"]
    drawing.scatter(
        "gd",
        ends,
        ends,
        name=style.label,
        mode="lines",
        line={"color": style.color, "dash": style.dash, "width": 2},
        hoverinfo="skip",
    )
    for uid, values in answers.items():
        color, symbol = HEADS[uid]
        drawing.scatter(
            uid,
            step,
            values,
            name=_named(uid),
            mode="markers",
            marker={"color": color, "symbol": symbol, "size": 9 if uid == "sum" else 7},
            hovertemplate=f"{_named(uid)}: %{{y:.3f}}, GD %{{x:.3f}}<extra></extra>",
        )
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
        style = METHODS[method]
        drawing.scatter(
            uid,
            z,
            y,
            name=name,
            mode="lines",
            line={"color": style.color, "dash": style.dash, "width": 2},
            hoverinfo="skip",
        )
    for uid, x, y in found:
        color, symbol = HEADS[uid]
        drawing.scatter(
            uid,
            x,
            y,
            name=_named(uid),
            mode="markers",
            marker={"color": color, "symbol": symbol, "size": 5, "opacity": 0.7},
            hovertemplate=f"{_named(uid)}: z = %{{x:.2f}}, n × share %{{y:.2f}}<extra></extra>",
        )
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
        drawing.scatter(
            method,
            places,
            [value, value],
            name=style.label,
            mode="lines",
            line={"color": style.color, "dash": style.dash, "width": 1.75},
            hovertemplate=f"{style.label}: {value:.4g}<extra></extra>",
        )
    for at, (heads, losses) in enumerate(ends.items()):
        style = METHODS[f"softmax{heads}"]
        drawing.scatter(
            f"softmax{heads}",
            at + 0.25 * np.linspace(-1, 1, len(losses)),
            losses,
            name=style.label,
            mode="markers",
            marker={"color": style.color, "symbol": style.marker, "size": 10},
            text=[f"seed {seed}" for seed in range(len(losses))],
            hovertemplate="%{text}: %{y:.4g}<extra></extra>",
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
