"""What softmax heads come to, in a sentence with its numbers."""

import numpy as np

from icl_core.constructions.softmax import centred_loss
from icl_core.experiments.shared import MAIN, task_of
from icl_core.experiments.variations.settings import HEADS
from icl_core.lessons.softmax.config import Softmax
from icl_core.lessons.softmax.measure import Found


def finding(config: Softmax, found: Found) -> str:
    """How the loss falls with the number of heads, and how many seeds show it."""
    ends = {n: found.trainings.losses(name)[:, -1] for n, name in config.variants.items()}
    one, two, four = (f"**{np.median(ends[heads]):.4f}**" for heads in HEADS)
    below = int((ends[2] < ends[1].min()).sum())
    return (
        f"**One** softmax head ends at a loss of {one}, **two** at {two}, **four** at {four} "
        f"(medians of {len(ends[1])} seeds; {below} of {len(ends[2])} with two heads are below all "
        f"with one). One best step of gradient descent has {found.trainings.loss_of('gd1'):.4f}. "
        "Heads whose constants cancel are nearly linear, but see every input minus the mean of the "
        f"examples, and the best step on those has {centred_loss(task_of(MAIN)):.4f}."
    )
