"""Layers of one, two and four softmax heads over training, at its end and on shifted inputs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from icl_core.constructions.softmax import centred_loss
from icl_core.experiments.shared import MAIN, task_of
from icl_core.experiments.variations.settings import EVERY, SCALES
from icl_core.lessons.shared.curves import over_seeds
from icl_core.lessons.shared.words import counted, short
from icl_core.lessons.softmax import figures as plots
from icl_core.lessons.softmax.config import Softmax
from icl_core.lessons.softmax.measure import LINEAR, Found
from icl_core.live import View
from icl_core.plots.curves import Curve, level
from icl_core.plots.lines import lines


def _by_heads(
    config: Softmax,
    x_of: Callable[[str], np.ndarray],
    values_of: Callable[[str], np.ndarray],
    **looks: Any,
) -> list[Curve]:
    """A measure [seeds, points] of linear attention and of the layers with 1, 2 and 4 heads."""
    linear: dict[str, Any] = {"label": "linear attention"} | looks
    return [
        over_seeds("full", x_of(LINEAR), values_of(LINEAR), **linear),
        *(
            over_seeds(f"softmax{heads}", x_of(name), values_of(name), **looks)
            for heads, name in config.variants.items()
        ),
    ]


def _updates(found: Found, every: int = 1) -> Callable[[str], np.ndarray]:
    return lambda name: found.trainings.courses[name].steps[0, ::every] + 1.0


def _each(config: Softmax, said: Callable[[str], str]) -> str:
    """What is said of the layers with 1, 2 and 4 heads, in a row."""
    parts = (f"{counted(n, 'head')} {said(name)}" for n, name in config.variants.items())
    return ", ".join(parts)


def training_view(config: Softmax, found: Found) -> View:
    """Losses over training by the number of heads."""
    x, best = _updates(found), found.trainings.loss_of("gd1")
    limit, ends = centred_loss(task_of(MAIN)), (1.0, float(x(config.variant)[-1]))
    seeds = len(found.trainings.losses(config.variant))
    figure = lines(
        [
            level("gd", best, ends),
            level("construction", limit, ends),
            *_by_heads(config, x, found.trainings.losses),
        ],
        name="softmax_training",
        title="Loss over training",
        alt=f"Line chart: losses of one, two and four softmax heads over training, {seeds} seeds "
        f"each, beside one step of gradient descent, {best:.4f}.",
        x="updates + 1",
        log_x=True,
        log_y=False,
        y_range=(0.19, 0.44),
        mark=float(x(config.variant)[config.frame * EVERY]),
    )
    courses = [found.trainings.courses[name] for name in config.variants.values()]
    seconds = max(float(course.seconds.mean()) for course in courses)
    return View(
        figure=figure,
        caption=f"Bands: from the lowest to the highest of {seeds} seeds; at most "
        f"{seconds:.0f} s of CPU time a seed. The construction's line is the best step that small "
        f"scores can take ({limit:.4f}): shares add up to 1, so softmax heads see inputs from "
        "which the mean of the context is subtracted.",
    )


def likeness_view(config: Softmax, found: Found) -> View:
    """Cosine of the sensitivities of layers and of one step of gradient descent."""
    courses = found.trainings.courses
    figure = lines(
        _by_heads(config, _updates(found, EVERY), lambda n: courses[n].cosine.mean.astype(float)),
        name="softmax_likeness",
        title="Likeness to one step of GD",
        alt="Line chart: the cosine of the sensitivities of softmax layers and one step of "
        "gradient descent over training, for one, two and four heads.",
        x="updates + 1",
        y="cosine of sensitivities",
        log_x=True,
        log_y=False,
        y_range=(-0.1, 1.05),
        mark=float(_updates(found, EVERY)(config.variant)[config.frame]),
    )
    said = _each(config, lambda name: f"{float(courses[name].cosine.mean[:, -1].mean()):.3f}")
    return View(figure=figure, caption=f"1: the same step. At the end: {said}.")


def shift_view(config: Softmax, found: Found) -> View:
    """Losses on inputs wider or narrower than in training, beside gradient descent's there."""
    trainings = found.trainings
    theirs = trainings.algorithms.gd1.shift.mean

    def excess(name: str) -> np.ndarray:
        ours = trainings.courses[name].shift.mean[:, config.frame].astype(float)
        return 100 * (ours / theirs - 1)

    curves = [
        level("gd", 0.0, (float(SCALES[0]), float(SCALES[-1]))),
        *_by_heads(config, lambda name: SCALES, excess, markers=True),
    ]
    figure = lines(
        curves,
        name="softmax_shift",
        title="Wider and narrower inputs",
        alt="Line chart: the loss of one, two and four softmax heads above that of one step of "
        "gradient descent in per cent, against the factor alpha of the inputs.",
        x="inputs times α",
        y="loss above one step of GD, %",
        log_y=False,
    )
    error = float(trainings.courses[config.variant].shift.stderr[:, config.frame].max())
    return View(
        figure=figure,
        caption="Trained at α = 1 alone; gradient descent keeps its step size too. Narrower inputs "
        "have smaller scores, where the exponential is nearly straight. Standard error of a seed's "
        f"loss: at most {short(error, 1)}.",
    )


def ends_view(config: Softmax, found: Found) -> View:
    """Losses at the end by the number of heads, a point a seed."""
    best = found.trainings.loss_of("gd1")
    ends = {n: found.trainings.losses(name)[:, -1] for n, name in config.variants.items()}
    limit = centred_loss(task_of(MAIN))
    return View(
        figure=plots.ends_figure(ends, levels={"gd": best, "construction": limit}),
        caption=f"A point a seed. One best step of gradient descent has {best:.4f}, the best one "
        f"on centred inputs {limit:.4f}.",
    )
