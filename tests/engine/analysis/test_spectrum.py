"""lambda (1 - gamma lambda)^2 and the condition numbers it makes."""

import dataclasses

import numpy as np
import pytest

from icl_core.analysis.spectrum import (
    SpectrumBank,
    best_gamma,
    condition_numbers,
    hessian_spectrum,
    transform,
)
from icl_core.models.linear import information_flow
from tests.cases import COUNT, TASK, assert_close, diag_model, some_prompts

DIM = 3


def spectrum_of(num_context: int) -> SpectrumBank:
    return hessian_spectrum(TASK.replace(num_context=num_context), prompts=COUNT)


@pytest.mark.parametrize("gamma", [0.01, 0.176, 3.0])
def test_transform_has_its_maximum_at_a_third_of_its_root(gamma: float) -> None:
    eigenvalues = np.linspace(0, 1 / gamma, 30_001)
    mapped = transform(eigenvalues, gamma)
    assert mapped.argmax() == 10_000
    assert_close(mapped.max(), 4 / (27 * gamma))
    assert_close(mapped[[0, -1]], [0, 0])
    assert (mapped[1:-1] > 0).all()
    assert_close(transform(eigenvalues, 0.0), eigenvalues)


def test_layers_apply_in_turn() -> None:
    eigenvalues = np.asarray([0.5, 2.0])
    once = transform(eigenvalues, 0.1)
    assert_close(transform(eigenvalues, 0.1, layers=2), transform(once, 0.1))
    assert_close(transform(eigenvalues, 0.1, layers=0), eigenvalues)


def test_a_gdpp_layer_transforms_the_spectrum_so() -> None:
    """The x tokens of a real layer with omega_xx = -gamma, through information_flow."""
    model = diag_model(layers=1)
    prompts = some_prompts()
    gamma = -float(model.P[0, 0, 0, 0] * model.Q[0, 0, 0, 0])
    plain = dataclasses.replace(model, Q=model.Q.at[..., -1, -1].set(0))
    M = np.asarray(information_flow(plain, prompts.moments).M[1])
    before = np.linalg.eigvalsh(prompts.moments.Sigma)
    after = np.linalg.eigvalsh(M @ np.asarray(prompts.moments.Sigma) @ M.swapaxes(-1, -2))
    assert_close(np.sort(after), np.sort(transform(before, gamma)))


def test_condition_numbers() -> None:
    eigenvalues = np.asarray([[1.0, 4.0], [2.0, 2.0], [0.0, 3.0], [5.0, 1.0]])
    assert condition_numbers(eigenvalues).tolist() == [4.0, 1.0, np.inf, 5.0]


@pytest.mark.parametrize("num_context", [1, 2])
def test_fewer_tokens_than_dimensions_cannot_be_conditioned(num_context: int) -> None:
    """4,096 prompts: exactly d - n eigenvalues are 0, and the condition number is infinite."""
    bank = spectrum_of(num_context)
    assert ((bank.eigenvalues == 0).sum(-1) == DIM - num_context).all()
    assert np.isinf(condition_numbers(bank.eigenvalues)).all()
    assert bank.lowest == 0
    assert best_gamma(bank.eigenvalues) == 0


def test_spectrum_bank() -> None:
    """4,096 prompts; the trace of Sigma is n d on average, with variance 2 n d."""
    bank = spectrum_of(25)
    assert bank.eigenvalues.shape == (COUNT, DIM)
    assert bank.num_context == 25
    assert (np.diff(bank.eigenvalues, axis=-1) >= 0).all()
    assert bank.lowest == pytest.approx(bank.eigenvalues[:, 0].mean())
    assert bank.highest == pytest.approx(bank.eigenvalues[:, -1].mean())
    trace = bank.eigenvalues.sum(-1).mean()
    assert abs(trace - 75) < 5 * np.sqrt(2 * 75 / COUNT)


@pytest.mark.parametrize("layers", [1, 2])
def test_best_gamma_improves_conditioning_best(layers: int) -> None:
    eigenvalues = spectrum_of(25).eigenvalues

    def median(gamma: float) -> float:
        return float(np.median(condition_numbers(transform(eigenvalues, gamma, layers))))

    gamma = best_gamma(eigenvalues, layers)
    assert 0 < gamma < 1 / eigenvalues.mean()
    assert median(gamma) < 0.6 * median(0)
    assert median(gamma) <= min(median(0.8 * gamma), median(1.2 * gamma))


def test_best_gamma_of_one_eigenvalue_changes_nothing() -> None:
    """d = 1: the condition number is 1 whatever gamma is."""
    assert best_gamma(np.asarray([[3.0], [5.0]])) == 0
