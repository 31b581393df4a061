"""The finished weights beside those that theory names, and the finding in words."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.alignment import balanced
from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.parts import as_float64, diagonal_part, parts_of
from icl_core.constructions import gradient_descent_model
from icl_core.lessons.coordinates import normalised, omega_values
from icl_core.lessons.weights.choices import Coordinates, Weights
from icl_core.lessons.weights.matrices import (
    GREY,
    beside_figure,
    beside_view,
    focus_of,
    layer_grid,
)
from icl_core.lessons.weights.stories import Story, in_coordinates, kin_model
from icl_core.live import Grid, View
from icl_core.models.linear import Layers, LinearTransformer, Normalised
from icl_core.plots.figure import Figure


def theory(story: Story) -> tuple[LinearTransformer, str]:
    """Weights that theory names for the finished model (raw), and what they are in words.

    One layer: the best step of gradient descent (exact), scaled to the trained Q, for a factor may
    move between P and Q. Deeper: the part of the layers that DIAG can hold.
    """
    model = story.finished
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


@lru_cache(maxsize=32)
def _beside(story: Story, coordinates: Coordinates) -> dict[str, Layers]:
    trained = kin_model(story, story.own)
    named = as_float64(normalised(as_float64(theory(story)[0]), story.task))
    gap = Normalised(P=trained.P - named.P, Q=trained.Q - named.Q)
    parts = {"trained": trained, "theory": named, "difference": gap}
    return {said: in_coordinates(model, story.task, coordinates) for said, model in parts.items()}


@lru_cache(maxsize=32)
def _grid(story: Story, coordinates: Coordinates) -> Grid:
    return layer_grid(_beside(story, coordinates), story.num_layers)


def theory_figure(config: Weights, story: Story) -> Figure:
    """Trained, theory and their difference for one layer; one scale a letter and all layers."""
    parts, layer = _beside(story, config.coordinates), focus_of(config, story)
    title = f"Theory beside trained, layer {layer + 1}"
    return beside_figure(parts, layer, title=title, name="theory")


def theory_view(config: Weights, story: Story) -> View:
    return beside_view(
        config,
        story,
        theory_figure(config, story),
        lambda: _grid(story, config.coordinates),
        title="Theory beside trained" if story.num_layers > 1 else "",
        caption=f"{theory(story)[1]} {GREY}",
    )


def finding(story: Story) -> str:
    """What the finished weights are, in one sentence with its numbers."""
    model = story.finished
    if model.num_layers == 1 and model.num_heads == 1:
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
    if story.parametrization == "diag":
        heads = f" in each of {model.num_heads} heads" if model.num_heads > 1 else ""
        return (
            f"Q and P are diagonal with one number for all of x and one for y{heads}: "
            f"**{4 * model.num_layers * model.num_heads} numbers** in all; their products are ω."
        )
    if story.source.startswith("diag_"):
        return (
            "FULL found nothing better than DIAG here: its own trainings came out behind, and what "
            f"ships is **{story.source}**."
        )
    shares = weight_shares(story)
    return (
        f"Nothing forced these matrices to be diagonal, yet **{shares[0]:.0%}** of their squared "
        f"weight is what DIAG could hold, and one rank beside it makes **{shares[:2].sum():.0%}**."
    )


@lru_cache(maxsize=64)
def weight_shares(story: Story) -> np.ndarray:
    """Shares of the DIAG part and of rank 1, 2, ... in sum P^2 + sum Q^2, which add up to 1.

    Of what is read, in normalised coordinates, P and Q of a layer being equally large.
    """
    model = balanced(kin_model(story, story.own))
    squares = [
        (parts_of(stack).shares * np.square(stack).sum((-2, -1))[..., None]).sum((0, 1))
        for stack in (np.asarray(model.P), np.asarray(model.Q))
    ]
    return sum(squares) / np.sum(squares)


def _read_off(model: Layers, num_context: int) -> tuple[np.ndarray, np.ndarray]:
    values = omega_values(model)
    return -num_context * values[:, 2], -values[:, 0]


def _listed(values: Sequence[float] | np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
