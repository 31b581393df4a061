"""Lesson: train a model and watch (paper 2, section 5, with the recipe of `icl_core.training`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.checkpoints import Checkpoint
from icl_core.errors import InputError
from icl_core.lessons.coordinates import normalised
from icl_core.lessons.weights import panels
from icl_core.lessons.words import plus_minus, short
from icl_core.live import Grid, Player, Quantity, View
from icl_core.models.linear import PARAMETRIZATIONS, LinearTransformer, Parametrization
from icl_core.plots import losses as plots
from icl_core.plots import weights as weight_plots
from icl_core.plots.drawing import Curve, level
from icl_core.plots.figure import Figure
from icl_core.plots.style import METHODS
from icl_core.plots.ticks import log_range
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, NoiseLaw, UniformNoise
from icl_core.training import TrainingConfig, Validated, train
from icl_core.validation import LIMITS as ENGINE_LIMITS
from icl_core.validation import Config, Reach, choice, integer, number, numbers
from icl_core.zoo.published import published_loss

NOISES = ("uniform", "fixed", "categorical")
LIMITS = {"dim": (1, 20), "num_context": (1, 500), "layers": (1, 6), "heads": (1, 2)}
"""Tighter than the engine's: what a small server trains in the time that a visitor waits."""
SECONDS = (5.0, 300.0)
MEASURE_PROMPTS = 8192


@dataclass(frozen=True, kw_only=True)
class Train(Config):
    """Choices of the lesson. sigma serves the noise laws of one number, sigmas the other;
    snapshot None is the finished model."""

    dim: int = 10
    num_context: int = 20
    noise: str = "uniform"
    sigma: float = 5.0
    sigmas: str = "1, 3"
    layers: int = 2
    parametrization: Parametrization = "diag"
    heads: int = 1
    seed: int = 0
    seconds: float = 60.0
    snapshot: int | None = None

    def __post_init__(self) -> None:
        shot = self.snapshot
        self._set(
            dim=integer("The dimension d", self.dim, LIMITS["dim"]),
            num_context=integer("The context length n", self.num_context, LIMITS["num_context"]),
            noise=choice("The kind of noise", self.noise, NOISES),
            sigma=number("The noise level sigma", self.sigma, "sigma"),
            sigmas=", ".join(repr(sigma).removesuffix(".0") for sigma in _levels(self.sigmas)),
            layers=integer("The number of layers L", self.layers, LIMITS["layers"]),
            parametrization=choice("The parametrization", self.parametrization, PARAMETRIZATIONS),
            heads=integer("The number of heads H", self.heads, LIMITS["heads"]),
            seed=integer("The seed", self.seed, "seed"),
            seconds=number("The time limit in seconds", self.seconds, SECONDS),
            snapshot=None if shot is None else integer("The snapshot", shot, (0, 1000)),
        )

    def task(self) -> LinearTask:
        """The task that the choices describe."""
        return LinearTask(dim=self.dim, num_context=self.num_context, noise=self._law())

    def training(self) -> TrainingConfig:
        """The training that the choices describe; all else is the recipe's."""
        return TrainingConfig(
            parametrization=self.parametrization,
            num_layers=self.layers,
            num_heads=self.heads,
            seed=self.seed,
            max_seconds=self.seconds,
        )

    def _law(self) -> NoiseLaw:
        match self.noise:
            case "fixed":
                return FixedNoise(value=self.sigma)
            case "uniform":
                return UniformNoise(sigma_max=self.sigma)
            case _:
                return CategoricalNoise(values=_levels(self.sigmas))


def _levels(written: Any) -> tuple[float, ...]:
    """ "1, 3" -> (1.0, 3.0), checked."""
    if not isinstance(written, str) or len(written) > 200:
        raise InputError(f"The noise levels are {written!r:.60}: expected text like '1, 3'.")
    return CategoricalNoise(values=numbers("A noise level", written, "sigma")).values


