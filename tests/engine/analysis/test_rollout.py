"""The layer applied again and again: by moments as by tokens, and gradient descent where it is."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.rollout import roll_out, unstable_share
from icl_core.constructions.matrices import AttentionWeights, descent_weights
from tests.cases import assert_close, some_prompts, some_tokens

RNG = np.random.default_rng(7)
NAMES = ("W_K", "W_Q", "W_V", "P")
RANDOM = AttentionWeights(**{name: 0.3 * RNG.random((4, 4)) for name in NAMES})


@pytest.mark.parametrize("damping", [1.0, 0.6])
def test_by_moments_as_by_tokens(damping: float) -> None:
    """Of every token only y is updated; the query's y stays minus <v, x>."""
    tokens, query = some_tokens(), np.array([0.3, -0.7, 0.2])
    path = np.asarray(roll_out(RANDOM, some_prompts().moments, damping=damping, steps=4))
    for prompt in range(len(tokens.y)):
        table = np.column_stack([tokens.X[prompt], tokens.y[prompt]])
        table = np.vstack([table, [*query, 0.0]])
        for step in range(1, 5):
            gram = table[:-1].T @ table[:-1]
            update = table @ (RANDOM.PW_V @ gram @ RANDOM.W_KQ).T
            table[:, -1] += damping * update[:, -1]
            assert_close(table[-1, -1], -path[step, prompt] @ query, 1e-9)


def test_of_the_construction_it_is_damped_descent() -> None:
    weights = descent_weights(np.zeros((1, 3)), eta=0.8, num_context=7)
    prompts = some_prompts()
    path = roll_out(weights, prompts.moments, damping=0.5, steps=6)
    assert_close(path, GradientDescent(etas=(0.4,) * 6).weight_path(prompts))


def test_unstable_share() -> None:
    assert unstable_share(np.array([1.0, 3.0, 5.0, 7.0]), 0.5) == 0.5
