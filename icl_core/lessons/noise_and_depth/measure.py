"""The losses that the lesson shows, and the limits of its choices."""

from collections.abc import Sequence

from icl_core.errors import InputError
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.shared import losses as tables
from icl_core.lessons.shared.losses import Losses, highest_sigma
from icl_core.tasks.linear import LinearTask
from icl_core.validation import Reach


def limits_of(task: LinearTask, depths: Sequence[int]) -> dict[str, Reach]:
    """Depths that ship, and noise a little beyond that of training."""
    return {
        "layers": Reach("Layers L", depths[0], depths[-1]),
        "sigma": Reach("Noise level σ", 0.0, highest_sigma(task)),
    }


def reach(config: NoiseAndDepth, losses: Losses) -> dict[str, Reach]:
    """The limits of what was measured."""
    return limits_of(losses.task, losses.depths)


def measure(config: NoiseAndDepth) -> Losses:
    """What the views show, from the shipped models."""
    found = tables.measure(config.task, config.num_context, config.layers, config.dim)
    if config.layers not in found.depths:
        raise InputError(
            f"No model of {config.layers} layers is shipped for {config.task}: "
            f"expected {found.depths[0]} to {found.depths[-1]}."
        )
    return found
