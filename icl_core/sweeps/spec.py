"""What a sweep trains: a file in TOML, read and checked.

seconds = 60                  # of every training, at most
prompts = 20000               # on which every model is measured
[grid]                        # every combination is trained; what is left out has its default
dim = [5, 10]
num_context = [20]
noise = ["uniform:2", "categorical:1,3"]
inputs = ["gaussian:1"]
parametrization = ["diag", "full"]
layers = [1, 2, 3]
heads = [1]
seed = [0, 1, 2]
recipe = ["rounds", "adam"]   # "rounds", "paper", "adam", "muon"
tied = [false, true]          # whether all layers share their weights
rate = [0.01, 0.003]          # of paper, adam and muon alone
updates = [2000]              # likewise; of rounds those of the best starts in the first
"""

import itertools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icl_core.errors import InputError
from icl_core.files import read_bytes
from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.tasks.inputs import format_inputs, parse_inputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import format_noise, parse_noise
from icl_core.training import PlainConfig, TrainingConfig
from icl_core.training.chosen import NAMES, ROUNDS, config_of
from icl_core.validation import Config, checked, choice, integer, mapping, number
from icl_core.zoo.library import model_name

MAX_BYTES, MOST = 100_000, 10_000
"""Of a file, and models of a sweep."""


def _noise(name: str, value: Any) -> str:
    return format_noise(parse_noise(value))


def _inputs(name: str, value: Any) -> str:
    return format_inputs(parse_inputs(value))


@dataclass(frozen=True, kw_only=True)
class Cell(Config):
    """One model of a sweep: its task, its shape, its seed, how it is trained, what it may cost.

    rate and updates are the recipe's own where they are None; rounds have no rate to choose.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.training  # noqa: B018  refuses what the recipe does not have

    dim: int = checked(10, integer, "The dimension d", "dim")
    num_context: int = checked(20, integer, "The context length n", "num_context")
    noise: str = checked("uniform:5", _noise, "The noise law")
    inputs: str = checked("gaussian:1,1", _inputs, "The input law")
    parametrization: Parametrization = checked(
        "diag", choice, "The parametrization", PARAMETRIZATIONS
    )
    layers: int = checked(2, integer, "The number of layers L", "num_layers")
    heads: int = checked(1, integer, "The number of heads H", "num_heads")
    seed: int = checked(0, integer, "The seed", "seed")
    recipe: str = checked(ROUNDS, choice, "The recipe", NAMES)
    tied: bool = checked(False, choice, "Whether layers are tied", (False, True))
    rate: float | None = checked(None, number, "The learning rate", "learning_rate")
    updates: int | None = checked(None, integer, "The number of updates", "steps")
    seconds: float = checked(60.0, number, "The time limit in seconds", "seconds")
    prompts: int = checked(20_000, integer, "The number of prompts", "prompts")

    @property
    def task(self) -> LinearTask:
        """What the model is trained on."""
        return LinearTask(
            dim=self.dim,
            num_context=self.num_context,
            noise=parse_noise(self.noise),
            inputs=parse_inputs(self.inputs),
        )

    @property
    def training(self) -> TrainingConfig | PlainConfig:
        """How: the recipe, within the time limit."""
        return config_of(
            self.task,
            self.recipe,
            {"rate": self.rate, "steps": self.updates},
            parametrization=self.parametrization,
            num_layers=self.layers,
            num_heads=self.heads,
            tied=self.tied,
            seed=self.seed,
            max_seconds=self.seconds,
        )

    @property
    def cost(self) -> float:
        """Multiplications of a prompt, about: which models take long."""
        size = self.dim + 1
        products = size**3 if self.parametrization == "full" else size**2
        return float(self.layers * self.heads * products)

    @property
    def name(self) -> str:
        """Of its files."""
        kind = self.parametrization
        named = [f"_s{self.seed}"]
        named += [f"_{self.recipe}"] if self.recipe != ROUNDS else []
        named += ["_tied"] if self.tied else []
        named += [f"_rate{self.rate:g}"] if self.rate is not None else []
        named += [f"_updates{self.updates}"] if self.updates is not None else []
        return model_name(self.task, kind, self.layers, self.heads, "".join(named))


AXES = (
    "dim",
    "num_context",
    "noise",
    "inputs",
    "parametrization",
    "layers",
    "heads",
    "seed",
    "recipe",
    "tied",
    "rate",
    "updates",
)
"""What a grid may hold, in the order in which the models are trained."""
COMMON = ("seconds", "prompts")


def read_spec(path: Path) -> tuple[Cell, ...]:
    """All models of a sweep.

    Raises:
        InputError: The file is no TOML, or an entry is unknown or out of range.
    """
    data = read_bytes(path, limit=MAX_BYTES)
    try:
        given = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path.name} is no TOML ({error}): correct that line.") from error
    _require_names(path.name, given, ("grid", *COMMON))
    grid = mapping("[grid]", given.get("grid", {}))
    _require_names("[grid]", grid, AXES)
    axes = {name: grid[name] for name in AXES if name in grid}
    for name, values in axes.items():
        if not isinstance(values, list) or not values:
            raise InputError(f"[grid] {name} is {values!r:.40}: expected a list, [{values!r:.20}].")
    common = {name: given[name] for name in COMMON if name in given}
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > MOST:
        raise InputError(f"The sweep has {count:,} models: expected at most {MOST:,}; split it.")
    combined = itertools.product(*axes.values())
    cells = [Cell(**dict(zip(axes, values, strict=True)), **common) for values in combined]
    return tuple({cell.name: cell for cell in cells}.values())


def _require_names(what: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise InputError(
            f"{what} has the entry {unknown[0]!r:.40}: expected {', '.join(known)}; remove it."
        )
