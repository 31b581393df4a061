"""The recipes of one run of a linear transformer, and what is chosen of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.training.config import RunConfig
from icl_core.training.paper import PAPER
from icl_core.validation import Config, checked, choice, integer, number

SIMPLE = RunConfig(
    steps=2000, batch=256, learning_rate=0.01, cooling=0.5, clip=0.1, decay=0.99, spacing="log"
)
RECIPES: Mapping[str, RunConfig] = {
    "adam": SIMPLE,
    "muon": SIMPLE.replace(optimiser="muon", learning_rate=0.02),
    "paper": PAPER.replace(spacing="log"),
}
"""Adam and Muon on the exact loss in normalised coordinates, at a rate that is held for half of the
run and falls to 0 then; Muon takes matrices alone, which only FULL has, and leaves numbers to Adam.
"""


@dataclass(frozen=True, kw_only=True)
class PlainConfig(Config):
    """One run, by one of RECIPES, of `starts` random starts side by side, the best of
    which is kept.

    learning_rate, steps and batch are those of the recipe where they are None. `max_seconds` ends
    the run where it stands.
    """

    recipe: str = checked("adam", choice, "The recipe", RECIPES)
    parametrization: Parametrization = checked(
        "diag", choice, "The parametrization", PARAMETRIZATIONS
    )
    num_layers: int = checked(4, integer, "The number of layers L", "num_layers")
    num_heads: int = checked(1, integer, "The number of heads H", "num_heads")
    tied: bool = checked(False, choice, "Whether layers are tied", (False, True))
    seed: int = checked(0, integer, "The seed", "seed")
    max_seconds: float = checked(60.0, number, "The time limit in seconds", "seconds")
    starts: int = checked(1, integer, "The number of starts", "restarts")
    learning_rate: float | None = checked(None, number, "The learning rate", "learning_rate")
    steps: int | None = checked(None, integer, "The number of steps", "steps")
    batch: int | None = checked(None, integer, "The batch size", "batch_size")

    @property
    def run(self) -> RunConfig:
        """The recipe with what was chosen in its place."""
        given = {"learning_rate": self.learning_rate, "steps": self.steps, "batch": self.batch}
        chosen = {name: value for name, value in given.items() if value is not None}
        return RECIPES[self.recipe].replace(seed=self.seed, **chosen)
