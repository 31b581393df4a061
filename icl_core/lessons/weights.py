"""Lesson: the weights themselves (paper 2, figure 4): Q and P layer by layer, and over training."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.floors import one_layer_step
from icl_core.arrays import in_float64
from icl_core.constructions import gradient_descent_model
from icl_core.errors import InputError
from icl_core.lessons.choices import text
from icl_core.lessons.coordinates import normalised, omega_values
from icl_core.lessons.families import find_family
from icl_core.live import Grid, Player, Quantity, View
from icl_core.models.linear import PARAMETRIZATIONS, LinearTransformer, Parametrization
from icl_core.plots import weights as plots
from icl_core.plots.figure import Figure
from icl_core.plots.style import METHODS
from icl_core.plots.weights import Panel, Run
from icl_core.tasks.linear import LinearTask
from icl_core.validation import Config, choice, integer
from icl_core.zoo.library import (
    PRETRAINED,
    baseline_table_name,
    load_entry,
    load_movie,
    load_table,
)

Coordinates = Literal["normalised", "raw"]
COORDINATES: tuple[Coordinates, ...] = get_args(Coordinates)


@dataclass(frozen=True, kw_only=True)
class Weights(Config):
    """Choices of the lesson. layer 0 is all layers; snapshot None is the finished model."""

    task: str = "categorical1-3_d10_n20"
    parametrization: Parametrization = "full"
    layers: int = 4
    layer: int = 0
    coordinates: Coordinates = "normalised"
    snapshot: int | None = None

    def __post_init__(self) -> None:
        shot = self.snapshot
        self._set(
            task=text("The task", self.task),
            parametrization=choice("The parametrization", self.parametrization, PARAMETRIZATIONS),
            layers=integer("The number of layers L", self.layers, "num_layers"),
            layer=integer("The layer", self.layer, (0, 12)),
            coordinates=choice("The coordinates", self.coordinates, COORDINATES),
            snapshot=None if shot is None else integer("The snapshot", shot, (0, 1000)),
        )


PRESETS: dict[str, Weights] = {
    "Four full layers": Weights(),
    "One layer: gradient descent": Weights(layers=1, task="uniform5_d10_n20"),
    "Before training": Weights(snapshot=0),
    "Four numbers a layer": Weights(parametrization="diag"),
    "Raw coordinates": Weights(coordinates="raw"),
}
"""Named states of the lesson; the first is its default."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Story:
    """A model over its training: steps, loss [T] (validation, half MSE); P, Q [T, L, H, d+1, d+1].

    Raw coordinates; the last snapshot is the finished model. floor is the Bayes loss of the task.
    """

    task: LinearTask
    parametrization: Parametrization
    steps: np.ndarray
    loss: np.ndarray
    P: np.ndarray
    Q: np.ndarray
    floor: float

    @property
    def last(self) -> int:
        return len(self.steps) - 1

    def model(self, snapshot: int) -> LinearTransformer:
        return LinearTransformer(P=self.P[snapshot], Q=self.Q[snapshot])


def measure(config: Weights) -> Story:
    """What the views show."""
    return read(config.task, config.parametrization, config.layers)


def read(task: str, parametrization: str, layers: int, folder: Path = PRETRAINED) -> Story:
    """A shipped model with its movie; without a movie, the finished model alone."""
    family = find_family(task, folder)
    entry = family.entries.get(parametrization, {}).get(layers)
    if entry is None:
        raise InputError(
            f"There is no shipped {METHODS[parametrization].label} model of {layers} layers for "
            f"{family.label}: choose other layers or another parametrization."
        )
    model = load_entry(entry, folder).model
    final = float(load_table(entry.name, folder).loss.mean[-1])
    floor = float(load_table(baseline_table_name(family.task, "bayes_rr"), folder).loss.mean[-1])
    P, Q = np.asarray(model.P)[None], np.asarray(model.Q)[None]
    steps, loss = np.array([0]), np.array([final])
    if (folder / "movies" / f"{entry.name}.safetensors").is_file():
        movie = load_movie(entry.name, folder)
        steps, loss = movie.steps, movie.loss
        P, Q = np.concatenate([movie.P[:-1], P]), np.concatenate([movie.Q[:-1], Q])
    return Story(
        task=family.task,
        parametrization=entry.parametrization,
        steps=steps,
        loss=loss,
        P=P,
        Q=Q,
        floor=floor,
    )


