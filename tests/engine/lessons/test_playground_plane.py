"""Two inputs: ellipses, paths and what GD++ sees, against their definitions."""

from typing import Any

import numpy as np
import pytest

from icl_core.lessons import playground as lesson
from icl_core.lessons.playground.config import STEPS, Playground
from icl_core.lessons.playground.plane import LEVELS, TARGET, plane_of
from icl_core.lessons.playground.plane_view import plane_view
from tests.cases import assert_close

CONFIGS = {
    "as it opens": Playground(dim=2),
    "zigzag": Playground(dim=2, eta=1.8, gamma=0.1, step=STEPS),
    "two inputs": Playground(dim=2, inputs="-1 0.5; 2 1", step=1),
    "no step": Playground(dim=2, step=0),
}
EVERY = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)


@EVERY
def test_descents_follow_their_definitions(config: Playground) -> None:
    X = np.array(config.plane)
    seen, w, plain = X, np.zeros(2), np.zeros(2)
    largest = np.linalg.eigvalsh(X.T @ X)[1]
    found = plane_of(config)
    for step in range(config.step + 1):
        assert_close(found.paths["gdpp_tuned"][step], w)
        assert_close(found.paths["gd"][step], plain)
        if step == config.step:
            break
        now = np.linalg.eigvalsh(seen.T @ seen)[1]
        M = np.linalg.lstsq(X, seen, rcond=None)[0]
        w = w + config.eta / now * M @ M.T @ X.T @ (X @ (TARGET - w))
        seen = seen - config.gamma / now * seen @ seen.T @ seen
        plain = plain + config.eta / largest * X.T @ (X @ (TARGET - plain))
    assert_close(found.seen, seen)
    values = np.linalg.eigvalsh(seen.T @ seen)
    assert found.now == pytest.approx(values[1] / values[0])


@EVERY
def test_contours_are_of_equal_loss_and_ellipses_of_one_deviation(config: Playground) -> None:
    X, found = np.array(config.plane), plane_of(config)
    loss = ((X @ (found.contours - TARGET).reshape(-1, 2).T) ** 2).sum(0)
    start = ((X @ TARGET) ** 2).sum()
    assert_close(loss.reshape(len(LEVELS), -1).T, np.tile(np.array(LEVELS) * start, (49, 1)))
    for ellipse, inputs in ((found.first, X), (found.spread, found.seen)):
        inverse = np.linalg.inv(inputs.T @ inputs / len(X))
        assert_close(np.einsum("ni,ij,nj->n", ellipse, inverse, ellipse), np.ones(49))
    gap = X @ (found.paths["gd"][-1] - TARGET)
    assert found.left["gd"] == pytest.approx(100 * gap @ gap / start)


def test_the_ellipse_becomes_a_circle_and_descent_faster() -> None:
    found = plane_of(Playground(dim=2))
    assert found.before > 15 > 1.5 > found.now
    assert found.left["gdpp_tuned"] < found.left["gd"] / 10


@pytest.mark.parametrize("inputs", ["0 0", "1 1; 2 2", "0.001 0; 0 0.001"])
def test_inputs_that_lie_on_a_line_or_at_one_place_are_drawn(inputs: str) -> None:
    config = Playground(dim=2, inputs=inputs)
    view = plane_view(config, lesson.measure(config))
    data: Any = view.figure.data
    assert all(np.isfinite(np.array(trace.x, float)).any() for trace in data)
    assert view.plain()
