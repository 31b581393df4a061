"""What is shipped: every model's task, shape and recipe, and which models it starts from."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from icl_core.models.linear import Parametrization
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, NoiseLaw, UniformNoise
from icl_core.training import TrainingConfig
from icl_core.zoo.library import model_name

DEPTHS = range(1, 8)
SEEDS = range(1, 5)
"""Besides seed 0: for the spread over runs."""
NOISES: tuple[NoiseLaw, ...] = (
    *(UniformNoise(sigma_max=highest) for highest in range(8)),
    CategoricalNoise(values=(1, 3)),
    CategoricalNoise(values=(1, 3, 5)),
)
NEIGHBOURS = (*pairwise(NOISES[1:8]), (NOISES[2], NOISES[8]), NOISES[8:])
"""Pairs of noise laws whose models start from each other. Without noise GD++ is all there is."""
MAIN, PAIR = UniformNoise(sigma_max=5), CategoricalNoise(values=(1, 3))
MOVIE_DEPTHS = (1, 2, 3, 4, 7)
Start = Literal["random", "easier", "shallower", "neighbours", "neighbours again"]
STAGES: tuple[Start, ...] = ("neighbours", "neighbours again")
"""What models of one shape go through together, when all have been through the rest."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One model of the zoo."""

    task: LinearTask
    parametrization: Parametrization
    num_layers: int
    num_heads: int = 1
    seed: int = 0

    @property
    def name(self) -> str:
        variant = f"_s{self.seed}" if self.seed else ""
        return model_name(self.task, self.parametrization, self.num_layers, self.num_heads, variant)

    @property
    def movie(self) -> bool:
        """Whether its training is shipped too."""
        shown = self.task.noise in (MAIN, PAIR) and self.num_layers in MOVIE_DEPTHS
        trained = self.parametrization != "gdpp" and self.num_heads == 1 and not self.seed
        return shown and trained and self.task.dim > 1

    @property
    def shape(self) -> tuple[object, ...]:
        """What models must share to be trained side by side."""
        return (self.parametrization, self.num_layers, self.num_heads, self.task.dim)

    @property
    def cost(self) -> float:
        """Rough seconds, for the estimate of what is left."""
        each = {"gdpp": 1.0, "diag": 1.0, "full": 3.5}[self.parametrization]
        return 4 + (each * self.num_layers if self.task.dim > 1 else 0)

    def easier(self) -> tuple["Spec", ...]:
        """Models inside this one's class, the shallower first: it must not fall behind them."""
        found = []
        if self.num_layers > 1 and self.parametrization != "gdpp":
            found.append(replace(self, num_layers=self.num_layers - 1))
        match self.parametrization, self.num_heads:
            case "full", _:
                found.append(replace(self, parametrization="diag"))
            case "diag", 1:
                found.append(replace(self, parametrization="gdpp", seed=0))
            case "diag", _:
                found.append(replace(self, num_heads=1))
        return tuple(found)

    def neighbours(self) -> tuple["Spec", ...]:
        """The same model for the noise laws next to its own, and from other seeds."""
        if self.task.noise not in NOISES:
            return ()
        nearby = [pair for pair in NEIGHBOURS if self.task.noise in pair]
        laws = [law for pair in nearby for law in pair if law != self.task.noise]
        seeds = SEEDS if self.task.noise == MAIN and not self.seed else ()
        return (
            *(replace(self, task=replace(self.task, noise=law)) for law in laws),
            *(replace(self, seed=seed) for seed in seeds),
        )

    def recipes(self) -> tuple["Recipe", ...]:
        """The runs to choose from; compared in DESIGN.md.

        Random starts find basins that the easier models do not lie in, and the easier models lead
        to depths that random starts do not reach. A deep FULL begins as the one of a layer less
        alone: DIAG of its own depth is ahead at first and behind in the end. What one noise law
        or seed has missed, its neighbours may have found, and what they found spreads.
        """
        full = self.parametrization == "full"
        common = TrainingConfig(
            parametrization=self.parametrization,
            num_layers=self.num_layers,
            num_heads=self.num_heads,
            seed=self.seed,
            max_seconds=3600,
            refine_steps=1000 if self.num_layers == 1 else self._steps(),
            refine_batch=256,
            refine_rate=0.03 if full else 0.02,
            refine_robust=0.6 if self.num_layers > 3 else 0.2,
        )
        many = 24 if full or self.num_layers > 4 else 48
        cold = Recipe(config=common.replace(restarts=many), start="random")
        warm = common.replace(restarts=8, explore_steps=200)
        easier = Recipe(config=warm, start="easier")
        # Without noise nothing has been found that GD++ does not do as well.
        if self.parametrization == "gdpp" or (self.task.noise.highest == 0 and self._table()):
            return ()
        shallower = Recipe(config=warm, start="shallower")
        stages = STAGES[: 1 + (self.num_layers > 4)] if self._has_neighbours() else ()
        around = tuple(Recipe(config=warm, start=stage) for stage in stages)
        if full and self.num_layers > 4:
            return (shallower, *around)
        if self.num_layers == 1 or self.seed or self.task.dim == 1:
            # What is shown begins at random, here too.
            return (easier if full and not self.movie else cold,)
        return (cold, easier, *around)

    def _table(self) -> bool:
        plain = self.num_heads == 1 and not self.seed and self.task.dim > 1
        return plain and self.num_layers in DEPTHS[1:]

    def _has_neighbours(self) -> bool:
        return self._table() and bool(self.neighbours())

    def _steps(self) -> int:
        if self.parametrization != "full":
            return 3000
        return 8000 if self.num_layers < 5 else 12_000


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training run and where it starts: at random, from all easier models, from the one of a
    layer less, or from its neighbours, when they have been through the rest.
    """

    config: TrainingConfig
    start: Start

    @property
    def stage(self) -> str:
        """Which of STAGES it belongs to; "" for what comes before."""
        return self.start if self.start in STAGES else ""

    def starts(self, spec: Spec) -> tuple[Spec, ...]:
        """The models that it starts from."""
        if self.start == "random":
            return ()
        if self.stage:
            return spec.neighbours()
        easier = spec.easier()
        return easier if self.start == "easier" else easier[:1]


def specs() -> tuple[Spec, ...]:
    """Every shipped model, easier ones first."""
    found = []
    for depth in (*DEPTHS, DEPTHS.stop):
        for kind in ("gdpp", "diag", "full"):
            noises = NOISES if depth in DEPTHS else (MAIN,)
            tasks = [LinearTask(dim=10, num_context=20, noise=noise) for noise in noises]
            found += [Spec(task=task, parametrization=kind, num_layers=depth) for task in tasks]
            if kind != "gdpp" and depth in DEPTHS:
                task = LinearTask(dim=10, num_context=20, noise=MAIN)
                found += [
                    Spec(task=task, parametrization=kind, num_layers=depth, seed=seed)
                    for seed in SEEDS
                ]
            if depth < 7:
                found += [
                    Spec(task=task, parametrization=kind, num_layers=depth) for task in playground()
                ]
            if kind == "diag" and depth < 5:
                found += [
                    Spec(
                        task=LinearTask(dim=10, num_context=20, noise=noise),
                        parametrization=kind,
                        num_layers=depth,
                        num_heads=2,
                    )
                    for noise in (MAIN, PAIR)
                ]
    return tuple(found)


def playground() -> tuple[LinearTask, ...]:
    """d = 1: a line through points."""
    return tuple(
        LinearTask(dim=1, num_context=10, noise=UniformNoise(sigma_max=highest))
        for highest in (1, 3)
    )
