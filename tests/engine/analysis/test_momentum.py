"""The terms of a DIAG step: they add up to it, and each is what it is called."""

import numpy as np
import pytest

from icl_core.analysis.momentum import cosines, step_terms
from icl_core.analysis.statistics import mean_and_error
from icl_core.constructions import gdpp_model, gradient_descent_model
from icl_core.models.linear import information_flow, omegas
from tests.cases import DESCENT, PLUS_PLUS, assert_close, diag_model, some_prompts


def terms_of(model, prompts):
    flow = information_flow(model, prompts.moments)
    return step_terms(np.asarray(omegas(model)), flow, prompts.moments), flow


@pytest.mark.parametrize("heads", [1, 2])
def test_terms_add_up_to_the_step(heads: int) -> None:
    prompts, model = some_prompts(), diag_model(layers=4, heads=heads)
    terms, _ = terms_of(model, prompts)
    path = np.asarray(model.weight_path(prompts))
    assert_close(terms.step, np.diff(path, axis=0))
    for part in terms.parts.values():
        assert np.abs(part).max() > 1e-6 * np.abs(path).max()


def test_gradient_descent_is_all_gradient() -> None:
    """M = I, u = 0, a = 1: -omega_yx = eta / n."""
    prompts = some_prompts()
    terms, flow = terms_of(gradient_descent_model(DESCENT, dim=3, num_context=7), prompts)
    alpha, w = np.asarray(prompts.moments.alpha), np.asarray(flow.w[:-1])
    gap = alpha - np.einsum("nij,lnj->lni", np.asarray(prompts.moments.Sigma), w)
    assert_close(terms.gradient, np.array(DESCENT.etas)[:, None, None] / 7 * gap)
    assert not terms.momentum.any()
    assert not terms.rescaling.any()


def test_gdpp_has_no_momentum() -> None:
    terms, _ = terms_of(gdpp_model(PLUS_PLUS, dim=3, num_context=7), some_prompts())
    assert not terms.momentum.any()
    assert terms.gradient.any()


def test_cosines_know_their_ends() -> None:
    one = np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 0.0]])
    other = np.array([[-2.0, -4.0], [1.0, 0.0], [0.0, 3.0]])
    np.testing.assert_allclose(cosines(one, other), [-1, np.nan, 0], atol=1e-15)


def test_the_mean_leaves_out_what_has_no_direction() -> None:
    values = np.array([[1.0, np.nan, 3.0], [np.nan] * 3])
    mean, error = mean_and_error(values)
    np.testing.assert_allclose(mean, [2, np.nan])
    assert error[0] == pytest.approx(np.std([1, 3], ddof=1) / np.sqrt(2))