PRESETS: dict[str, Train] = {
    "Two layers, mixed noise": Train(),
    "A straight line": Train(dim=1, num_context=10, sigma=1.0),
    "One layer is one step": Train(layers=1, noise="fixed", sigma=0.5),
    "Two noise levels": Train(noise="categorical", layers=3),
    "All weights free": Train(parametrization="full", dim=5, num_context=10, sigma=2.0),
}
"""Named states of the lesson; the first is its default."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What is kept of a snapshot: losses are mean adjusted half MSE on validation prompts."""

    step: int
    total_steps: int
    seconds: float
    phase: str
    loss: float
    losses: tuple[float, ...]
    floor: float
    model: LinearTransformer

    @classmethod
    def of(cls, snapshot: Validated) -> "Frame":
        return cls(
            step=snapshot.step,
            total_steps=snapshot.total_steps,
            seconds=snapshot.seconds,
            phase=snapshot.phase,
            loss=float(snapshot.loss),
            losses=tuple(float(loss) for loss in np.ravel(snapshot.losses)),
            floor=float(snapshot.floor),
            model=snapshot.model,
        )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A training as far as it has come; `measured` is empty before its end."""

    frames: Sequence[Frame]
    measured: Mapping[str, LossSummary] = field(default_factory=dict)
    finished: bool = True

    @property
    def last(self) -> int:
        return len(self.frames) - 1

    def comes_again(self, config: Train) -> bool:
        """Whether `measure` gives the same: nobody and no time limit cut the training short."""
        whole = config.training()
        steps = whole.explore_steps + whole.refine_steps
        last = self.frames[-1]
        return bool(self.measured) and (last.phase, last.step) == ("finished", steps)


def measure(config: Train) -> Outcome:
    """The whole training, and its model measured: without the time limit, so that the same config
    gives the same model on a slower machine."""
    training = config.training().replace(max_seconds=ENGINE_LIMITS["seconds"][1])
    frames = [Frame.of(snapshot) for snapshot in train(config.task(), training)]
    measured = measure_model(frames[-1].model, config.task())
    return Outcome(frames=frames, measured=measured)


def reach(config: Train, outcome: Outcome) -> dict[str, Reach]:
    """Stops of the training that there was."""
    return {"snapshot": Reach("The stop of the training", 0, outcome.last)}


def measure_model(model: LinearTransformer, task: LinearTask) -> dict[str, LossSummary]:
    """Loss of a model ("model") by layer on fresh prompts, and of its baselines."""
    methods: dict[str, Method] = {
        "model": model,
        "const_rr": ConstRR.of(task),
        "bayes_rr": BayesRR(noise=task.noise),
    }
    if task.num_context > task.dim:
        methods["ada_rr"] = AdaRR()
    return evaluate(methods, task, prompts=MEASURE_PROMPTS)


def checkpoint_of(config: Train, frame: Frame, measured: Mapping[str, LossSummary]) -> Checkpoint:
    """The finished model as a file of the zoo's format."""
    loss = measured["model"]
    values = {"mean": loss.mean[-1], "stderr": loss.stderr[-1], "median": loss.median[-1]}
    if not all(np.isfinite(value) for value in values.values()):
        raise InputError(
            "The model's loss is not finite, so there is nothing worth saving: train it again "
            "with another seed or a longer time limit."
        )
    return Checkpoint(
        model=frame.model,
        parametrization=config.parametrization,
        task=config.task(),
        seed=config.seed,
        training=config.training().to_dict() | {"steps": frame.step},
        metrics={name: float(value) for name, value in values.items()}
        | {"prompts": loss.count, "seed": 1, "seconds": round(frame.seconds, 1)},
    )


def run_figure(config: Train, frames: Sequence[Frame], now: int | None = None) -> Figure:
    """Loss over updates above the floor, and the paper's value where there is one."""
    published = published_loss(config.task(), config.parametrization, config.layers)
    loss = np.array([frame.loss for frame in frames])
    return plots.training_curve(
        np.array([frame.step for frame in frames]),
        loss,
        method=config.parametrization,
        floor=frames[-1].floor,
        levels={} if published is None else {"paper": published},
        total_steps=frames[-1].total_steps,
        now=now,
    )


