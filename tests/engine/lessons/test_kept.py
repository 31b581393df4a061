"""Views that are built once."""

import numpy as np

from icl_core.lessons.algorithm.config import Algorithm
from icl_core.lessons.shared.memo import KEPT, kept
from icl_core.live import View
from icl_core.plots.drawing import Drawing


def drawn(config: Algorithm, result: object) -> View:
    title = f"{config.sigma:g}, {config.seed}"
    return View(figure=Drawing(name="kept", title=title, alt=title).figure())


def test_a_view_is_built_again_for_its_own_choices_and_results_alone() -> None:
    view, one, other = kept("sigma")(drawn), object(), object()
    first = view(Algorithm(sigma=2.0), one)
    assert first.title == "2, 0"
    assert view(Algorithm(sigma=2.0, seed=5), one) is first
    assert view(Algorithm(sigma=3.0, seed=5), one).title == "3, 0"
    assert view(Algorithm(sigma=2.0), other) is not first


def test_views_that_nobody_asks_for_are_forgotten() -> None:
    view, result = kept("sigma")(drawn), object()
    first = view(Algorithm(), result)
    for sigma in np.linspace(2, 3, KEPT):
        view(Algorithm(sigma=float(sigma)), result)
    assert view(Algorithm(), result) is not first
