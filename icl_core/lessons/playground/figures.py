"""The picture of the playground: points, and lines through the origin."""

import numpy as np

from icl_core.lessons.playground.config import Playground, X, Y
from icl_core.lessons.playground.measure import Slopes
from icl_core.lessons.playground.words import LABELS
from icl_core.plots.curves import Curve
from icl_core.plots.drawing import Drawing
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.style import GUESS, translucent

ENDS = np.array([X[0] - 0.1, 0.0, X[1] + 0.1])
"""Of a line, and the origin, where its band is narrowest."""
HEIGHT = 335


def picture(config: Playground, slopes: Slopes) -> Figure:
    """The lines are there but empty until the answers are revealed."""
    drawing = Drawing(
        name="playground",
        title=f"{len(config.points)} points, after layer {config.shown} of {config.layers}",
        alt=_alt(config, slopes),
        x="x",
        y="y",
    )
    _lines(drawing, config, slopes)
    _marks(drawing, config, slopes)
    drawing.axis("x", range=[ENDS[0], ENDS[-1]], showgrid=False)
    drawing.axis("y", range=list(Y), showgrid=False, zeroline=True)
    drawing.set(height=HEIGHT, margin={"l": 48, "r": 8, "t": 40, "b": 40})
    return drawing.figure()


def _alt(config: Playground, slopes: Slopes) -> str:
    said = f"{len(config.points)} points in a plane, and a ring at x = {config.query:g}."
    if not config.revealed:
        return f"{said} The lines that are held of them are hidden."
    return (
        f"{said} Lines through the origin: the transformer's has slope {slopes.at['model']:.2f}, "
        f"that of the best predictor {slopes.at['bayes_rr']:.2f} ± {slopes.deviation:.2f}."
    )


def _lines(drawing: Drawing, config: Playground, slopes: Slopes) -> None:
    """The best predictor below, the transformer above."""
    best, spread = slopes.at["bayes_rr"] * ENDS, slopes.deviation * np.abs(ENDS)
    high, low = (np.array(_seen(config, edge)) for edge in (best + spread, best - spread))
    bayes = Curve(
        method="bayes_rr",
        x=ENDS,
        y=np.array(_seen(config, best)),
        low=low,
        high=high,
        band="± 1 deviation,",
        label=LABELS["bayes_rr"],
        width=2,
    )
    drawing.curve(bayes)
    for name, width in (("oracle_rr", 2.0), ("gd", 2.0)):
        y = np.array(_seen(config, slopes.at[name] * ENDS))
        drawing.curve(Curve(method=name, x=ENDS, y=y, label=LABELS[name], width=width))
    if config.layers > 1:
        _earlier(drawing, config, slopes)
    drawing.line(
        "model",
        ENDS,
        _seen(config, slopes.at["model"] * ENDS),
        METHODS[config.model].color,
        3.5,
        name=LABELS["model"],
        hover=f"{LABELS['model']}: %{{y:.3g}}",
    )


def _earlier(drawing: Drawing, config: Playground, slopes: Slopes) -> None:
    """The transformer's lines after the layers before, as one trace with breaks: a trace more costs
    more than a line more."""
    y: list[float | None] = []
    for layer, w in enumerate(slopes.path[1:-1].tolist(), 1):
        seen = layer < config.shown
        y += [*(_seen(config, w * ENDS) if seen else [None] * len(ENDS)), None]
    drawing.line(
        "earlier",
        [*ENDS.tolist(), None] * (len(slopes.path) - 2),
        y,
        translucent(METHODS[config.model].color, 0.45),
        1.25,
        name="transformer, layers before",
        showlegend=False,
    )


def _marks(drawing: Drawing, config: Playground, slopes: Slopes) -> None:
    """Where the query is, who says what there, the reader's guess, and the points."""
    grey = METHODS["bayes_rr"].color
    hidden = {"showlegend": False, "meta": DECORATION}
    drawing.line(
        "query", [config.query] * 2, [2 * Y[0], 2 * Y[1]], grey, 1.25, "dot", name="query", **hidden
    )
    looks = {"model": METHODS[config.model]} | METHODS
    drawing.marks(
        "answers",
        [config.query] * len(slopes.at),
        _seen(config, config.query * np.array(list(slopes.at.values()))),
        grey,
        9,
        name="answers",
        marker={"size": 9, "color": [looks[name].color for name in slopes.at]},
        showlegend=False,
    )
    x, y = np.transpose(config.points)
    drawing.marks(
        "points",
        x,
        y,
        grey,
        12,
        "circle",
        edge={"width": 1.5, "color": "white"},
        name="points",
        showlegend=False,
    )
    drawing.marks(
        "guess",
        [config.query],
        [config.guess],
        GUESS,
        17,
        "circle-open",
        edge={"width": 3.5, "color": GUESS},
        name="your guess",
        showlegend=False,
    )


def _seen(config: Playground, values: np.ndarray) -> list[float | None]:
    """The values, or deliberate gaps while the answers are hidden."""
    return values.tolist() if config.revealed else [None] * len(values)
