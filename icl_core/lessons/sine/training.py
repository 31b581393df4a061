"""How the models were trained: losses, one prompt's curve, likeness; and what depth is worth."""

import math
from dataclasses import replace

import numpy as np

from icl_core.errors import InputError
from icl_core.experiments.sine.claims import PAPER
from icl_core.experiments.sine.results import Compared
from icl_core.experiments.sine.settings import POINTS, SNAPSHOTS, shown_prompt
from icl_core.lessons.shared.curves import over_seeds
from icl_core.lessons.sine.config import Sine, Y
from icl_core.lessons.sine.measure import Learned
from icl_core.lessons.sine.prompt import ENDS
from icl_core.lessons.sine.words import (
    METHOD,
    depth_caption,
    learning_caption,
    likeness_caption,
    losses_caption,
)
from icl_core.live import Player, View
from icl_core.live.moving import Index, Values, grid_at, updates_player
from icl_core.plots.curves import Curve, level
from icl_core.plots.drawing import Drawing
from icl_core.plots.lines import PLAIN, lines, measures
from icl_core.plots.methods import METHODS
from icl_core.plots.ticks import log_range


def _player(config: Sine, found: Learned) -> Player:
    return updates_player(found.courses["transformer"].steps[config.seed], config.frame)


def losses_view(config: Sine, found: Learned) -> View:
    """Losses of all seeds of both models over the updates."""
    curves, dots = [], {}
    for name in METHOD:
        course = found.courses[name]
        x, loss = course.steps[0] + 1.0, course.loss.mean
        named = {"label": name, "uid": name}
        curves.append(over_seeds(METHOD[name], x, loss, loss[config.seed], **named))
        dots[name] = x, loss[config.seed]
    ends = (1.0, float(curves[0].x[-1]))
    levels = _levels(config, found, ends)
    drawing = Drawing(
        name="sine_losses",
        title=f"Loss over training, {len(found.courses['transformer'].steps)} seeds",
        alt="Line chart, both axes logarithmic: the losses of transformer and control over the "
        "updates, with bands over seeds, beside the published ones and a Gaussian kernel's.",
        x="updates + 1",
        y=PLAIN,
    )
    drawing.curves([*levels, *curves])
    for name, (marks, loss) in dots.items():
        drawing.scatter(
            f"now-{name}",
            [marks[config.frame]],
            [loss[config.frame]],
            name=f"{name} at the snapshot",
            mode="markers",
            marker={"color": METHODS[METHOD[name]].color, "size": 11},
            showlegend=False,
            hoverinfo="skip",
        )
    drawing.axis("x", type="log", dtick=1, range=[0, math.log10(ends[1]) + 0.03], showgrid=False)
    drawing.log_y(*log_range([curve.y for curve in (*levels, *curves)], pad=0.05))

    def values(index: Index) -> Values:
        (frame,) = index
        return {
            (f"now-{name}", field): known[frame : frame + 1]
            for name, place in dots.items()
            for field, known in zip("xy", place, strict=True)
        }

    return View(
        figure=drawing.figure(),
        title="Loss over training",
        caption=losses_caption(config, found),
        controls=[_player(config, found)],
        grid=grid_at({"frame": range(SNAPSHOTS)}, values, exact=True),
    )


def _levels(config: Sine, found: Learned, ends: tuple[float, float]) -> list[Curve]:
    """The Gaussian kernel's loss, and for the law of the paper's figures what these show."""
    variants = {"transformer": config.variant, "control": f"{config.law}_control"}
    published = {name: PAPER.get(variant) for name, variant in variants.items()}
    return [
        level("kernel", float(found.kernel.loss.mean), ends),
        *(
            replace(level("paper", value, ends), uid=f"paper-{name}", label=f"published, {name}")
            for name, value in published.items()
            if value
        ),
    ]


def learning_view(config: Sine, found: Learned) -> View:
    """Both models' curves on one prompt, at every snapshot."""
    drawing = Drawing(
        name="sine_learning",
        title="One prompt over training",
        alt="Ten examples of one sine, and the answers of transformer and control over x, before "
        "and after attention, at one moment of the training.",
        x="x",
        y="y",
    )
    drawing.curves(_learning(config, found, config.frame))
    prompt = shown_prompt(config.law)
    drawing.scatter(
        "points",
        prompt.X[0, :, 0],
        prompt.y[0],
        name="examples",
        mode="markers",
        marker={"color": METHODS["bayes_rr"].color, "size": 9},
        hovertemplate="example: %{y:.3g}<extra></extra>",
    )
    drawing.axis("x", range=list(ENDS), showgrid=False)
    drawing.axis("y", range=[-Y[config.law], Y[config.law]])
    return View(
        figure=drawing.figure(),
        caption=learning_caption(config, found),
        controls=[_player(config, found)],
        grid=grid_at(
            {"frame": range(SNAPSHOTS)},
            lambda index: {(c.uid, "y"): c.y for c in _learning(config, found, *index)},
            exact=True,
        ),
    )


def _learning(config: Sine, found: Learned, frame: int) -> list[Curve]:
    curves = []
    for name in ("control", "transformer"):
        after = found.courses[name].curves[config.seed, frame].astype(float)
        curves.append(Curve(method=METHOD[name], uid=name, x=POINTS, y=after[-1], label=name))
    before = found.courses["transformer"].curves[config.seed, frame, 0].astype(float)
    words = "transformer before attention"
    return [Curve(method="gd", uid="before", x=POINTS, y=before, label=words, width=1.5), *curves]


def likeness_view(config: Sine, found: Learned) -> View:
    """A transformer of one layer and its control after as many updates: how alike they answer."""
    course = found.courses["transformer"]
    if not isinstance(course, Compared):
        raise InputError(
            "A transformer of several layers has no control to be likened to: choose one layer."
        )
    x, alike = course.steps[0] + 1.0, course.likeness
    parts = (alike.cosine, alike.prediction_gap, alike.slope_gap)
    label = f"seed {config.seed}"
    curves = [
        over_seeds("full", x, e.mean, e.mean[config.seed], uid=f"measure{index}", label=label)
        for index, e in enumerate(parts)
    ]
    drawing = measures(
        [[curve] for curve in curves],
        name="sine_likeness",
        title="Likeness to the control over training",
        alt="Three line charts over the updates: the cosine of the slopes of transformer and "
        "control in the query, and the gaps of their answers and of their slopes.",
        x="updates + 1",
        type="log",
        dtick=1,
    )
    drawing.set(height=460, showlegend=False)
    return View(figure=drawing.figure(), caption=likeness_caption(config, alike))


def depth_view(config: Sine, found: Learned) -> View:
    """Losses after every layer of models with one, two and three layers."""
    curves = []
    for (layers, course), method in zip(
        found.depths.items(), ("full", "diag", "gdpp"), strict=True
    ):
        end = course.end.mean
        label = f"{layers} layer{'s' * (layers > 1)}"
        x = np.arange(layers + 1.0)
        curves.append(over_seeds(method, x, end, label=label, uid=label[0], markers=True))
    ends = (0.0, float(max(found.depths)))
    figure = lines(
        [level("kernel", float(found.kernels.coded.loss.mean), ends), *curves],
        name="sine_depth",
        title="Loss layer by layer, coded law",
        alt="Line chart, logarithmic: the loss of the answers before attention and after every "
        "layer of transformers with one, two and three layers.",
        x="after layer",
    )
    return View(figure=figure, caption=depth_caption(found))
