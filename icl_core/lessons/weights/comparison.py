"""Two models of one task and depth side by side, once they are aligned, and their difference."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from icl_core.analysis.alignment import align, balanced
from icl_core.errors import InputError
from icl_core.lessons.shared.matrices import GREY
from icl_core.lessons.shared.shipped import Kin
from icl_core.lessons.weights.config import Coordinates, Weights
from icl_core.lessons.weights.matrices import beside_figure, beside_view, focus_of, layer_grid
from icl_core.lessons.weights.measure import Story, in_coordinates, kin_model
from icl_core.live import Grid, View
from icl_core.models.linear import Layers, Normalised
from icl_core.plots.figure import Figure


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Two models in the words in which they are closest (normalised), and how close they are.

    before and after are distances (see `analysis.alignment.distance`); turned says whether the
    second was seen in rotated inputs.
    """

    own: Normalised
    other: Normalised
    before: float
    after: float
    turned: bool


def others(story: Story) -> dict[str, Kin]:
    """The models it can be compared with, by short name: DIAG first for FULL, and so on."""
    found = [kin for kin in story.kin if kin != story.own]
    return {kin.name: kin for kin in sorted(found, key=lambda kin: (kin.seed, _apart(story, kin)))}


def _apart(story: Story, kin: Kin) -> int:
    order = ["gdpp", "diag", "full"]
    return abs(order.index(kin.parametrization) - order.index(story.parametrization))


def other_of(config: Weights, story: Story) -> Kin:
    """The model compared with."""
    found = others(story)
    if config.other in found:
        return found[config.other]
    if not found:
        raise InputError(
            f"No other model of {story.num_layers} layers is shipped for this task to compare with."
        )
    return next(iter(found.values()))


@lru_cache(maxsize=64)
def compared(story: Story, one: Kin, other: Kin) -> Comparison:
    """`other` aligned to `one`, both balanced; a missing head counts as one of zeros."""
    first, second = kin_model(story, one), kin_model(story, other)
    heads = max(first.num_heads, second.num_heads)
    first, second = (model.padded(model.num_layers, heads) for model in (first, second))
    found = align(second, first)
    turned = not np.allclose(found.rotation, np.eye(first.dim))
    return Comparison(
        own=balanced(first),
        other=found.model,
        before=found.before,
        after=found.after,
        turned=turned,
    )


@lru_cache(maxsize=64)
def _parts(story: Story, other: Kin, coordinates: Coordinates) -> dict[str, Layers]:
    found = compared(story, story.own, other)
    gap = Normalised(P=found.own.P - found.other.P, Q=found.own.Q - found.other.Q)
    models = {story.own.label: found.own, other.label: found.other, "difference": gap}
    return {said: in_coordinates(model, story.task, coordinates) for said, model in models.items()}


@lru_cache(maxsize=32)
def _grid(story: Story, other: Kin, coordinates: Coordinates) -> Grid:
    return layer_grid(_parts(story, other, coordinates), story.num_layers)


def compare_figure(config: Weights, story: Story) -> Figure:
    """Both models and their difference for one layer; one scale a letter and all layers."""
    other, layer = other_of(config, story), focus_of(config, story)
    parts = _parts(story, other, config.coordinates)
    title = f"{story.own.label} beside {other.label}, layer {layer + 1}"
    return beside_figure(parts, layer, title=title, name="compare")


def compare_view(config: Weights, story: Story) -> View:
    """Both models and their difference for every layer."""
    other = other_of(config, story)
    found = compared(story, story.own, other)
    caption = (
        f"P and Q of a layer made equally large; then {_freedom(found)} chosen for the "
        f"smallest difference: distance {found.before:.3f} before, **{found.after:.3f}** after "
        f"(exact; 0 is the same, 1 nothing in common). {GREY}"
    )
    return beside_view(
        config,
        story,
        compare_figure(config, story),
        lambda: _grid(story, other, config.coordinates),
        title=f"{story.own.label} beside {other.label}",
        caption=caption,
    )


def _freedom(found: Comparison) -> str:
    """What alignment chose, in words."""
    heads = ["heads"] if found.own.num_heads > 1 else []
    chosen = ["signs", *heads, *(["directions of x"] if found.turned else [])]
    return " and ".join(filter(None, [", ".join(chosen[:-1]), chosen[-1]]))
