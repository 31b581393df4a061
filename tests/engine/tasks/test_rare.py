"""Prompts that are rare on purpose leave every expectation as it is."""

import numpy as np
import pytest

from icl_core.tasks.inputs import GaussianInputs, UniformInputs
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, UniformNoise
from icl_core.tasks.rare import RAREST, rare_prompts

COUNT = 64_000
TASKS = {
    "few examples": LinearTask(
        dim=2, num_context=5, noise=CategoricalNoise(values=(0.3, 1.5)), inputs=GaussianInputs()
    ),
    "fewer than d": LinearTask(dim=4, num_context=3, noise=UniformNoise(sigma_max=1)),
    "no noise": LinearTask(dim=3, num_context=6, noise=FixedNoise(value=0.0)),
    "scaled": LinearTask(
        dim=3,
        num_context=9,
        noise=UniformNoise(sigma_max=2),
        inputs=GaussianInputs(condition=10, scale=0.5),
    ),
    "uniform": LinearTask(
        dim=2, num_context=6, noise=FixedNoise(value=0.5), inputs=UniformInputs(width=2)
    ),
}


def numbers(prompts) -> dict[str, np.ndarray]:
    moments = prompts.moments
    return {
        "one": np.ones(len(prompts.sigma)),
        "w": (np.asarray(prompts.w) ** 2).sum(-1),
        "x": np.asarray(moments.Sigma)[:, 0, 0],
        "x4": np.asarray(moments.Sigma)[:, -1, -1] ** 2,
        "y": np.asarray(moments.lam),
        "xy": np.asarray(moments.alpha)[:, 0] * np.asarray(prompts.w)[:, 0],
        "sigma": np.asarray(prompts.sigma),
    }


@pytest.mark.parametrize("name", TASKS)
def test_weighted_means_are_those_of_the_task(name: str):
    task = TASKS[name]
    prompts, weight = rare_prompts(task, 3, COUNT)
    found, plain = numbers(prompts), numbers(draw_prompts(task, 4, COUNT))
    for key, values in plain.items():
        weighted = weight * found[key]
        error = np.hypot(weighted.std(), values.std()) / COUNT**0.5
        assert abs(weighted.mean() - values.mean()) <= 4.5 * error + 1e-12, key


@pytest.mark.parametrize("name", TASKS)
def test_what_is_rare_is_drawn_often_and_counts_little(name: str):
    task = TASKS[name]
    prompts, weight = rare_prompts(task, 3, COUNT)
    assert weight.max() < 16 / 9  # the share of the task's own prompts bounds it
    assert (weight * (weight < RAREST)).mean() < RAREST
    high = np.quantile(numbers(draw_prompts(task, 4, COUNT))["y"], 0.999)
    beyond = numbers(prompts)["y"] > high
    assert beyond.mean() > 5e-3
    assert (weight * beyond).mean() == pytest.approx(1e-3, rel=0.4)
    again, _ = rare_prompts(task, 3, COUNT)
    np.testing.assert_array_equal(again.moments.lam, prompts.moments.lam)
