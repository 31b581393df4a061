"""Contexts are in the units of training, made from what a forward pass may know, and no more."""

from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from icl_core.data.prepare import FITS, SCALES, SPLITS, Prepared, Splits, longest_context, prepare
from icl_core.data.table import find
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise

TASK = LinearTask(dim=10, num_context=20, noise=UniformNoise(sigma_max=5))
X, Y = find("diabetes").values[:, :-1], find("diabetes").values[:, -1]
DRAWN = Splits.of(len(Y), 0)


def made(scale, fit="context", n=30, dim=10, features=X, target=Y) -> Prepared:
    variance = TASK.target_variance
    options = {"scale": scale, "fit": fit, "dim": dim, "target_variance": variance}
    return prepare(features, target, DRAWN, n, **options)


def test_splits_hold_out_other_rows_and_are_drawn_anew_by_seed():
    assert DRAWN.context.shape == (SPLITS, longest_context(len(Y))) == (100, 200)
    assert DRAWN.held_out.shape == (SPLITS, 110)
    for rows, others in zip(DRAWN.context, DRAWN.held_out, strict=True):
        assert len({*rows, *others}) == len(rows) + len(others)
    np.testing.assert_array_equal(Splits.of(len(Y), 0).context, DRAWN.context)
    assert (Splits.of(len(Y), 1).context != DRAWN.context).any()


@pytest.mark.parametrize("rows", [12, 13, 100, 20_000])
def test_every_table_leaves_rows_for_both(rows):
    drawn = Splits.of(rows, 0)
    assert drawn.context.shape[1] >= 9
    assert 3 <= drawn.held_out.shape[1] <= 200


def test_targets_have_the_mean_square_of_training_and_come_back():
    found = made("standard")
    np.testing.assert_allclose(found.y.mean(1), 0, atol=1e-12)
    np.testing.assert_allclose(np.mean(found.y**2, axis=1), TASK.target_variance)
    np.testing.assert_allclose(found.in_units(found.y), Y[DRAWN.context[:, :30]])


def test_standardised_is_scikit_learns_scaler_of_the_context():
    found = made("standard")
    for split in (0, 7):
        scaler: Any = StandardScaler().fit(X[DRAWN.context[split, :30]])
        np.testing.assert_allclose(found.X[split], scaler.transform(X[DRAWN.context[split, :30]]))
        np.testing.assert_allclose(found.queries[split], scaler.transform(X[DRAWN.held_out[split]]))


@pytest.mark.parametrize("dim", [10, 4])
@pytest.mark.parametrize("fit", FITS)
def test_whitened_is_scikit_learns_pca_up_to_signs(dim, fit):
    """Its variances divide by n - 1."""
    found = made("white", fit=fit, n=50, dim=dim)
    rows = X[DRAWN.context[3, :50]] if fit == "context" else X
    scaler: Any = StandardScaler().fit(rows)
    pca: Any = PCA(dim, whiten=True, svd_solver="full").fit(scaler.transform(rows))
    expected = pca.transform(scaler.transform(X[DRAWN.held_out[3]]))
    expected *= np.sqrt(len(rows) / (len(rows) - 1))
    np.testing.assert_allclose(np.abs(found.queries[3]), np.abs(expected), atol=1e-8)


def test_components_have_variance_one_on_average():
    found = made("standard", n=50, dim=4)
    np.testing.assert_allclose(np.mean(found.X**2, axis=(1, 2)), 1)
    raw = made("raw", n=50, dim=4)
    centred = X[DRAWN.context[0, :50]] - X[DRAWN.context[0, :50]].mean(0)
    largest = np.linalg.eigvalsh(centred.T @ centred)[::-1][:4]
    np.testing.assert_allclose(np.sum(raw.X[0] ** 2, axis=0), largest)


def test_raw_inputs_stand_as_they_are():
    found = made("raw")
    np.testing.assert_array_equal(found.X, X[DRAWN.context[:, :30]])
    np.testing.assert_array_equal(found.queries, X[DRAWN.held_out])


@pytest.mark.parametrize("scale", SCALES)
def test_nothing_of_held_out_rows_is_known(scale):
    """A context is the same whatever its held-out rows hold: one split with others changed."""
    features, target = X.copy(), Y.copy()
    features[DRAWN.held_out[0]], target[DRAWN.held_out[0]] = 1e3, -1e3
    mine, theirs = made(scale), made(scale, features=features, target=target)
    np.testing.assert_array_equal(mine.X[0], theirs.X[0])
    np.testing.assert_array_equal(mine.y[0], theirs.y[0])


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("dim", [10, 3])
def test_what_does_not_vary_in_a_context_stays_finite(scale, dim):
    """Three rows of which some agree in the column of two values, and in their target."""
    target = np.where(np.arange(len(Y)) % 2, 1.0, 1.0 + 1e-14)
    found = made(scale, n=3, dim=dim, target=target)
    for part in (found.X, found.queries, found.y):
        assert np.isfinite(part).all()
    if scale == "white":
        assert np.abs(found.X).max() < 10