def shown_at(story: Story, snapshot: int, coordinates: Coordinates) -> LinearTransformer:
    """The weights of a snapshot in the chosen coordinates."""
    model = story.model(snapshot)
    return normalised(model, story.task) if coordinates == "normalised" else model


def panels(model: LinearTransformer, layer: int = 0, *, wide: bool = False) -> list[list[Panel]]:
    """Q above P, a column a layer (or the one chosen), a pair of rows a head.

    `wide` sets Q and P of up to two layers side by side instead.
    """
    chosen = range(model.num_layers) if layer == 0 else [layer - 1]
    rows = []
    for head in range(model.num_heads):
        of = f", head {head + 1}" if model.num_heads > 1 else ""
        pair = [
            [
                Panel(
                    uid=f"{letter}{index}h{head}",
                    title=f"{letter}, layer {index + 1}{of}",
                    matrix=np.asarray(stack[index, head], float),
                    scale=letter,
                )
                for index in chosen
            ]
            for letter, stack in (("Q", model.Q), ("P", model.P))
        ]
        beside = [panel for both in zip(*pair, strict=True) for panel in both]
        rows += [beside] if wide and len(chosen) < 3 else pair
    return rows


def movie_panels(story: Story, coordinates: Coordinates, layer: int) -> dict[str, np.ndarray]:
    """z of every heatmap over the snapshots, by uid: [T, d+1, d+1]."""
    frames = [
        {p.uid: p.matrix for row in panels(shown_at(story, t, coordinates), layer) for p in row}
        for t in range(len(story.steps))
    ]
    return {uid: np.stack([frame[uid] for frame in frames]) for uid in frames[0]}


def snapshot_of(config: Weights, story: Story) -> int:
    """The snapshot shown."""
    return story.last if config.snapshot is None else min(config.snapshot, story.last)


def heatmap_figure(config: Weights, story: Story) -> Figure:
    """Figure 4 of the paper; colour limits hold for the finished model, the movie included."""
    snapshot = snapshot_of(config, story)
    layer = min(config.layer, story.P.shape[1])
    final = panels(shown_at(story, story.last, config.coordinates), layer, wide=True)
    label = METHODS[story.parametrization].label
    run = Run(
        steps=story.steps,
        loss=story.loss,
        floor=story.floor,
        method=story.parametrization,
        now=snapshot,
    )
    return plots.heatmaps(
        panels(shown_at(story, snapshot, config.coordinates), layer, wide=True),
        title=f"{label}, L = {config.layers}, after {int(story.steps[snapshot]):,} updates",
        limits={scale: plots.largest(final, scale) for scale in ("Q", "P")},
        run=run if story.last else None,
    )


@in_float64
def theory(story: Story) -> tuple[LinearTransformer, str]:
    """Weights that theory names for the finished model, and what they are in words.

    One layer: the best step of gradient descent (exact), scaled to the trained Q, for a factor may
    move between P and Q. Deeper: the part of the layers that DIAG can hold.
    """
    model = story.model(story.last)
    d, n = story.task.dim, story.task.num_context
    if model.num_layers == 1 and model.num_heads == 1:
        step = GradientDescent(etas=(one_layer_step(story.task),))
        exact = gradient_descent_model(step, dim=d, num_context=n)
        factor = np.diagonal(np.asarray(model.Q)[0, 0])[:d].mean()
        scaled = LinearTransformer(P=exact.P / factor, Q=exact.Q * factor)
        said = (
            "Theory is the best single step of gradient descent. Only the y row of P and the x "
            "columns of Q are ever read; elsewhere training leaves what it began with."
        )
        return scaled, said
    return diagonal_part(model), "Theory keeps the DIAG part of the layer: four numbers a head."


def diagonal_part(model: LinearTransformer) -> LinearTransformer:
    """Every P and Q with only the mean of its x diagonal and its y entry kept."""

    def kept(stack: Any) -> Any:
        diagonal = np.diagonal(stack, axis1=-2, axis2=-1).copy()
        diagonal[..., :-1] = diagonal[..., :-1].mean(-1, keepdims=True)
        return diagonal[..., None] * np.eye(stack.shape[-1])

    return LinearTransformer(P=kept(np.asarray(model.P)), Q=kept(np.asarray(model.Q)))


