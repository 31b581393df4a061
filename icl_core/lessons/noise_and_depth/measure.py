"""The losses that the lesson shows, and the limits of its choices."""

from collections.abc import Iterator, Sequence

from icl_core.lessons.noise_and_depth.config import CONTEXTS, DIMENSIONS, NoiseAndDepth
from icl_core.lessons.shared import losses as tables
from icl_core.lessons.shared.beside import with_beside
from icl_core.lessons.shared.losses import Losses, highest_sigma
from icl_core.lessons.shared.shipped import families
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


def reads(config: NoiseAndDepth) -> tuple[str, ...]:
    """The choices that the losses follow from: the depth where models are evaluated anew."""
    shifted = config.num_context is not None or config.dim is not None
    return ("task", "num_context", "dim", "beside", *["layers"] * shifted)


def measure(config: NoiseAndDepth) -> Losses:
    """What the views show, from the shipped models."""
    losses = tables.measure(config.task, config.num_context, config.layers, config.dim)
    return with_beside(losses, config.beside) if config.beside else losses


def prepare() -> Iterator[tuple[NoiseAndDepth, tuple[str, ...]]]:
    """Every task, then other context lengths and dimensions of each: the losses at the page's own
    depth, which is most of the work for every depth, and at the deepest."""
    shipped, default = families(), NoiseAndDepth()
    yield from ((default.replace(task=task), ()) for task in shipped)
    shifts = [{"num_context": n} for n in CONTEXTS] + [{"dim": d} for d in DIMENSIONS]
    for task, family in shipped.items():
        for shift in shifts:
            shifted = default.replace(task=task, **shift)
            yield shifted, ()
            if task == default.task or "num_context" in shift:
                yield shifted.replace(layers=family.depths[-1]), ()
