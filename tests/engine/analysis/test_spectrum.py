"""lambda (1 - gamma lambda)^2 and the condition numbers it makes."""

import dataclasses

import numpy as np
import pytest

from icl_core.analysis.recursion import exact_losses, tune_steps
from icl_core.analysis.spectrum import (
    SpectrumBank,
    best_gamma,
    condition_numbers,
    conditions_after,
    hessian_spectrum,
    interval_condition,
    interval_gamma,
    median_with_error,
    transform,
    two_step_gamma,
    two_step_losses,
)
from icl_core.experiments.paper1.published import SPECTRA
from icl_core.models.linear import information_flow
from icl_core.tasks.inputs import GaussianInputs, UniformInputs
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import FixedNoise
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
    plain = dataclasses.replace(model, Q=model.Q * (np.arange(4) < 3))
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


def test_condition_numbers_of_many_layers_and_gammas() -> None:
    eigenvalues = spectrum_of(25).eigenvalues
    gammas = np.array([0.0, 0.01, 0.03])
    found = conditions_after(eigenvalues, gammas, 3)
    assert found.shape == (3, 3, COUNT)
    for depth in range(3):
        for place, gamma in enumerate(gammas):
            moved = transform(eigenvalues, gamma, depth + 1)
            assert_close(found[depth, place], condition_numbers(moved))


@pytest.mark.parametrize(("low", "high"), [(0.2, 7.0), (2.9, 17.2), (5.0, 5.5)])
def test_the_condition_of_an_interval_is_that_of_all_its_points(low: float, high: float) -> None:
    """200,001 points of the interval, whose largest value is off by (1/200,000)^2 at most."""
    values = np.linspace(low, high, 200_001)
    for gamma in np.linspace(0, 0.999 / high, 23):
        moved = transform(values, gamma)
        assert_close(interval_condition(low, high, gamma), moved.max() / moved.min(), 1e-8)
    assert np.isinf(interval_condition(low, high, 1.01 / high))


@pytest.mark.parametrize("n", SPECTRA)
def test_the_papers_table_of_condition_numbers(n: int) -> None:
    """Appendix A.10, to its last printed digit, by its formula as it stands there."""
    paper = SPECTRA[n]
    peak = transform(np.array(1 / (3 * paper.gamma)), paper.gamma)
    formula = peak / transform(np.array(paper.ends), paper.gamma).min()
    assert_close(interval_condition(*paper.ends, paper.gamma), formula)
    digits = {10: -9, 25: 1, 50: 1, 100: 1}[n]
    assert round(float(formula), digits) == paper.after
    assert round(paper.high / paper.low, digits) == paper.before


@pytest.mark.parametrize(("low", "high"), [(0.097, 7.712), (1.0, 50.0), (3.0, 3.3)])
def test_the_best_gamma_of_an_interval_sends_both_ends_to_one_value(
    low: float, high: float
) -> None:
    gamma = interval_gamma(low, high)
    assert_close(gamma, 1 / (low + np.sqrt(low * high) + high))
    assert_close(*transform(np.array([low, high]), gamma))
    assert_close(condition_numbers(transform(np.array([[low, high]]), gamma)), [1.0])
    around = interval_condition(low, high, gamma * np.linspace(0.8, 0.999 / (gamma * high), 200))
    assert interval_condition(low, high, gamma) <= around.min()


def uniform_task(num_context: int) -> LinearTask:
    noise = FixedNoise(value=0.0)
    return LinearTask(dim=10, num_context=num_context, noise=noise, inputs=UniformInputs())


def test_the_best_two_steps_are_those_of_the_recursion() -> None:
    """A quartic in the step size against L-BFGS on the recursion, on the same 1,000 spectra."""
    n = 25
    task = uniform_task(n)
    eigenvalues = hessian_spectrum(task, prompts=1000).eigenvalues
    tuned = tune_steps(task, 2, preconditioned=True, eigenvalues=eigenvalues)
    gamma = two_step_gamma(eigenvalues)
    # in_bins averages neighbours, which moves the optimum by less.
    assert gamma == pytest.approx(tuned.gammas[0], rel=1e-3)
    assert gamma == pytest.approx(SPECTRA[n].gamma, rel=0.05)
    exact = exact_losses(tuned, task, eigenvalues)[-1].mean()
    half = 0.5 * task.inputs.variance * task.dim
    assert half * two_step_losses(eigenvalues, np.array([gamma]))[0] == pytest.approx(
        exact, rel=1e-4
    )


@pytest.mark.parametrize("condition", [1.0, 30.0, 1000.0])
def test_stretched_inputs_have_the_condition_number_chosen(condition: float) -> None:
    """20,000 prompts: the mean of Sigma / n is C, entry by entry, within five standard errors."""
    law = GaussianInputs(condition=condition)
    variances = law.variances(5)
    assert_close(variances.max() / variances.min(), condition)
    assert_close(variances.mean(), 1.0)
    task = LinearTask(dim=5, num_context=12, noise=FixedNoise(value=0.0), inputs=law)
    Sigma = np.asarray(draw_prompts(task, 3, 20_000).moments.Sigma) / 12
    error = Sigma.std(0) / np.sqrt(len(Sigma))
    assert (np.abs(Sigma.mean(0) - np.diag(variances)) < 5 * error).all()


def test_the_error_of_a_median_is_its_deviation_over_draws() -> None:
    """2,000 draws of 1,000 log-normal values: deviation 1.2533 / sqrt(1000) of their median."""
    draws = np.exp(np.random.default_rng(0).standard_normal((2000, 1000)))
    found = np.array([median_with_error(values) for values in draws])
    assert_close(found[:, 0], np.median(draws, axis=-1))
    expected = np.sqrt(np.pi / 2 / 1000)
    assert found[:, 0].std() == pytest.approx(expected, rel=5 / np.sqrt(2 * 2000))
    # One error is a noisy estimate; their root mean square is not.
    assert np.sqrt(np.mean(found[:, 1] ** 2)) == pytest.approx(expected, rel=0.1)
