"""Paper 1's task, and the prompts on which everything that is trained on it is measured."""

import numpy as np

from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise

MAIN = 10
"""Paper 1's size: n = d."""
EVALUATION, EVALUATION_SEED, QUERY_SEED = 10_000, 5_000_005, 5_000_006


def task_of(size: int) -> LinearTask:
    """Paper 1's task at n = d = size: U(-1/2, 1/2) inputs, no noise."""
    return LinearTask(
        dim=size, num_context=size, noise=FixedNoise(value=0.0), inputs=UniformInputs()
    )


def mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Over the last axis; a prompt that overflowed counts as infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.where(np.isnan(values), np.inf, values)
        return values.mean(-1), values.std(-1, ddof=1) / np.sqrt(values.shape[-1])
