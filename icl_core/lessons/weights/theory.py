"""The finished weights beside those that theory names."""

from functools import lru_cache

import numpy as np

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.parts import as_float64, diagonal_part
from icl_core.constructions import gradient_descent_model
from icl_core.lessons.shared.coordinates import normalised
from icl_core.lessons.shared.matrices import GREY
from icl_core.lessons.weights.config import Coordinates, Weights
from icl_core.lessons.weights.matrices import beside_figure, beside_view, focus_of, layer_grid
from icl_core.lessons.weights.measure import Story, in_coordinates, kin_model
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
