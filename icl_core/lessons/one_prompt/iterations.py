"""AdaRR by gradient descent beside the layers of trained models, over prompts of a task.

Losses are adjusted, half MSE.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from icl_core.algorithms.iterative import IterativeAdaRR
from icl_core.algorithms.ridge import AdaRR
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.analysis.spectrum import hessian_spectrum
from icl_core.lessons.one_prompt import figures as plots
from icl_core.lessons.shared import losses as tables
from icl_core.lessons.shared.curves import Means, banded, depth_curves
from icl_core.lessons.shared.losses import Losses
from icl_core.lessons.shared.words import counted, plus_minus
from icl_core.live import View
from icl_core.plots import METHODS, Curve, level
from icl_core.plots.losses import TOP
from icl_core.plots.ticks import limit_of
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import from_shipped

ITERATIONS = 256
AVERAGED = 2048
"""Prompts behind the mean loss of iterations."""
CLOSE = 1.05
"""Iterations have arrived where their mean loss is within this factor of AdaRR's."""
PAPER_ITERATIONS = "about 100"
"""Paper 2, section 5."""
NOTHING = 1e-12
"""Losses below this are rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Iterations:
    """Mean loss over the noise law after 0..ITERATIONS iterations of AdaRR by gradient descent:
    `best` with each prompt's best steps, `common` with one step for all prompts; beside `shipped`,
    all trained models and AdaRR itself."""

    best: LossSummary | None
    common: LossSummary | None
    ada: LossSummary | None
    shipped: Losses


@lru_cache(maxsize=16)
def common_step(task: LinearTask) -> float:
    """eta of the longest step that AVERAGED prompts of a task all bear: n / their largest
    eigenvalue."""
    return task.num_context / hessian_spectrum(task, prompts=AVERAGED).highest


@from_shipped(16)
def iterations_of(name: str) -> Iterations:
    """How fast AdaRR by gradient descent is on a task."""
    shipped = tables.measure(name)
    task = shipped.task
    if task.num_context <= task.dim:
        return Iterations(best=None, common=None, ada=None, shipped=shipped)
    found = evaluate(
        {
            "best": IterativeAdaRR(steps=ITERATIONS),
            "common": IterativeAdaRR(steps=ITERATIONS, eta=common_step(task)),
            "ada": AdaRR(),
        },
        task,
        prompts=AVERAGED,
    )
    return Iterations(**found, shipped=shipped)


def arrival(iterations: Iterations, which: str, target: float) -> int | None:
    """The first iteration whose mean loss is at most `target`, if any is."""
    summary: LossSummary | None = getattr(iterations, which)
    if summary is None:
        return None
    reached = np.flatnonzero(summary.mean <= target)
    return int(reached[0]) if reached.size else None


def iteration_curves(iterations: Iterations) -> list[Curve]:
    """Mean losses by depth of the trained models, and by iteration of AdaRR."""
    shipped = iterations.shipped
    found = depth_curves(Means(), shipped)
    ends = (0.9, ITERATIONS * 1.1)
    found.append(level("bayes_rr", float(shipped.over_noise["bayes_rr"].mean[-1]), ends))
    if iterations.best is None or iterations.common is None or iterations.ada is None:
        return found
    found.append(level("ada_rr", iterations.ada.final, ends))
    x = np.arange(1, ITERATIONS + 1)
    for summary, uid, label, width in (
        (iterations.best, "iterative_rr", "AdaRR by GD", 2.25),
        (iterations.common, "iterative_rr:common", "AdaRR by GD, one step size", 1.25),
    ):
        y, error = summary.mean[1:], 2 * summary.stderr[1:]
        bands, named = (y, np.maximum(y - error, 0), y + error), {"uid": uid, "label": label}
        found.append(banded("iterative_rr", x, bands, width=width, **named))
    return found


def iterations_view(layers: int, iterations: Iterations) -> View:
    """How many iterations a layer is worth, over prompts of the task."""
    curves = iteration_curves(iterations)
    floor = float(iterations.shipped.over_noise["bayes_rr"].mean[-1])
    top = min(limit_of(curve.y for curve in curves), TOP)
    low = max(floor, top * 1e-5) / 2
    figure = plots.loss_by_iteration(
        curves,
        name="loss_by_iteration",
        title="How many iterations is a layer worth?",
        y_range=(low, top * 1.5),
    )
    return View(figure=figure, caption=iterations_said(iterations, layers))


def iterations_said(iterations: Iterations, layers: int) -> str:
    """How many iterations AdaRR itself takes, and the models of the chosen depth, in words."""
    if iterations.ada is None:
        return "AdaRR needs more examples than dimensions."
    ada, error = iterations.ada.final, float(iterations.ada.stderr[-1])
    if ada < NOTHING:
        return "Without noise AdaRR is least squares, and exact: it is approached for ever."
    best, common = (arrival(iterations, name, CLOSE * ada) for name in ("best", "common"))
    said = (
        f"Over {AVERAGED:,} prompts, AdaRR by gradient descent comes within "
        f"{100 * (CLOSE - 1):.0f} % of AdaRR's mean loss ({ada:.3g} ± {error:.1g}) after "
        f"{_times(best)} if every prompt gets its own best steps, and after {_times(common)} with "
        f"one step size for all (thin); the paper counts {PAPER_ITERATIONS} until it matches AdaRR."
    )
    reached = []
    for kind in iterations.shipped.kinds(("diag", "full")):
        if (kind, layers) in iterations.shipped.over_noise:
            loss = iterations.shipped.over_noise[kind, layers]
            found = arrival(iterations, "best", loss.final)
            takes = "is below AdaRR itself" if loss.final < ada else f"takes {_times(found)}"
            value = plus_minus(loss.final, float(loss.stderr[-1]))
            reached.append(f"the {value} of {METHODS[kind].label} {takes}")
    if not reached:
        return said
    return f"{said} With {counted(layers, 'layer')}, {' and '.join(reached)}."


def _times(count: int | None) -> str:
    if count is None:
        return f"more than {ITERATIONS} iterations"
    return counted(count, "iteration")
