"""When a training in rounds ends, and how many starts it explores."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from icl_core.tasks.linear import LinearTask
from icl_core.training.config import TrainingConfig

GAIN, AGREEMENT = 0.01, 0.02
"""A round gains if it lowers the loss by more than this share; two starts agree if the loss of one
is at most this share above the other's."""
WORK, MOST, LEAST = 1100, 64, 8
"""L (d+1)^3 of a model of which MOST starts are explored; of larger ones fewer, LEAST at least."""


def recipe_for(task: LinearTask, **choices: Any) -> TrainingConfig:
    """The configuration of a training in rounds, with as many starts as its size affords."""
    config = TrainingConfig(**{"refine_steps": 1000, "refine_rate": 0.02} | choices)
    if "restarts" in choices:
        return config
    size = config.num_layers * (task.dim + 1) ** 3
    doubled = np.clip(round(np.log2(MOST * WORK / size)), np.log2(LEAST), np.log2(MOST))
    return config.replace(restarts=int(2**doubled))


def kept_of(config: TrainingConfig) -> int:
    """How many starts a round refines."""
    return min(config.restarts, max(2, min(8, config.restarts // 4)))


def is_settled(reached: Sequence[float], losses: Sequence[float]) -> bool:
    """Whether a training may end: its last round has gained nothing, and the two best starts agree.

    reached: the best loss after each round; losses: those of all starts after the last one.
    """
    if len(reached) < 2 or len(losses) < 2:
        return False
    gained, (first, second) = reached[-1] < (1 - GAIN) * reached[-2], sorted(losses)[:2]
    return bool(not gained and second <= (1 + AGREEMENT) * first)
