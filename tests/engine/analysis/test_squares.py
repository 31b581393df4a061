"""Cosines with the square of a coordinate, from tokens and from what theory says."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.algorithms.ridge import OracleRR
from icl_core.analysis.squares import CONTEXTS, Squares, cosine, square_cosines, square_grams
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
    """E cos^2 = (d + 4) / n for least squares, whether means are taken out or not."""
    gram = square_grams(DIM)[-1]
    w = np.linalg.solve(gram[:, 1:-1, 1:-1], gram[:, 1:-1, -1:])[..., 0]
    squared = cosine(gram, w, centred=centred) ** 2
    stderr = squared.std(ddof=1) / np.sqrt(len(squared))
    assert abs(squared.mean() - (DIM + 4) / CONTEXTS[-1]) < 5 * stderr


def test_least_squares_bounds_every_model(found: Squares) -> None:
    for method in ("gd", "diag"):
        assert (found.plain[method][0] <= found.plain["oracle_rr"][0] + 1e-12).all()


def test_it_is_the_cosine_of_least_squares(found: Squares) -> None:
    grams = square_grams(DIM)
    w = np.linalg.solve(grams[..., 1:-1, 1:-1], grams[..., 1:-1, -1:])[..., 0]
    assert_close(found.plain["oracle_rr"][0], cosine(grams, w, centred=False).mean(-1))
    assert_close(found.centred["oracle_rr"][0], cosine(grams, w, centred=True).mean(-1))


def test_long_prompts_are_below_the_bound_of_the_theorem(found: Squares) -> None:
    for mean, stderr in (*found.plain.values(), *found.centred.values()):
        assert (mean + 5 * stderr)[-2:].max() < 0.1


def test_a_quadratic_feature_has_cosine_one() -> None:
    """The square as one more coordinate: least squares answers it exactly."""
    gram = square_grams(DIM)[3]
    w = np.linalg.solve(gram[:, 1:, 1:], gram[:, 1:, -1:])[..., 0]
    assert_close(w, np.broadcast_to(np.eye(DIM + 1)[-1], w.shape), 1e-8)
