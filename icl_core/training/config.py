"""What a training is, as plain values that fit in a link, a manifest and a cache key."""

from dataclasses import dataclass
from math import ceil

from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.training.optimisers import OPTIMISERS, SCHEDULES
from icl_core.validation import Config, choice, integer, number

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

    steps: int = 3000
    batch: int = 512
    seed: int = 0
    snapshots: int = 40
    spacing: str = "square"
    optimiser: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "held"
    cooling: float = 0.0
    clip: float = 1e-3
    decay: float = 0.98
    memory: float = 0.0

    def __post_init__(self) -> None:
        self._set(
            steps=integer("The number of steps", self.steps, "steps"),
            batch=integer("The batch size", self.batch, "batch_size"),
            seed=integer("The seed", self.seed, "seed"),
            snapshots=integer("The number of snapshots", self.snapshots, (2, 1000)),
            spacing=choice("The spacing of snapshots", self.spacing, SPACINGS),
            optimiser=choice("The optimiser", self.optimiser, OPTIMISERS),
            learning_rate=number("The learning rate", self.learning_rate, "learning_rate"),
            schedule=choice("The schedule of the learning rate", self.schedule, SCHEDULES),
            cooling=number("The share of the run that cools", self.cooling, (0.0, 1.0)),
            clip=number("The largest norm of a gradient", self.clip, (1e-9, 1e9)),
            decay=number("The decay of squared gradients", self.decay, (0.0, 0.999999)),
            memory=number("The memory of the average", self.memory, (0.0, 1e6)),
        )

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
    left; a run that does not meet it depends on the seed alone.
    """

    parametrization: Parametrization = "diag"
    num_layers: int = 4
    num_heads: int = 1
    seed: int = 0
    max_seconds: float = 60.0
    restarts: int = 16
    explore_steps: int = 400
    explore_batch: int = 64
    refine_steps: int = 600
    refine_batch: int = 256
    learning_rate: float = 0.04
    refine_rate: float = 0.01
    refine_robust: float = 0.0
    jitter: float = 0.05

    def __post_init__(self) -> None:
        self._set(
            parametrization=choice("The parametrization", self.parametrization, PARAMETRIZATIONS),
            num_layers=integer("The number of layers L", self.num_layers, "num_layers"),
            num_heads=integer("The number of heads H", self.num_heads, "num_heads"),
            seed=integer("The seed", self.seed, "seed"),
            max_seconds=number("The time limit in seconds", self.max_seconds, "seconds"),
            restarts=integer("The number of restarts", self.restarts, "restarts"),
            explore_steps=integer("The number of exploring steps", self.explore_steps, "steps"),
            explore_batch=integer("The exploring batch size", self.explore_batch, "batch_size"),
            refine_steps=integer("The number of refining steps", self.refine_steps, "steps"),
            refine_batch=integer("The refining batch size", self.refine_batch, "batch_size"),
            learning_rate=number("The learning rate", self.learning_rate, "learning_rate"),
            refine_rate=number("The refining learning rate", self.refine_rate, "learning_rate"),
            refine_robust=number("The robust share of refining", self.refine_robust, (0.0, 1.0)),
            jitter=number("The jitter of warm starts", self.jitter, (0.0, 10.0)),
        )
