"""Gaps between predictions, against sampled queries and a bootstrap."""

import numpy as np
import pytest

from icl_core.analysis.matching import Gaps, prediction_gaps


def test_a_gap_is_that_of_predictions_for_sampled_queries() -> None:
    rng = np.random.default_rng(0)
    rows, columns = rng.standard_normal((2, 3, 400, 4))
    queries = rng.standard_normal((400, 5000, 4))
    found = prediction_gaps(rows, columns)
    one, other = (np.einsum("nqd,nd->nq", queries, w) for w in (rows[1], columns[2]))
    sampled = np.sqrt(((one - other) ** 2).mean() / (one**2).mean())
    assert found.gap[1, 2] == pytest.approx(sampled, rel=5e-3)


def test_the_error_is_that_of_the_bootstrap() -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((1, 500, 3))
    columns = rows + 0.3 * rng.standard_normal((1, 500, 3)) * rng.exponential(1, (1, 500, 1))
    draws = [
        prediction_gaps(rows[:, pick], columns[:, pick]).gap[0, 0]
        for pick in rng.integers(0, 500, (400, 500))
    ]
    assert prediction_gaps(rows, columns).error[0, 0] == pytest.approx(np.std(draws), rel=0.15)


def test_the_same_weights_have_no_gap() -> None:
    rows = np.random.default_rng(2).standard_normal((2, 10, 3))
    found = prediction_gaps(rows, rows)
    assert found.gap.diagonal().tolist() == [0, 0]
    assert found.error.diagonal().tolist() == [0, 0]
    assert found.best().tolist() == [0, 1]


def test_the_nearest_is_the_first_of_those_that_are_as_near() -> None:
    gap = np.array([[0.9, 0.301, 0.300, 0.302], [np.nan, np.inf, 0.5, 0.2]])
    assert Gaps(gap=gap, error=np.full((2, 4), 0.01)).best().tolist() == [1, 3]
