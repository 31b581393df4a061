"""One trained layer applied again and again, and the prompts on which that diverges."""

import numpy as np

from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.rollout import unstable_share
from icl_core.experiments.one_layer.settings import DAMPINGS, STEPS
from icl_core.experiments.shared import MAIN, task_of
from icl_core.lessons.one_layer import figures as plots
from icl_core.lessons.one_layer.config import TRAINED, OneLayer
from icl_core.lessons.one_layer.measure import Runs
from icl_core.live import Grid, Slider, View
from icl_core.live.moving import curve_grid, quantities
from icl_core.plots import Curve
from icl_core.plots.lines import lines


def at_damping(runs: Runs, name: str, damping: float) -> np.ndarray:
    """Mean, stderr, median, 10 and 90 % quantile by step, [5, STEPS+1], averaged over seeds.

    Between two measured dampings, linear in the logarithm.
    """
    rolled = runs.shifts.roll_outs
    spread = {"trained": rolled.trained, "whole": rolled.whole, "gd": rolled.gd}[name]
    values = (spread.mean, spread.stderr, spread.median, spread.low, spread.high)
    table = np.minimum(np.stack(values, axis=-2), 1e30)
    if name != "gd":
        table = table.mean(0)
    logs = np.log(np.maximum(table, 1e-30)).reshape(len(DAMPINGS), -1)
    place = np.array([np.interp(damping, DAMPINGS, column) for column in logs.T])
    return np.exp(place).reshape(table.shape[1:])


def rollout_curves(runs: Runs, damping: float) -> list[Curve]:
    """Means and medians over prompts, by step."""
    x, curves = np.arange(STEPS + 1), []
    for method, name, label in (("gd", "gd", "GD"), ("full", "trained", TRAINED)):
        mean, _, median, low, high = at_damping(runs, name, damping)
        curves.append(Curve(method=method, label=f"{label}, mean", uid=f"{name} mean", x=x, y=mean))
        named = {"label": f"{label}, median", "uid": f"{name} median"}
        band = {"low": low, "high": high, "band": "10–90 % of prompts,"}
        band = band if name == "trained" else {}
        curves.append(Curve(method=method, x=x, y=median, width=1.25, **named, **band))
    return curves


def rollout_view(config: OneLayer, runs: Runs) -> View:
    """The layer applied fifty times, for every damping."""
    figure = lines(
        rollout_curves(runs, config.damping),
        name="one_layer_rollout",
        title=f"Fifty times the same layer, damped by {config.damping:.3g}",
        alt="Line chart, logarithmic: mean and median loss over 50 applications of the layer and "
        "as many steps of gradient descent with the same damping.",
        x="applications of the layer",
        y_range=(0.005, 5.0),
    )
    grid = curve_grid({"damping": DAMPINGS}, lambda i: rollout_curves(runs, float(DAMPINGS[i[0]])))
    return View(
        figure=figure,
        title="The layer applied again and again",
        controls=[_damping(config)],
        grid=grid,
        caption=rollout_caption(config, runs),
    )


def _damping(config: OneLayer) -> Slider:
    low, high = float(DAMPINGS[0]), float(DAMPINGS[-1])
    return Slider("damping", "Damping", low, high, step=0.05, value=config.damping)


def rollout_caption(config: OneLayer, runs: Runs) -> str:
    """Why the mean may explode: the share of prompts beyond the limit of stability."""
    step = one_layer_step(task_of(MAIN)) / MAIN * config.damping
    values = runs.shifts.largest_eigenvalues
    share = unstable_share(values, step)
    mean, _, median, *_ = at_damping(runs, "trained", config.damping)[:, -1]
    said = f"{mean:.3g}" if mean < 1e4 else "far beyond the chart"
    whole = at_damping(runs, "whole", config.damping)[2, -1]
    return (
        f"After {STEPS} applications the median is {median:.3g}, the mean {said}. Descent "
        f"diverges on a prompt whose largest eigenvalue exceeds 2n/(damping·η) = {2 / step:.3g}: "
        f"{round(share * len(values)):,} of {len(values):,} prompts, and they decide the mean. "
        "Left out is the column of $W_K^\\top W_Q$ that reads a token's y: a query's y is 0, so "
        f"training never touches it; with it the median is {whole:.3g}."
    )


def limits_view(config: OneLayer, runs: Runs) -> View:
    """How many prompts lie beyond the limit of stability, for every damping."""
    step = one_layer_step(task_of(MAIN)) / MAIN
    values = np.asarray(runs.shifts.largest_eigenvalues, float)
    figure = plots.limits_figure(
        values, [("limit", "gd", 2 / (step * config.damping))], title="Who diverges"
    )
    nodes = np.linspace(DAMPINGS[0], DAMPINGS[-1], 51)
    places = np.repeat(2 / (step * nodes)[:, None], 2, axis=1)
    grid = Grid(axes={"damping": nodes}, quantities=quantities({("limit", "x"): places}))
    return View(figure=figure, controls=[_damping(config)], grid=grid)
