"""Choices of the lesson on training, and its named states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icl_core.errors import InputError
from icl_core.experiments.copying.settings import OPTIMISED
from icl_core.experiments.sine.settings import VARIANTS as SINES
from icl_core.experiments.variations.settings import SOFTMAX, VARIANTS, softmax_name
from icl_core.lessons.shared.fields import switch
from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.tasks.inputs import STANDARD, GaussianInputs, InputLaw, UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, NoiseLaw, UniformNoise
from icl_core.training import PlainConfig, RunConfig, TrainingConfig, recipe_for
from icl_core.training.answers import AnswerTrainee
from icl_core.training.tokens import BlockTrainee
from icl_core.validation import LIMITS as ENGINE_LIMITS
from icl_core.validation import Config, checked, choice, integer, number, numbers

SYSTEMS: Mapping[str, str] = {
    "noise": "Linear attention, unknown noise",
    "softmax": "Softmax heads",
    "copying": "Tokens to be copied",
    "sine": "A sine, with an MLP",
}
"""What can be trained, by name: all but the first are paper 1's systems beyond linear attention."""
RECIPES: Mapping[str, str] = {
    "rounds": "Fast",
    "paper": "The paper's",
    "adam": "Adam",
    "muon": "Muon",
}
"""How linear attention is trained: in rounds, or by one of `training.plain_config`."""
NOISES = ("uniform", "fixed", "categorical")
INPUTS: Mapping[str, str] = {
    "gaussian": "round",
    "stretched": "stretched",
    "uniform": "uniform",
}
"""How inputs are drawn: N(0, I), N(0, C) with a condition number of C, U(-1/2, 1/2)."""
LIMITS = {"dim": (1, 32), "num_context": (1, 100_000), "layers": (1, 12), "heads": (1, 4)}
"""Tighter than the engine's: what a small server trains in the time that a visitor waits."""
TOKENS = 500
"""Examples at most where prompts are drawn by tokens: of uniform inputs. All others are drawn by
their moments, for which long prompts cost nothing."""
STEPS, BATCHES, STARTS = (1, 200_000), (1, 4096), (1, 4)
"""Of one run: updates, prompts of each, starts side by side."""
SECONDS = (5.0, ENGINE_LIMITS["seconds"][1])
"""A server may allow fewer: `settings.Settings.training_seconds`."""
SNAPSHOTS = 40
"""Of a run beyond linear attention."""


def _levels(name: str, written: Any) -> tuple[float, ...]:
    """ "1, 3" -> (1.0, 3.0), checked."""
    if not isinstance(written, str) or len(written) > 200:
        raise InputError(f"{name} are {written!r:.60}: expected text like '1, 3'.")
    return CategoricalNoise(values=numbers("A noise level", written, "sigma")).values


def _rewritten(name: str, written: Any) -> str:
    return ", ".join(repr(sigma).removesuffix(".0") for sigma in _levels(name, written))