def theory_figure(config: Weights, story: Story) -> Figure:
    """Trained, theory and their difference for one layer, on one scale a matrix."""
    index = max(config.layer, 1) - 1
    named, _ = theory(story)
    trained = shown_at(story, story.last, config.coordinates)
    model = normalised(named, story.task) if config.coordinates == "normalised" else named
    rows = []
    for letter in ("Q", "P"):
        ours, theirs = (np.asarray(getattr(m, letter))[index, 0] for m in (trained, model))
        parts = {"trained": ours, "theory": theirs, "difference": ours - theirs}
        rows.append(
            [
                Panel(
                    uid=f"{letter}:{part}", title=f"{letter}, {part}", matrix=matrix, scale=letter
                )
                for part, matrix in parts.items()
            ]
        )
    title = f"Theory beside trained, layer {index + 1}"
    return plots.heatmaps(rows, title=title, name="theory", cell=165)


def omega_figure(story: Story) -> Figure:
    """The four numbers of every layer in normalised coordinates, where they compare."""
    values = omega_values(normalised(story.model(story.last), story.task))
    return plots.omega_chart(values, title="What each layer does")


def finding(story: Story) -> str:
    """What the finished weights are, in one sentence with its numbers."""
    model = story.model(story.last)
    if model.num_layers == 1:
        eta = -float(omega_values(model)[0, 2]) * story.task.num_context
        exact = one_layer_step(story.task)
        return (
            f"The layer is one step of gradient descent with step size **η = {eta:.3f}**; "
            f"the best there can be is {exact:.3f}."
        )
    if story.parametrization == "gdpp":
        eta, gamma = _read_off(model, story.task.num_context)
        return (
            f"Every layer is a step of GD++: the step sizes are η = {_listed(eta)}, "
            f"and γ = {_listed(gamma)}."
        )
    share = diagonal_share(story)
    if story.parametrization == "diag":
        return (
            "Q and P are diagonal with one number for all of x and one for y: "
            f"**{4 * model.num_layers} numbers** in all, shown below as ω."
        )
    return (
        f"Nothing forced these matrices to be diagonal, yet **{share:.0%}** of their squared "
        "weight stands on the diagonal that DIAG keeps."
    )


def diagonal_share(story: Story) -> float:
    """Share of sum P^2 + sum Q^2 (normalised coordinates) that the DIAG part holds."""
    model = normalised(story.model(story.last), story.task)
    kept = diagonal_part(model)

    def energy(m: LinearTransformer) -> float:
        return float(np.sum(np.square(m.P)) + np.sum(np.square(m.Q)))

    return energy(kept) / energy(model)


def _read_off(model: LinearTransformer, num_context: int) -> tuple[np.ndarray, np.ndarray]:
    values = omega_values(model)
    return -num_context * values[:, 2], -values[:, 0]


def _listed(values: Sequence[float] | np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)


def movie_player(config: Weights, story: Story) -> Player:
    """Goes through the snapshots of a shipped training."""
    return Player(
        name="snapshot",
        label="Training",
        labels=[f"{step:,} updates" for step in story.steps],
        value=snapshot_of(config, story),
        seconds=0.25,
    )


@lru_cache(maxsize=32)
def movie_grid(story: Story, coordinates: Coordinates, layer: int) -> Grid:
    """The heatmaps at every snapshot, and where in the run each is."""
    movie = movie_panels(story, coordinates, layer)
    now = {"x": story.steps[:, None] + 1.0, "y": story.loss[:, None]}
    moving = [Quantity(trace=uid, field="z", values=z) for uid, z in movie.items()]
    moving += [Quantity(trace="now", field=name, values=v) for name, v in now.items()]
    return Grid(axes={"snapshot": np.arange(len(story.steps))}, quantities=moving, exact=True)


def heatmap_view(config: Weights, story: Story) -> View:
    """Q and P over training, where a movie is shipped."""
    figure = heatmap_figure(config, story)
    if not story.last:
        return View(figure=figure)
    layer = min(config.layer, story.P.shape[1])
    return View(
        figure=figure,
        title=f"{METHODS[story.parametrization].label}, L = {config.layers}",
        controls=[movie_player(config, story)],
        grid=movie_grid(story, config.coordinates, layer),
    )


def theory_view(config: Weights, story: Story) -> View:
    return View(figure=theory_figure(config, story), caption=theory(story)[1])


def omega_view(config: Weights, story: Story) -> View:
    return View(figure=omega_figure(story))


VIEWS: Mapping[str, Callable[[Weights, Story], View]] = {
    "heatmaps": heatmap_view,
    "theory": theory_view,
    "omegas": omega_view,
}
"""What the lesson shows, by name."""
