"""Heads on one prompt, their scores and weights, and the limit of small scores."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from icl_core.analysis.softmax import weighed_scores
from icl_core.constructions.softmax import centred_step
from icl_core.experiments.shared import MAIN, task_of
from icl_core.lessons.shared.words import short
from icl_core.lessons.softmax import figures as plots
from icl_core.lessons.softmax.config import FRAMES, TEMPERATURES, Softmax
from icl_core.lessons.softmax.courses import ends_view, likeness_view, shift_view, training_view
from icl_core.lessons.softmax.measure import (
    QUERIES,
    SCALES,
    Found,
    layer_at,
    one_step,
    parts,
    prompt,
)
from icl_core.live import READOUT, Grid, Readout, Slider, View
from icl_core.live.moving import (
    Index,
    Values,
    grid_at,
    matrix_values,
    updates_player,
)
from icl_core.plots import heatmaps as heat
from icl_core.plots.curves import Curve, level

KQ = "η W<sub>K</sub><sup>T</sup>W<sub>Q</sub>"
SAMPLED = 20
"""Queries whose scores are drawn as points."""


def _temperature(config: Softmax) -> Slider:
    return Slider(
        "temperature",
        "Temperature",
        float(TEMPERATURES[0]),
        float(TEMPERATURES[-1]),
        step=float(np.log10(TEMPERATURES[1] / TEMPERATURES[0])),
        value=config.temperature,
        scale="log",
    )


def _over_temperature(values_at: Callable[[float], Values]) -> Grid:
    return grid_at(
        {"temperature": TEMPERATURES}, lambda index: values_at(float(TEMPERATURES[index]))
    )


def heads_view(config: Softmax, found: Found) -> View:
    """What every head answers on one prompt, and all together, beside one step of GD."""
    layer, drawn = layer_at(found, config, config.frame), prompt(config.prompt)
    step = one_step(drawn)

    def answers(temperature: float) -> dict[str, np.ndarray]:
        heads = parts(layer, drawn, temperature).answers[:, 0]
        named = {f"head{h + 1}": values for h, values in enumerate(heads)}
        return (named if len(heads) > 1 else {}) | {"sum": heads.sum(0)}

    def values_at(temperature: float) -> Values:
        said = answers(temperature)
        moving: dict[tuple[str, str], np.ndarray] = {(uid, "y"): y for uid, y in said.items()}
        return moving | {(READOUT, "gap"): np.abs(said["sum"] - step).mean()}

    shown, now = answers(config.temperature), parts(layer, drawn, config.temperature)
    grid = _over_temperature(values_at)
    reach = max(float(np.abs(y).max()) for y in answers(1.0).values())
    offsets = ", ".join(f"{value:+.2f}" for value in now.offset[:, 0, 0])
    constant = float(now.offset[:, 0, 0].sum())
    together = f", which add up to {constant:+.2f}" if config.heads > 1 else ""
    return View(
        figure=plots.heads_figure(step, shown, reach=1.15 * max(reach, float(np.abs(step).max()))),
        title="What the heads answer on one prompt",
        caption="A softmax head weighs the examples by shares that are positive and add up to 1. "
        f"One prompt, {QUERIES} queries. Whatever the query, each head adds a "
        f"constant, the mean of its values: {offsets}{together}. Points on the line answer as one "
        "best step of gradient descent does.",
        controls=[_temperature(config)],
        grid=grid,
        readouts=[
            Readout(
                name="gap",
                label="mean distance from GD",
                value=float(np.abs(shown["sum"] - step).mean()),
            )
        ],
    )


def linearisation_view(config: Softmax, found: Found) -> View:
    """The shares that softmax gives beside what is linear in the scores."""
    layer, drawn = layer_at(found, config, config.frame), prompt(config.prompt)

    def points(temperature: float) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        now = parts(layer, drawn, temperature)
        scores = now.scores - now.scores.mean(-1, keepdims=True)
        for head in range(config.heads):
            yield (
                f"head{head + 1}",
                scores[head, 0, :SAMPLED].ravel(),
                MAIN * now.shares[head, 0, :SAMPLED].ravel(),
            )

    def values_at(temperature: float) -> Values:
        found = points(temperature)
        return {(uid, axis): v for uid, x, y in found for axis, v in (("x", x), ("y", y))}

    rest, linear = (
        np.sqrt(np.mean(getattr(parts(layer, drawn, config.temperature), part).sum(0) ** 2))
        for part in ("rest", "linear")
    )
    return View(
        figure=plots.linearisation_figure(list(points(config.temperature))),
        title="The exponential on the scores that occur",
        caption=f"A point: how much of its attention one query gives to one example, times n = "
        f"{MAIN}. On the straight line attention would be linear. What is not linear in the scores "
        f"makes {100 * rest / linear:.0f} % of the answer here (root mean square over queries).",
        controls=[_temperature(config)],
        grid=_over_temperature(values_at),
    )


def _panels(found: Found, config: Softmax, frame: int) -> list[list[heat.Panel]]:
    """eta_h W_K^T W_Q of the heads, and their sum; three in a row."""
    heads = weighed_scores(layer_at(found, config, frame))
    named = [(f"head{h + 1}", f"head {h + 1}", matrix) for h, matrix in enumerate(heads)]
    if len(heads) > 1:
        named.append(("sum", "their sum", heads.sum(0)))
    every = [
        heat.Panel(uid=uid, title=title, matrix=matrix, scale=KQ) for uid, title, matrix in named
    ]
    return [every[at : at + 3] for at in range(0, len(every), 3)]


def weights_view(config: Softmax, found: Found) -> View:
    """What heads compare, weighed by what they write, over training."""
    movie = found.trainings.movies[config.variant][config.seed]
    x = movie.steps + 1.0
    best = level("gd", found.trainings.loss_of("gd1"), (1.0, float(x[-1])))
    figure = heat.heatmaps(
        _panels(found, config, config.frame),
        title=f"{KQ} after {int(movie.steps[config.frame]):,} updates",
        name="softmax_weights",
        limits=heat.limits_of(_panels(found, config, -1), 1.05),
        run=heat.Run(
            steps=movie.steps,
            loss=movie.loss.astype(float),
            floor=0.0,
            method=f"softmax{config.heads}",
            now=config.frame,
            axis="loss",
            level=best,
        ),
    )

    together = (
        " Heads whose constants cancel have η of opposite signs, and what they share off the "
        "diagonal cancels too."
    ) * (config.heads > 1)

    def values_at(index: Index) -> Values:
        now = {("now", "x"): x[[*index]], ("now", "y"): movie.loss[[*index]].astype(float)}
        return matrix_values(_panels(found, config, *index)) | now

    return View(
        figure=figure,
        title="What the heads compare, over training",
        caption="$\\eta\\, W_K^\\top W_Q$ of each head; η, the last diagonal entry of its $P W_V$, "
        f"says how strongly it writes what it finds.{together}",
        controls=[updates_player(movie.steps, config.frame)],
        grid=grid_at({"frame": range(FRAMES)}, values_at, exact=True),
    )


def limit_view(config: Softmax, found: Found) -> View:
    """How far constructed heads are from a step, by the scale of their scores."""
    curves = [
        *(
            Curve(method=f"softmax{heads}", x=SCALES, y=np.maximum(gaps, 1e-17))
            for heads, gaps in found.to_centred.items()
        ),
        Curve(
            method="gd",
            label="two heads, from the step on inputs as they are",
            x=SCALES,
            y=found.to_descent,
            width=1.5,
        ),
    ]
    figure = plots.limit_figure(curves)
    two, four = (float(found.to_centred[heads].min()) for heads in (2, 4))
    return View(
        figure=figure,
        caption=f"Two heads with scores of opposite sign tend to a step (η = "
        f"{centred_step(task_of(MAIN)):.2f}) on centred inputs: the distance falls with the square "
        f"of the scale down to {short(two, 1)}, with four heads with its fourth power, down to "
        f"{short(four, 1)}; below, rounding grows. A single head's constant grows without bound.",
    )


VIEWS: Mapping[str, Callable[[Softmax, Found], View]] = {
    "heads": heads_view,
    "training": training_view,
    "weights": weights_view,
    "linearisation": linearisation_view,
    "ends": ends_view,
    "likeness": likeness_view,
    "shift": shift_view,
    "limit": limit_view,
}
"""What the lesson shows, by name."""