def weights_figure(config: Train, frames: Sequence[Frame], now: int) -> Figure:
    """Q and P of a snapshot in normalised coordinates."""
    frame = frames[now]
    final = normalised(frames[-1].model, config.task())
    limits = {scale: weight_plots.largest(panels(final), scale) for scale in ("Q", "P")}
    return weight_plots.heatmaps(
        panels(normalised(frame.model, config.task())),
        title=f"Weights after {frame.step:,} updates",
        limits=limits,
        cell=weight_plots.ROW,
    )


def layers_figure(parametrization: Parametrization, measured: Mapping[str, LossSummary]) -> Figure:
    """Loss after every layer of a model, beside the baselines."""
    loss = measured["model"]
    x = np.arange(loss.mean.shape[-1])
    # Of a model that diverges both may be infinite: no band then.
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = np.maximum(loss.mean - 2 * loss.stderr, 0), loss.mean + 2 * loss.stderr
    ends = (-0.15, x[-1] + 0.15)
    curves = [level(m, float(s.mean[-1]), ends) for m, s in measured.items() if m != "model"]
    curves.append(
        Curve(
            method=parametrization,
            x=x,
            y=loss.mean,
            low=low,
            high=high,
            band="±2 standard errors",
            markers=True,
        )
    )
    shown = log_range([curve.y for curve in curves], top=plots.TOP)
    return plots.loss_by_layer(curves, title="Loss after every layer", y_range=shown)


def finding(
    parametrization: Parametrization, task: LinearTask, measured: Mapping[str, LossSummary]
) -> str:
    """How good a model is, in one sentence with its numbers."""
    model, bayes = measured["model"], float(measured["bayes_rr"].mean[-1])
    layers = model.mean.shape[-1] - 1
    end = float(model.mean[-1])
    if not np.isfinite(end) or end > float(model.mean[0]):
        size = f"of {short(end)}" if np.isfinite(end) else "beyond all numbers"
        return (
            f"This model diverges: its loss {size} is worse than predicting nothing "
            f"({float(model.mean[0]):.3g})."
        )
    said = f"Adjusted loss **{plus_minus(end, float(model.stderr[-1]))}** (half MSE)"
    if bayes > 1e-6:
        said += f", {end / bayes:.2f} times the Bayes floor ({bayes:.3g})"
    published = published_loss(task, parametrization, layers)
    if published is not None:
        said += f"; the paper has {published:.3g}"
    return said + "."


def label_of(parametrization: Parametrization, layers: int) -> str:
    return f"{METHODS[parametrization].label}, {layers} layer{'s' * (layers > 1)}"


def movie_player(config: Train, outcome: Outcome) -> Player:
    """Goes through the snapshots of the run."""
    shot = config.snapshot
    return Player(
        name="snapshot",
        label="Training",
        labels=[f"{frame.step:,} updates" for frame in outcome.frames],
        value=outcome.last if shot is None else shot,
        seconds=0.25,
    )


def movie_grid(config: Train, outcome: Outcome) -> Grid:
    """The heatmaps at every snapshot."""
    task = config.task()
    shown = [
        {p.uid: p.matrix for row in panels(normalised(frame.model, task)) for p in row}
        for frame in outcome.frames
    ]
    moving = [
        Quantity(trace=uid, field="z", values=np.stack([frame[uid] for frame in shown]))
        for uid in shown[0]
    ]
    return Grid(axes={"snapshot": range(len(shown))}, quantities=moving, exact=True)


def run_view(config: Train, outcome: Outcome) -> View:
    return View(figure=run_figure(config, outcome.frames))


def by_layer_view(config: Train, outcome: Outcome) -> View:
    return View(figure=layers_figure(config.parametrization, outcome.measured))


def matrices_view(config: Train, outcome: Outcome) -> View:
    """Q and P, over the training once it has ended."""
    player = movie_player(config, outcome)
    figure = weights_figure(config, outcome.frames, player.value)
    title = "Weights (normalised)"
    if not (outcome.last and outcome.finished):
        return View(figure=figure, title=title)
    grid = movie_grid(config, outcome)
    return View(figure=figure, title=title, controls=[player], grid=grid)


VIEWS: Mapping[str, Callable[[Train, Outcome], View]] = {
    "run": run_view,
    "by_layer": by_layer_view,
    "matrices": matrices_view,
}
"""What the lesson shows, by name."""
