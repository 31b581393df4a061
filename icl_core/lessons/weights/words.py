"""What the finished weights are, in words."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from icl_core.analysis.alignment import balanced
from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.parts import parts_of
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.lessons.weights.config import Weights
from icl_core.lessons.weights.measure import Story, kin_model


def finding(config: Weights, story: Story) -> str:
    """What the finished weights are, in one sentence with its numbers."""
    model = story.finished
    if model.num_layers == 1 and model.num_heads == 1:
        eta = -float(omega_values(model)[0, 2]) * story.task.num_context
        exact = one_layer_step(story.task)
        return (
            f"The layer is one step of gradient descent with step size **η = {eta:.3f}**; "
            f"the best there can be is {exact:.3f}."
        )
    if story.parametrization == "gdpp":
        values = omega_values(model)
        eta, gamma = -story.task.num_context * values[:, 2], -values[:, 0]
        return (
            f"Every layer is a step of GD++: the step sizes are η = {_listed(eta)}, "
            f"and γ = {_listed(gamma)}."
        )
    if story.parametrization == "diag":
        heads = f" in each of {model.num_heads} heads" if model.num_heads > 1 else ""
        return (
            f"Q and P are diagonal with one number for all of x and one for y{heads}: "
            f"**{4 * model.num_layers * model.num_heads} numbers** in all; their products are ω."
        )
    if story.source.startswith("diag_"):
        return (
            "FULL found nothing better than DIAG here: its own trainings came out behind, and what "
            f"ships is **{story.source}**."
        )
    shares = weight_shares(story)
    return (
        f"Nothing forced these matrices to be diagonal, yet **{shares[0]:.0%}** of their squared "
        f"weight is what DIAG could hold, **{shares[:2].sum():.0%}** with one pattern beside it."
    )


@lru_cache(maxsize=64)
def weight_shares(story: Story) -> np.ndarray:
    """Shares of the DIAG part and of rank 1, 2, ... in sum P^2 + sum Q^2, which add up to 1.

    Of what is read, in normalised coordinates, P and Q of a layer being equally large.
    """
    model = balanced(kin_model(story, story.own))
    squares = [
        (parts_of(stack).shares * np.square(stack).sum((-2, -1))[..., None]).sum((0, 1))
        for stack in (np.asarray(model.P), np.asarray(model.Q))
    ]
    return sum(squares) / np.sum(squares)


def _listed(values: Sequence[float] | np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
