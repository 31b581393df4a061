"""Sweeps away from the training task (paper 1, section 3): exact relations between prompts."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.loss import distance_loss
from icl_core.errors import InputError
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.tasks.shifts import ShiftedPrompts, input_shift, law_shift, target_shift
from tests.cases import assert_close

TASK = LinearTask(dim=10, num_context=10, noise=FixedNoise(value=0), inputs=UniformInputs())
GD = GradientDescent(etas=(6.06,))


def loss(shifted: ShiftedPrompts) -> np.ndarray:
    path = GD.weight_path(shifted.prompts)
    return np.asarray(distance_loss(path, shifted.prompts.w, shifted.query))[-1]


@pytest.mark.parametrize(("alpha", "expected"), [(0.5, 0.081), (1.0, 0.206), (2.0, 8.55)])
def test_wider_inputs_cost_what_the_paper_shows(alpha: float, expected: float) -> None:
    """10,000 prompts, 5 standard errors and the rounding of the stated values."""
    found = loss(input_shift(TASK, alpha, 5, 10_000))
    rounding = 0.5 * 10.0 ** -len(str(expected).partition(".")[2])
    assert abs(found.mean() - expected) < 5 * found.std() / 100 + rounding


def test_target_scale_multiplies_the_loss_by_its_square() -> None:
    one, three = (loss(target_shift(TASK, alpha, 5, 200)) for alpha in (1.0, 3.0))
    assert_close(three, 9 * one)


def test_inputs_scale_with_alpha() -> None:
    one, two = (input_shift(TASK, alpha, 5, 50) for alpha in (1.0, 2.0))
    assert_close(two.prompts.moments.Sigma, 4 * np.asarray(one.prompts.moments.Sigma))
    assert_close(two.query, 4 * one.query)


def test_other_laws_are_normalised_by_the_frobenius_norm() -> None:
    """trace Sigma = alpha^2; the mean over contexts of x x^T is the query's second moment but for
    the norm's dependence on them: 3,000 prompts, 5 standard errors of the trace's share."""
    shifted = law_shift(TASK, 2.0, 5, 3000)
    Sigma = np.asarray(shifted.prompts.moments.Sigma)
    assert_close(np.trace(Sigma, axis1=1, axis2=2), np.full(3000, 4.0))
    ratio = np.trace(np.asarray(shifted.query), axis1=1, axis2=2) * TASK.num_context / 4
    # E 1/|X|^2 exceeds 1/E|X|^2 by about the relative variance of |X|^2, a few per cent.
    assert 1.0 < ratio.mean() < 1.1
    corner = np.asarray(shifted.query)[:, 0, 1]
    share = (corner > 0).mean()
    assert abs(share - 1 / 3) < 5 * np.sqrt(2 / 9 / 3000)
    assert_close(shifted.prompts.moments.alpha, np.einsum("nij,nj->ni", Sigma, shifted.prompts.w))


@pytest.mark.parametrize("shift", [input_shift, target_shift, law_shift])
def test_strengths_are_checked(shift) -> None:
    with pytest.raises(InputError):
        shift(TASK, float("nan"), 0, 2)
