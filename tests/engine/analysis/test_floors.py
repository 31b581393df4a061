"""What no model can fall below: exact for one layer, sampled for the others."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR, OracleRR, TunedRR
from icl_core.analysis.floors import (
    const_rr_floor,
    floors,
    one_layer_floor,
    one_layer_loss,
    one_layer_step,
    oracle_loss,
)
from icl_core.analysis.loss import evaluate, prompt_losses
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, UniformNoise
from tests.cases import COLUMNS, COUNT, PAPER_TASKS, published

ONE_LAYER_TASKS = (
    LinearTask(dim=3, num_context=7, noise=UniformNoise(sigma_max=2)),
    LinearTask(dim=3, num_context=2, noise=CategoricalNoise(values=(0.5, 2))),
    LinearTask(dim=1, num_context=10, noise=FixedNoise(value=1)),
)


def unadjusted_losses(task: LinearTask, *etas: float) -> list[np.ndarray]:
    """1/2 |w - w_true|^2 of one step of gradient descent on 16,384 prompts, for each step size."""
    drawn = [draw_prompts(task, seed, COUNT) for seed in range(4)]
    alpha = np.concatenate([prompts.moments.alpha for prompts in drawn])
    truth = np.concatenate([prompts.w for prompts in drawn])
    return [0.5 * ((eta / task.num_context * alpha - truth) ** 2).sum(-1) for eta in etas]


@pytest.mark.parametrize("task", ONE_LAYER_TASKS, ids=repr)
def test_one_step_of_the_best_size_reaches_the_one_layer_loss(task: LinearTask) -> None:
    """Within 5 standard errors; steps 10 % off are worse on the same prompts."""
    eta = one_layer_step(task)
    at, shorter, longer = unadjusted_losses(task, eta, 0.9 * eta, 1.1 * eta)
    assert abs(at.mean() - one_layer_loss(task)) < 5 * at.std() / np.sqrt(at.size)
    assert shorter.mean() > at.mean() < longer.mean()


@pytest.mark.parametrize(
    "task",
    [
        LinearTask(dim=3, num_context=7, noise=UniformNoise(sigma_max=2)),
        LinearTask(dim=3, num_context=7, noise=CategoricalNoise(values=(0.2, 2))),
        LinearTask(dim=3, num_context=500, noise=UniformNoise(sigma_max=2)),
    ],
    ids=repr,
)
def test_nothing_beats_bayes(task: LinearTask) -> None:
    """Paired over 4,096 prompts: nothing is better by more than 5 standard errors."""
    methods = {
        "ada": AdaRR(),
        "const": ConstRR.of(task),
        "other": ConstRR(strength=0.3),
        "tuned": TunedRR(scale=1.2, highest=2.0),
        "gd": GradientDescent(etas=(one_layer_step(task),)),
        "wrong prior": BayesRR(noise=UniformNoise(sigma_max=10)),
    }
    losses = prompt_losses(
        methods | {"bayes": BayesRR(noise=task.noise)}, task, prompts=COUNT, seed=1
    )
    for name in methods:
        excess = losses[name][-1] - losses["bayes"][-1]
        assert excess.mean() > -5 * excess.std() / np.sqrt(excess.size)


def test_gdpp_cannot_beat_the_best_constant_ridge() -> None:
    """Paired over 4,096 prompts; the steps are good ones, found at this task."""
    task = ONE_LAYER_TASKS[0]
    plus_plus = GDPlusPlus(etas=(1.2, 1.5), gammas=(0.04, 0.03))
    losses = prompt_losses(
        {"gdpp": plus_plus, "const": ConstRR.of(task)}, task, prompts=COUNT, seed=1
    )
    assert losses["gdpp"][-1].mean() > losses["const"][-1].mean()


def test_floors_are_evaluations_of_bayes_and_const() -> None:
    task = ONE_LAYER_TASKS[0]
    found = floors(task, prompts=COUNT, seed=3)
    expected = evaluate(
        {"bayes_rr": BayesRR(noise=task.noise), "const_rr": ConstRR.of(task)},
        task,
        prompts=COUNT,
        seed=3,
    )
    assert set(found) == set(expected)
    assert all(found[name].final == expected[name].final for name in found)
    assert ConstRR.of(task).strength == pytest.approx(4 / 3)


@pytest.mark.parametrize("task", ONE_LAYER_TASKS[::2], ids=repr)
def test_exact_floors_are_what_sampling_finds(task: LinearTask) -> None:
    """16,384 prompts, 5 standard errors."""
    drawn = [draw_prompts(task, seed, COUNT) for seed in range(4)]
    oracle = [0.5 * ((OracleRR().weight_path(p)[-1] - p.w) ** 2).sum(-1) for p in drawn]
    const = prompt_losses({"c": ConstRR.of(task)}, task, prompts=4 * COUNT, seed=1)["c"][-1]
    for exact, sampled in (
        (oracle_loss(task), np.concatenate(oracle)),
        (const_rr_floor(task), const),
    ):
        assert abs(sampled.mean() - exact) <= 5 * sampled.std() / np.sqrt(sampled.size)


@pytest.mark.parametrize("column", COLUMNS)
def test_exact_floors_are_those_derived_before(column: str) -> None:
    """Half a percent: floors.csv was sampled in part, and is rounded."""
    task = PAPER_TASKS[column]
    for exact, row in (
        (one_layer_floor(task), "one_layer_exact_all_models"),
        (const_rr_floor(task), "GD++_any_depth_exact"),
    ):
        value, rounding = published("floors.csv", row)[column]
        assert exact == pytest.approx(value, rel=0.005, abs=rounding)
