"""Cosines with the square of a coordinate, from tokens and from what theory says."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.algorithms.ridge import OracleRR
from icl_core.analysis.squares import (
    BEST,
    CONTEXTS,
    Squares,
    best_cosine,
    cosine,
    square_cosines,
    square_grams,
)
from tests.cases import assert_close, diag_model

DIM = 10


@pytest.fixture(scope="module")
def found() -> Squares:
    return square_cosines(
        {"oracle_rr": OracleRR(), "gd": GradientDescent(etas=(0.5,)), "diag": diag_model(DIM)}
    )


def test_a_cosine_from_sums_is_that_of_the_tokens() -> None:
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((40, DIM)), rng.standard_normal(DIM)
    z = X[:, 0] ** 2
    e = np.column_stack([np.ones(40), X, z])
    answers = X @ w
    plain = answers @ z / np.linalg.norm(answers) / np.linalg.norm(z)
    assert_close(cosine(e.T @ e, w, centred=False), plain)
    assert_close(cosine(e.T @ e, w, centred=True), np.corrcoef(answers, z)[0, 1])


@pytest.mark.parametrize("centred", [False, True])
def test_the_best_linear_function_falls_as_theory_says(centred: bool) -> None:
    """E cos^2 = (d + 4) / n, whether means are taken out or not."""
    squared = best_cosine(square_grams(DIM)[-1], centred=centred) ** 2
    stderr = squared.std(ddof=1) / np.sqrt(len(squared))
    assert abs(squared.mean() - (DIM + 4) / CONTEXTS[-1]) < 5 * stderr


def test_the_best_cosine_is_that_of_a_fit_to_tokens() -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((50, DIM))
    z = X[:, 0] ** 2
    e = np.column_stack([np.ones(50), X, z])
    for centred, columns in ((False, X), (True, np.column_stack([np.ones(50), X]))):
        fit = columns @ np.linalg.lstsq(columns, z)[0]
        expected = np.corrcoef(fit, z)[0, 1] if centred else np.sqrt(fit @ z / (z @ z))
        assert_close(best_cosine(e.T @ e, centred=centred), expected)


@pytest.mark.parametrize("centred", [False, True])
def test_no_weights_have_a_larger_cosine(centred: bool) -> None:
    gram = square_grams(DIM)[2]
    best = best_cosine(gram, centred=centred)
    for w in np.random.default_rng(2).standard_normal((20, len(gram), DIM)):
        assert (np.abs(cosine(gram, w, centred=centred)) <= best).all()


def test_no_model_is_above_the_best(found: Squares) -> None:
    for own in (found.plain, found.centred):
        for method in ("gd", "diag"):
            assert (own[method][0] <= own[BEST][0] + 1e-12).all()
    # Without noise, ridge regression that is told so is the best.
    assert_close(found.plain["oracle_rr"][0], found.plain[BEST][0])


def test_long_prompts_are_below_the_bound_of_the_theorem(found: Squares) -> None:
    for mean, stderr in (*found.plain.values(), *found.centred.values()):
        assert (mean + 5 * stderr)[-2:].max() < 0.1


def test_a_quadratic_feature_has_cosine_one() -> None:
    """The square as one more coordinate: least squares answers it exactly."""
    gram = square_grams(DIM)[3]
    w = np.linalg.solve(gram[:, 1:, 1:], gram[:, 1:, -1:])[..., 0]
    assert_close(w, np.broadcast_to(np.eye(DIM + 1)[-1], w.shape), 1e-8)
