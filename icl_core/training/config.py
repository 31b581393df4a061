"""What a training is, as plain values that fit in a link, a manifest and a cache key."""

from dataclasses import dataclass
from math import ceil

from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.training.optimisers import OPTIMISERS, SCHEDULES
from icl_core.validation import Config, checked, choice, integer, number

SPACINGS = ("square", "log")


@dataclass(frozen=True, kw_only=True)
class RunConfig(Config):
    """One run of `loop.run`, whatever is trained; the defaults are those of paper 1's code.

    learning_rate is the largest one. `schedule` "held" keeps it until it falls to 0 along a cosine
    over the last share `cooling` of the steps; "warmed" rises to it over the first 5 % and falls to
    2 % of it along a cosine. clip: the largest global norm of a gradient. decay: what Adam's mean
    of squared gradients keeps in a step (b2). memory: updates that the running average of the
    parameters remembers, a tenth of those made at first; 0 for no average. Of `snapshots`, all at
    different steps, the first is before any update; their steps are spaced by "square", the last
    step times (i / (snapshots - 1))^2, or "log", half as many in equal ratios.
    """

    steps: int = checked(3000, integer, "The number of steps", "steps")
    batch: int = checked(512, integer, "The batch size", "batch_size")
    seed: int = checked(0, integer, "The seed", "seed")
    snapshots: int = checked(40, integer, "The number of snapshots", (2, 1000))
    spacing: str = checked("square", choice, "The spacing of snapshots", SPACINGS)
    optimiser: str = checked("adam", choice, "The optimiser", OPTIMISERS)
    learning_rate: float = checked(1e-3, number, "The learning rate", "learning_rate")
    schedule: str = checked("held", choice, "The schedule of the learning rate", SCHEDULES)
    cooling: float = checked(0.0, number, "The share of the run that cools", (0.0, 1.0))
    clip: float = checked(1e-3, number, "The largest norm of a gradient", (1e-9, 1e9))
    decay: float = checked(0.98, number, "The decay of squared gradients", (0.0, 0.999999))
    memory: float = checked(0.0, number, "The memory of the average", (0.0, 1e6))

    @property
    def held(self) -> int:
        """Steps before the learning rate begins to fall."""
        return self.steps - ceil(self.steps * self.cooling)

    def next_mark(self, step: int) -> int:
        """The step of the first snapshot after `step`."""
        if self.spacing == "log":
            return min(max(step + 1, round(step * self.steps ** (2 / self.snapshots))), self.steps)
        last = self.snapshots - 1
        spaced = (max(round((i / last) ** 2 * self.steps), i) for i in range(self.snapshots))
        return min(next(mark for mark in spaced if mark > step), self.steps)

    def marks(self) -> list[int]:
        """Steps of the snapshots."""
        found = [0]
        while found[-1] < self.steps:
            found.append(self.next_mark(found[-1]))
        return found


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Config):
    """The recipe's numbers; the defaults are measured in benchmarks/training.py.

    Two phases. Explore: `restarts` independent starts in one vmapped run, `explore_steps` updates
    on batches of `explore_batch` prompts, by the robust loss. Refine: the best of them on a
    validation draw, for `refine_steps` updates on `refine_batch` prompts, the first
    `refine_robust` of them by the robust loss, the rest by the loss itself.
    `learning_rate` and `refine_rate` are the peaks of the two; `jitter` is the standard deviation
    of the noise on copies of a warm start (normalised coordinates). `max_seconds` shortens what is
    left; a run that does not meet it depends on the seed alone. tied: whether all layers share
    their weights.
    """

    parametrization: Parametrization = checked(
        "diag", choice, "The parametrization", PARAMETRIZATIONS
    )
    num_layers: int = checked(4, integer, "The number of layers L", "num_layers")
    num_heads: int = checked(1, integer, "The number of heads H", "num_heads")
    tied: bool = checked(False, choice, "Whether layers are tied", (False, True))
    seed: int = checked(0, integer, "The seed", "seed")
    max_seconds: float = checked(60.0, number, "The time limit in seconds", "seconds")
    restarts: int = checked(16, integer, "The number of restarts", "restarts")
    explore_steps: int = checked(400, integer, "The number of exploring steps", "steps")
    explore_batch: int = checked(64, integer, "The exploring batch size", "batch_size")
    refine_steps: int = checked(600, integer, "The number of refining steps", "steps")
    refine_batch: int = checked(256, integer, "The refining batch size", "batch_size")
    learning_rate: float = checked(0.04, number, "The learning rate", "learning_rate")
    refine_rate: float = checked(0.01, number, "The refining learning rate", "learning_rate")
    refine_robust: float = checked(0.0, number, "The robust share of refining", (0.0, 1.0))
    jitter: float = checked(0.05, number, "The jitter of warm starts", (0.0, 10.0))
