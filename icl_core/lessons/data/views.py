"""What the lesson shows of choices and results."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from icl_core.lessons.data import figures as plots
from icl_core.lessons.data import words
from icl_core.lessons.data.beside import distribution_view
from icl_core.lessons.data.config import SCALES, Data
from icl_core.lessons.data.measure import Found
from icl_core.lessons.data.scores import Scores
from icl_core.lessons.shared.curves import banded
from icl_core.lessons.shared.losses import BESIDE
from icl_core.live import View
from icl_core.plots import DECORATION, METHODS, Curve, Drawing, translucent
from icl_core.plots.ticks import log_ticks

QUANTILES = "10–90 % of splits"


def _named(config: Data, found: Found) -> dict[str, str]:
    """Methods in the order of rows, by the names that readers see."""
    models = {config.parametrization: words.model_words(config)}
    if found.beside:
        models[BESIDE] = found.beside
    return models | {name: METHODS[name].label for name in plots.SHOWN}


def _target(config: Data, found: Found) -> str:
    return found.table.names[config.target - 1]


def errors_view(config: Data, found: Found) -> View:
    """Errors of all methods over random splits."""
    figure = plots.errors_figure(
        found.scores,
        _named(config, found),
        title=f"Error on held-out rows, n = {config.rows}",
        x=f"error (RMSE) of {_target(config, found)}",
    )
    return View(figure=figure, caption=words.errors_caption(config, found))


def scales_view(config: Data, found: Found) -> View:
    """Errors where inputs are raw, standardised and whitened."""
    figure = plots.scales_figure(
        {SCALES[scale]: scores for scale, scores in found.by_scale.items()},
        _named(config, found),
        title="By the scale of the inputs",
        y=f"error (RMSE) of {_target(config, found)}",
    )
    return View(figure=figure, caption=words.scales_caption(config, found))


def _curve(method: str, label: str, by_rows: Mapping[int, Scores], top: float) -> Curve:
    middles = [scores.middle[method] for scores in by_rows.values()]
    bands = np.minimum([(m.median, m.low, m.high) for m in middles], top).T
    return banded(method, np.array(list(by_rows)), bands, QUANTILES, label=label, markers=True)


def rows_view(config: Data, found: Found) -> View:
    """Errors by the number of context rows."""
    drawing = Drawing(
        name="data_rows",
        title="More context rows",
        x="context rows n",
        y=f"error (RMSE) of {_target(config, found)}",
        alt="Line chart: the error on held-out rows of every method by the number of context rows, "
        "with bands over splits; the number that the model was trained on is shaded.",
    )
    low, top = plots.reach(list(found.by_rows.values()))
    named = _named(config, found)
    # Far beyond the axis, so that a line which leaves it does so steeply.
    drawing.curves(
        _curve(method, label, found.by_rows, 1e6 * top) for method, label in reversed(named.items())
    )
    for trace in drawing.traces:
        label = named.get(trace["uid"], "")
        rows = [
            plots.table_row(label, scores.middle[trace["uid"]], **{"context rows n": n})
            for n, scores in found.by_rows.items()
            if label  # The edges of bands stand in the same rows.
        ]
        trace["meta"] = {"rows": rows} if rows else DECORATION
    trained, grey = found.task.num_context, METHODS["bayes_rr"].color
    ends = {"x0": trained / 1.05, "x1": trained * 1.05, "y0": 0, "y1": 1, "yref": "y domain"}
    looks = {"xref": "x", "layer": "below", "line": {"width": 0}}
    drawing.shape(type="rect", fillcolor=translucent(grey, 0.2), **ends, **looks)
    drawing.mark_x(config.rows)
    sizes = list(found.by_rows)
    first, last = sizes[0] / 1.08, sizes[-1] * 1.08
    drawing.log_axis("x", (first, last), log_ticks(first, last), showgrid=False)
    drawing.axis("x", range=[math.log10(first), math.log10(last)])
    drawing.axis("y", range=[low - 0.02 * (top - low), top])
    return View(figure=drawing.figure(), caption=words.rows_caption(config, found))


def predictions_view(config: Data, found: Found) -> View:
    """One split, row by row."""
    index = config.split - 1
    named, shown = _named(config, found), (*found.questions, "ridge_cv")
    figure = plots.predictions_figure(
        found.predicted.truth[index],
        {name: found.predicted.by_method[name][index] for name in shown},
        {name: named[name] for name in shown},
        of=_target(config, found),
    )
    return View(figure=figure, caption=words.predictions_caption(config, found))


VIEWS: Mapping[str, Callable[[Data, Found], View]] = {
    "errors": errors_view,
    "scales": scales_view,
    "rows": rows_view,
    "predictions": predictions_view,
    "distribution": distribution_view,
}
"""What the lesson shows, by name."""
