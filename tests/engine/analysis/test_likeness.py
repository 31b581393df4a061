"""The three measures of likeness, on weights where they are known."""

import numpy as np

from icl_core.analysis.likeness import draw_queries, likeness
from icl_core.tasks.inputs import UniformInputs
from tests.cases import assert_close

RNG = np.random.default_rng(0)


def test_measures_of_known_weights() -> None:
    a = np.array([[3.0, 0.0], [0.0, 2.0]])
    b = np.array([[3.0, 0.0], [2.0, 0.0]])
    found = likeness(a[None], b, np.array([[5.0, 5.0], [1.0, 3.0]]))
    assert_close(found.cosine, [0.5], 1e-7)
    assert_close(found.prediction_gap, [2.0])
    assert_close(found.sensitivity_gap, [np.sqrt(2)])
    assert_close(found.prediction_stderr, [2.0])


def test_an_untrained_model_has_no_direction() -> None:
    found = likeness(np.zeros((3, 2)), RNG.standard_normal((3, 2)), np.ones((3, 2)))
    assert found.cosine == 0


def test_queries_come_from_the_law() -> None:
    x = draw_queries(UniformInputs(width=2.0), 0, (500, 3))
    assert x.shape == (500, 3)
    assert 0.9 < abs(x).max() <= 1
