"""The picture of two inputs: what GD++ makes of them, and two descents over the loss."""

import numpy as np

from icl_core.lessons.playground.config import STEPS, Playground, X
from icl_core.lessons.playground.figures import HEIGHT
from icl_core.lessons.playground.measure import Known
from icl_core.lessons.playground.plane import ANGLES, FLAT, LEVELS, TARGET, Plane, plane_of
from icl_core.lessons.playground.words import PLANE_CAPTION, PLANE_SAID
from icl_core.lessons.shared.words import fill
from icl_core.live import Engine, Player, Points, Readout, Slider, View
from icl_core.plots.drawing import Drawing, numbered
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.style import GUESS, translucent

ENDS = {"x": (-3.0, 3.0), "y": (-3.0, 3.0), "x2": (-2.0, 2.0), "y2": (-0.8, 3.2)}
"""Of the axes: inputs, and weights around where they go."""
DESCENTS = ("gd", "gdpp_tuned")


def plane_view(config: Playground, known: Known) -> View:
    """Drawn by the browser while something moves, and here when it rests: the same numbers."""
    found = plane_of(config)
    readouts = [
        Readout(
            name=name,
            label=f"loss left, {METHODS[name].label}, %",
            value=found.left[name],
            format=".2f",
        )
        for name in DESCENTS
    ]
    numbers = {"step": config.step, "before": found.before, "now": found.now} | found.left
    return View(
        figure=_figure(config, found),
        title="Two inputs: the path of the weights",
        caption=PLANE_CAPTION,
        controls=[
            Points("inputs", "Inputs", value=config.plane, x=X, y=X),
            Slider("eta", "Step η", 0.1, 2.2, step=0.05, value=config.eta, format=".2f"),
            Slider("gamma", "γ of GD++", 0.0, 0.6, step=0.02, value=config.gamma, format=".2f"),
            Player("step", "Step", [str(step) for step in range(STEPS + 1)], value=config.step),
        ],
        engine=Engine(
            name="plane",
            reads=("inputs", "eta", "gamma", "step"),
            constants={
                "target": TARGET,
                "steps": STEPS,
                "levels": list(LEVELS),
                "angles": ANGLES,
                "flat": FLAT,
                "words": PLANE_SAID,
            },
        ),
        readouts=[*readouts, Readout(name="now", label="condition", value=found.now)],
        said=fill(PLANE_SAID, numbers),
    )


def _figure(config: Playground, found: Plane) -> Figure:
    drawing = Drawing(
        name="playground_plane",
        title=f"{len(config.plane)} inputs, after step {config.step}",
        alt=f"Left: {len(config.plane)} inputs in the plane, and as GD++ sees them after step "
        f"{config.step}, with their ellipse. Right: contours of the loss over two weights, and the "
        f"paths of gradient descent, with {found.left['gd']:.2f} % of the loss left, and of GD++, "
        f"with {found.left['gdpp_tuned']:.2f} %.",
    )
    drawing.panel(1, [0, 0.46], [0, 1])
    drawing.panel(2, [0.54, 1], [0, 1])
    for number, (x, y) in enumerate((("x₁", "x₂"), ("w₁", "w₂")), 1):
        looks = {"showgrid": False, "constrain": "domain"}
        across, down = (numbered(letter, number) for letter in "xy")
        drawing.axis("x", number, title=x, range=list(ENDS[across]), **looks)
        # A circle is to be seen as one.
        looks["scaleanchor"] = across
        drawing.axis("y", number, title=y, range=list(ENDS[down]), **looks)
    _inputs(drawing, config, found)
    _paths(drawing, found)
    drawing.set(height=HEIGHT, margin={"l": 48, "r": 8, "t": 40, "b": 40})
    return drawing.figure()


def _inputs(drawing: Drawing, config: Playground, found: Plane) -> None:
    """The inputs, and what GD++ has made of them."""
    color, grey = METHODS["gdpp_tuned"].color, METHODS["bayes_rr"].color
    looks = {"showlegend": False, "meta": DECORATION}
    x, y = found.first.T
    drawing.line("first", x, y, grey, 1.25, "dot", name="spread at first", **looks)
    x, y = found.spread.T
    drawing.line("spread", x, y, color, 2.5, "solid", name="spread", **looks)
    edge, name = {"width": 1.5, "color": color}, "inputs as GD++ sees them"
    x, y = found.seen.T
    drawing.marks("seen", x, y, color, 8, "circle-open", edge=edge, name=name)
    edge = {"width": 1.5, "color": "white"}
    x, y = np.transpose(config.plane)
    drawing.marks("inputs", x, y, grey, 12, "circle", edge=edge, name="inputs", showlegend=False)


def _paths(drawing: Drawing, found: Plane) -> None:
    """Contours below, the descents above, and where they should end."""
    gap = np.full((len(LEVELS), 1, 2), np.nan)
    x, y = map(_broken, np.concatenate([found.contours, gap], axis=1).reshape(-1, 2).T)
    grey = translucent(METHODS["bayes_rr"].color, 0.6)
    looks = {"number": 2, "showlegend": False, "meta": DECORATION}
    drawing.line("contours", x, y, grey, 1.25, name="loss", **looks)
    x, y = TARGET[:, None]
    drawing.marks("target", x, y, GUESS, 13, "x", name="best weights", **looks)
    for name in DESCENTS:
        path, style = np.full((STEPS + 1, 2), np.nan), METHODS[name]
        path[: len(found.paths[name])] = found.paths[name]
        x, y = map(_broken, path.T)
        drawing.line(
            name,
            x,
            y,
            style,
            2.25,
            number=2,
            mode="lines+markers",
            marker={"color": style.color, "symbol": style.marker, "size": 8},
            name=style.label,
            hover=f"{style.label}: w = (%{{x:.3g}}, %{{y:.3g}})",
        )


def _broken(values: np.ndarray) -> list[float | None]:
    """With deliberate gaps in the place of what is no number."""
    return [None if np.isnan(value) else float(value) for value in values]
