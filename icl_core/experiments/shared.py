"""Paper 1's task, and the prompts on which everything that is trained on it is measured."""

from typing import Any

from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.training import RunConfig
from icl_core.validation import Config

MAIN = 10
"""Paper 1's size: n = d."""
EVALUATION, EVALUATION_SEED, QUERY_SEED = 10_000, 5_000_005, 5_000_006
RANDOM_STARTS = "trained from random weights"
"""Where a model comes from, in words."""


def task_of(size: int) -> LinearTask:
    """Paper 1's task at n = d = size: U(-1/2, 1/2) inputs, no noise."""
    return LinearTask(
        dim=size, num_context=size, noise=FixedNoise(value=0.0), inputs=UniformInputs()
    )


def training_settings(trainee: Config, run: RunConfig) -> dict[str, Any]:
    """What is trained and how, as plain values."""
    return {"trainee": trainee.to_dict(), "run": run.to_dict()}
