"""What softmax heads come to, in a sentence with its numbers."""

import numpy as np

from icl_core.constructions.softmax import centred_loss
from icl_core.experiments.shared import MAIN, task_of
from icl_core.experiments.variations.settings import HEADS
from icl_core.lessons.shared.words import plus_minus
from icl_core.lessons.softmax.config import Softmax
from icl_core.lessons.softmax.measure import Found


def finding(config: Softmax, found: Found) -> str:
    """How the loss falls with the number of heads, and how many seeds show it."""
    ends = {n: found.trainings.losses(name)[:, -1] for n, name in config.variants.items()}
    one, two, four = (_mean(ends[heads]) for heads in HEADS)
    below = int((ends[2] < ends[1].min()).sum())
    return (
        f"**One** softmax head ends at a loss of {one}, **two** at {two}, **four** at {four} "
        f"(± between {len(ends[1])} seeds; {below} of {len(ends[2])} with two heads are below all "
        f"with one). One best step of gradient descent has {found.trainings.loss_of('gd1'):.4f}; "
        "two heads whose constants cancel are nearly linear, but see every input minus the mean of "
        f"the examples, and a step on those has {centred_loss(task_of(MAIN)):.4f}."
    )


def _mean(ends: np.ndarray) -> str:
    return f"**{plus_minus(float(ends.mean()), float(ends.std(ddof=1)))}**"
