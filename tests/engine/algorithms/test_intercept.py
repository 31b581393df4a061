"""Least squares and the cross-validated ridge are scikit-learn's, for many contexts at once."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, RidgeCV

from icl_core.algorithms.intercept import OLS, STRENGTHS, LeaveOneOutRidge
from icl_core.tasks.base import Context


def drawn(n: int, dim: int = 4) -> tuple[Context, np.ndarray]:
    rng = np.random.default_rng(n)
    X = rng.normal(size=(6, n, dim)) * [1, 2, 5, 0.1] + 3
    y = X @ [1, -1, 0.5, 2] + 7 + rng.normal(size=(6, n)) * np.arange(6)[:, None]
    return Context(X=X, y=y), rng.normal(size=(6, 5, dim))


@pytest.mark.parametrize("n", [3, 4, 5, 12, 80])
def test_the_strength_is_ridge_cvs_and_so_are_the_answers(n):
    context, queries = drawn(n)
    method = LeaveOneOutRidge()
    answers, chosen = method.answers(context, queries), method.chosen(context)
    for split in range(6):
        known = RidgeCV(alphas=STRENGTHS).fit(context.X[split], context.y[split])
        assert chosen[split] == pytest.approx(known.alpha_)
        np.testing.assert_allclose(answers[-1, split], known.predict(queries[split]), rtol=1e-6)
        np.testing.assert_allclose(answers[0, split], context.y[split].mean())


@pytest.mark.parametrize("n", [3, 6, 40])
def test_least_squares_is_scikit_learns(n):
    """Of least norm where it is not unique, as theirs."""
    context, queries = drawn(n)
    answers = OLS.answers(context, queries)[-1]
    for split in range(6):
        known = LinearRegression().fit(context.X[split], context.y[split])
        np.testing.assert_allclose(answers[split], known.predict(queries[split]), rtol=1e-6)
