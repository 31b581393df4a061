"""Tuned baselines are at least as good as any other choice tried here, on their own prompts."""

import itertools

import numpy as np
import pytest

from icl_core.algorithms import Method
from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.algorithms.ridge import ConstRR, TunedRR
from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.loss import adjusted_losses, evaluate
from icl_core.analysis.tuning import TUNING_SEED, gdpp_ladder, tune_descent, tune_gdpp, tune_ridge
from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import FixedNoise, UniformNoise
from tests.cases import COUNT, PAPER_TASKS, TASK, published
from tests.hostile import assert_one_sentence


def mean_losses(task: LinearTask, *methods: Method, prompts: int = 4096) -> list[float]:
    """On the prompts that the methods were tuned on."""
    drawn = draw_prompts(task, TUNING_SEED, prompts)
    return [float(np.asarray(adjusted_losses(method, drawn))[-1].mean()) for method in methods]


@pytest.mark.parametrize("sigma_max", [1, 100])
def test_tuned_ridge_beats_a_grid(sigma_max: float) -> None:
    """1 and 100 are where an optimiser left at its defaults, or at a cap, stops early."""
    task = PAPER_TASKS["u5"].replace(noise=UniformNoise(sigma_max=sigma_max))
    tuned = tune_ridge(task, prompts=COUNT)
    grid = [
        TunedRR(scale=scale, highest=fraction * sigma_max**2)
        for scale in (1, 1.25, 1.5)
        for fraction in (0.3, 0.7, 1, 3)
    ]
    found, *others = mean_losses(task, tuned, *grid)
    assert found <= min(others) * 1.0001


def test_tuned_ridge_without_noise_is_least_squares() -> None:
    task = TASK.replace(noise=FixedNoise(value=0))
    assert mean_losses(task, tune_ridge(task, prompts=COUNT))[0] < 1e-12


@pytest.mark.parametrize("num_context", [2, 3])
def test_tuned_ridge_needs_more_tokens_than_dimensions(num_context: int) -> None:
    with pytest.raises(InputError, match="more tokens") as caught:
        tune_ridge(TASK.replace(num_context=num_context))
    assert_one_sentence(caught.value)


def test_one_tuned_step_is_the_exact_one() -> None:
    """4,096 prompts: the tuned step is within 2 % of n / (n + d + 1 + v)."""
    tuned = tune_descent(TASK, 1)
    assert tuned.etas[0] == pytest.approx(one_layer_step(TASK), rel=0.02)


def test_tuned_descent_beats_a_grid() -> None:
    tuned = tune_descent(TASK, 3)
    assert len(set(tuned.etas)) == 1
    grid = [GradientDescent(etas=(eta,) * 3) for eta in np.geomspace(0.05, 1.5, 6)]
    found, *others = mean_losses(TASK, tuned, *grid)
    assert found <= min(others)


def test_tuned_gdpp_beats_tuned_descent() -> None:
    tuned = tune_gdpp(TASK, 2)
    assert isinstance(tuned, GDPlusPlus)
    found, plain = mean_losses(TASK, tuned, tune_descent(TASK, 2))
    assert found < plain


@pytest.mark.parametrize("column", ["u0", "u2", "u5", "c13"])
def test_the_gdpp_ladder_reaches_the_floors(column: str) -> None:
    """floors.csv: the best GD++ of two steps known before (1 %), and ConstRR's at any depth.

    20,480 prompts for the mean; no rung is worse than the one before.
    """
    task = PAPER_TASKS[column]
    rungs = gdpp_ladder(task, 4, thorough=column == "u0")
    losses = [loss.mean[-1] for loss in evaluate_all(task, rungs)]
    assert all(b <= a * 1.001 for a, b in itertools.pairwise(losses))
    two, _ = published("floors.csv", "GD++_best_found")[column]
    assert losses[1] <= 1.03 * two
    if column != "u0":
        assert losses[3] == pytest.approx(constant_loss(task), rel=0.01)


def evaluate_all(task: LinearTask, methods: tuple[Method, ...]) -> list:
    named = {str(index): method for index, method in enumerate(methods)}
    return list(evaluate(named, task, prompts=5 * COUNT, seed=3).values())


def constant_loss(task: LinearTask) -> float:
    return evaluate({"const": ConstRR.of(task)}, task, prompts=5 * COUNT, seed=3)["const"].final
