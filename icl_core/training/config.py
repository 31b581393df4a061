"""What a training run is: plain values that fit in a link, a manifest and a cache key."""

from dataclasses import dataclass

from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.validation import Config, choice, integer, number


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
