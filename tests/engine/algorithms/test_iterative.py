"""AdaRR by gradient descent is AdaRR in the end, and says what it says on the way."""

import numpy as np
import pytest

from icl_core.algorithms.iterative import IterativeAdaRR
from icl_core.algorithms.ridge import AdaRR
from icl_core.errors import InputError
from tests.cases import assert_close, some_prompts


@pytest.mark.parametrize("eta", [None, 0.4])
def test_it_arrives_at_adarr(eta):
    prompts = some_prompts()
    path = IterativeAdaRR(steps=1000, eta=eta).weight_path(prompts)
    assert_close(path[-1], AdaRR().weight_path(prompts)[-1], tolerance=1e-8)


@pytest.mark.parametrize("eta", [None, 0.4])
def test_every_iteration_is_the_step_it_claims_to_be(eta):
    """Written out with matrices, where the method works on eigenvalues."""
    prompts = some_prompts()
    path = np.asarray(IterativeAdaRR(steps=3, eta=eta).weight_path(prompts))
    for row in range(path.shape[1]):
        Sigma, alpha = (
            np.asarray(prompts.moments.Sigma[row]),
            np.asarray(prompts.moments.alpha[row]),
        )
        ends = np.linalg.eigvalsh(Sigma)[[0, -1]]
        h = 2 / ends.sum() if eta is None else eta / 7
        v, w = np.zeros(3), np.zeros(3)
        for k in range(1, 4):
            v = v + h * (alpha - Sigma @ v)
            s = (float(prompts.moments.lam[row]) - 2 * v @ alpha + v @ Sigma @ v) / (7 - 3)
            w = w + h / (1 + h * s) * (alpha - (Sigma + s * np.eye(3)) @ w)
            assert_close(path[k, row], w)


def test_without_more_examples_than_dimensions_it_is_undefined():
    assert np.isnan(IterativeAdaRR(steps=2).weight_path(some_prompts(3, 2))[1:]).all()


@pytest.mark.parametrize("values", [{"steps": 0}, {"steps": 2, "eta": "x"}])
def test_what_is_no_choice_is_refused(values):
    with pytest.raises(InputError):
        IterativeAdaRR(**values)