@dataclass(frozen=True, kw_only=True)
class Train(Config):
    """Choices of the lesson. sigma serves the noise laws of one number, sigmas the other;
    snapshot None is the finished model. rate, steps and batch, those of the recipe where they are
    None, and starts are of one run and not read by the recipe in rounds. Of systems beyond the
    first only optimiser, heads, seed and seconds are read: all else is as in the shipped runs."""

    system: str = checked("noise", choice, "What is trained", SYSTEMS)
    optimiser: str = checked("muon", choice, "The optimiser", SOFTMAX)
    dim: int = checked(10, integer, "The dimension d", LIMITS["dim"])
    num_context: int = checked(20, integer, "The context length n", LIMITS["num_context"])
    noise: str = checked("uniform", choice, "The kind of noise", NOISES)
    sigma: float = checked(5.0, number, "The noise level sigma", "sigma")
    sigmas: str = checked("1, 3", _rewritten, "The noise levels")
    inputs: str = checked("gaussian", choice, "The kind of inputs", INPUTS)
    condition: float = checked(10.0, number, "The condition number of the inputs", (1.0, 1000.0))
    layers: int = checked(2, integer, "The number of layers L", LIMITS["layers"])
    parametrization: Parametrization = checked(
        "diag", choice, "The parametrization", PARAMETRIZATIONS
    )
    heads: int = checked(1, integer, "The number of heads H", LIMITS["heads"])
    seed: int = checked(0, integer, "The seed", "seed")
    seconds: float = checked(60.0, number, "The time limit in seconds", SECONDS)
    snapshot: int | None = checked(None, integer, "The snapshot", (0, 1000))
    recipe: str = checked("rounds", choice, "The recipe", RECIPES)
    rate: float | None = checked(None, number, "The learning rate", "learning_rate")
    steps: int | None = checked(None, integer, "The number of updates", STEPS)
    batch: int | None = checked(None, integer, "The batch size", BATCHES)
    starts: int = checked(1, integer, "The number of starts", STARTS)
    tied: bool = checked(False, switch, "The switch for tied layers")

    @property
    def shipped_run(self) -> tuple[BlockTrainee | AnswerTrainee, RunConfig]:
        """What is trained beyond linear attention, and how."""
        match self.system:
            case "softmax":
                known = VARIANTS[softmax_name(self.heads, self.optimiser)]
            case "copying":
                known = OPTIMISED[self.optimiser]
            case _:
                known = SINES["coded"]
        return known.trainee, known.run.replace(seed=self.seed, snapshots=SNAPSHOTS)

    def task(self) -> LinearTask:
        """The task that the choices of the first system describe."""
        if self.inputs == "uniform" and self.num_context > TOKENS:
            raise InputError(
                f"Prompts of uniform inputs have at most {TOKENS} examples here, and "
                f"{self.num_context:,} are asked for: choose fewer, or round inputs."
            )
        return LinearTask(
            dim=self.dim, num_context=self.num_context, noise=self._law(), inputs=self._inputs()
        )

    def training(self) -> TrainingConfig | PlainConfig:
        """The training that the choices describe; all else is the recipe's."""
        shape: dict[str, Any] = {
            "parametrization": self.parametrization,
            "num_layers": self.layers,
            "num_heads": self.heads,
            "tied": self.tied,
            "seed": self.seed,
            "max_seconds": self.seconds,
        }
        if self.recipe == "rounds":
            return recipe_for(self.task(), **shape)
        return PlainConfig(
            recipe=self.recipe,
            starts=self.starts,
            learning_rate=self.rate,
            steps=self.steps,
            batch=self.batch,
            **shape,
        )

    def _inputs(self) -> InputLaw:
        match self.inputs:
            case "stretched":
                return GaussianInputs(condition=self.condition)
            case "uniform":
                return UniformInputs()
            case _:
                return STANDARD

    def _law(self) -> NoiseLaw:
        match self.noise:
            case "fixed":
                return FixedNoise(value=self.sigma)
            case "uniform":
                return UniformNoise(sigma_max=self.sigma)
            case _:
                return CategoricalNoise(values=_levels("The noise levels", self.sigmas))


PRESETS: dict[str, Train] = {
    "Two layers, mixed noise": Train(),
    "A straight line": Train(dim=1, num_context=10, sigma=1.0),
    "One layer is one step": Train(layers=1, noise="fixed", sigma=0.5),
    "Stretched inputs": Train(inputs="stretched", dim=5, noise="fixed", sigma=0.1),
    "Two noise levels": Train(noise="categorical", layers=3),
    "Two softmax heads": Train(system="softmax", heads=2),
    "Tokens to be copied": Train(system="copying"),
    "A sine, with an MLP": Train(system="sine", seconds=180.0),
    "All weights free": Train(parametrization="full", dim=5, num_context=10, sigma=2.0),
}
"""Named states of the lesson; the first is its default."""
