"""Training blocks: the recipe, its starts, fixed prompts, and that gradient descent is found."""

import numpy as np
import pytest

from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.errors import InputError
from icl_core.models.blocks import BlockModel
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.training import RunConfig, run
from icl_core.training.tokens import BlockTrainee, draw_batch, half_mse

TASK = LinearTask(dim=1, num_context=4, noise=FixedNoise(value=0), inputs=UniformInputs())
ONE = BlockTrainee(task=TASK, queries=4)
SHORT = RunConfig(steps=2400, batch=128, cooling=0.5, snapshots=5)


def test_one_dimension_becomes_the_best_step() -> None:
    """Product of the weights within 3 % of the best step's, loss within 1 % of the least."""
    *_, last = run(ONE, SHORT)
    weights = {
        name: np.asarray(values[0, 0], np.float64) for name, values in last.parameters.items()
    }
    writes, compares = weights["P"] @ weights["W_V"], weights["W_K"].T @ weights["W_Q"]
    assert writes[-1, -1] * compares[0, 0] == pytest.approx(-one_layer_step(TASK) / 4, rel=0.03)
    fresh = draw_batch(TASK, np.random.default_rng(9), (20_000,), 64)
    best = {name: np.zeros((1, 1, 2, 2), np.float32) for name in weights}
    best["W_K"][..., 0, 0] = best["W_Q"][..., 0, 0] = best["W_V"][..., 1, 1] = 1
    best["P"][..., 1, 1] = -one_layer_step(TASK) / 4
    mine, least = (float(half_mse(ONE.model, p, fresh)) for p in (last.parameters, best))
    assert mine < 1.01 * least
    assert least == pytest.approx(one_layer_loss(TASK), rel=0.05)


def test_runs_depend_on_the_seed_alone_and_share_a_program(compilations: list[str]) -> None:
    config = SHORT.replace(steps=40, cooling=0.0)
    assert config.marks() == [0, 2, 10, 22, 40]
    one = list(run(ONE, config.replace(seed=1)))[-1]
    compiled = len(compilations)
    again, other = (list(run(ONE, config.replace(seed=seed)))[-1] for seed in (1, 2))
    assert len(compilations) == compiled
    assert one.step == 40
    assert one.train_loss == again.train_loss
    np.testing.assert_array_equal(one.parameters["P"], again.parameters["P"])
    assert not np.array_equal(one.parameters["P"], other.parameters["P"])


def test_few_fixed_prompts_are_learnt_by_heart() -> None:
    """Four prompts, two at a time: their loss falls far below that of the best step on others."""
    trainee = BlockTrainee(task=TASK, tasks=4, model=BlockModel(widening=4))
    config = SHORT.replace(batch=2, steps=600, learning_rate=0.01, clip=1.0, seed=1)
    *_, last = run(trainee, config)
    assert last.train_loss < 0.1 * one_layer_loss(TASK)


def test_a_run_that_leaves_the_numbers_says_so() -> None:
    config = SHORT.replace(learning_rate=10.0, clip=1e6)
    with pytest.raises(InputError, match="lower the learning rate"):
        list(run(ONE.replace(model=BlockModel(num_layers=8)), config))


def test_a_run_is_plain_data() -> None:
    assert RunConfig.from_dict(SHORT.to_dict()) == SHORT
    for wrong in ({"steps": 0}, {"cooling": 2}, {"clip": 0.0}, {"optimiser": "luck"}):
        with pytest.raises(InputError):
            RunConfig.from_dict(SHORT.to_dict() | wrong)
    for refused in ({"model": 3}, {"queries": 0}, {"tasks": -1}):
        with pytest.raises(InputError):
            ONE.replace(**refused)
    with pytest.raises(InputError):
        BlockModel.from_dict({"norm": "after"})
