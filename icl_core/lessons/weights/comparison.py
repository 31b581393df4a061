"""Two models of one d and depth side by side, once they are aligned, and their difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from icl_core.analysis.alignment import align, balanced
from icl_core.analysis.parts import as_float64
from icl_core.errors import InputError
from icl_core.lessons.shared.coordinates import normalised
from icl_core.lessons.shared.matrices import GREY
from icl_core.lessons.shared.named import find_named, in_order, label
from icl_core.lessons.shared.shipped import Kin
from icl_core.lessons.shared.words import counted
from icl_core.lessons.weights.config import Coordinates, Weights
from icl_core.lessons.weights.matrices import beside_view, layer_grid
from icl_core.lessons.weights.measure import Story, in_coordinates, kin_model
from icl_core.live import Grid, View
from icl_core.models.linear import Layers, Normalised
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import MIXED_NOISE, entries_of, from_shipped, load_entry


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


def others(story: Story) -> dict[str, str]:
    """The models it can be compared with, in words by short name: DIAG first for FULL, and so on.
    A name that is none of these is of a model of another task (`find_named`)."""
    found = [kin for kin in story.kin if kin != story.own]
    found.sort(key=lambda kin: (kin.seed, _apart(story, kin)))
    return {kin.name: kin.label for kin in found}


def _apart(story: Story, kin: Kin) -> int:
    order = ["gdpp", "diag", "full"]
    return abs(order.index(kin.parametrization) - order.index(story.parametrization))


def foreign(story: Story) -> dict[str, str]:
    """Shipped models of the same d and depth that were trained on other tasks, in words by name."""
    return dict(_of_shape(story.task, story.num_layers))


@from_shipped(32)
def _of_shape(task: LinearTask, layers: int) -> Mapping[str, str]:
    return {
        entry.name: label(entry)
        for entry in in_order(entries_of(MIXED_NOISE))
        if (entry.linear_task.dim, entry.num_layers) == (task.dim, layers)
        and entry.linear_task != task
    }


def other_of(config: Weights, story: Story) -> str:
    """The name of the model compared with."""
    shape = f"d = {story.task.dim} and {counted(story.num_layers, 'layer')}"
    known = others(story) | foreign(story)
    if config.other and config.other not in known and not alike(story, config.other):
        raise InputError(
            f"{config.other} has another shape: expected a model of {shape}, as the one that it "
            "stands beside."
        )
    if not known and not config.other:
        raise InputError(f"No other model of {shape} is shipped: train one to compare with.")
    return config.other or next(iter(known))


def alike(story: Story, name: str) -> bool:
    """Whether a model has the d and the depth of the one that is shown."""
    entry = find_named(name).entry
    return (entry.linear_task.dim, entry.num_layers) == (story.task.dim, story.num_layers)


class _Other(NamedTuple):
    label: str
    model: Normalised


@lru_cache(maxsize=64)
def _other(story: Story, name: str) -> _Other:
    """The model compared with, each measured in its own tokens."""
    for kin in story.kin:
        if kin.name == name:
            return _Other(kin.label, kin_model(story, kin))
    named = find_named(name)
    model = as_float64(load_entry(named.entry, named.folder).model)
    return _Other(named.label, as_float64(normalised(model, named.entry.linear_task)))


@lru_cache(maxsize=64)
def compared(story: Story, one: str, other: str) -> Comparison:
    """`other` aligned to `one`, both balanced; a missing head counts as one of zeros."""
    first, second = _other(story, one).model, _other(story, other).model
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
def _parts(story: Story, other: str, coordinates: Coordinates) -> dict[str, Layers]:
    found, said = compared(story, story.own.name, other), _other(story, other).label
    gap = Normalised(P=found.own.P - found.other.P, Q=found.own.Q - found.other.Q)
    models = {story.own.label: found.own, said: found.other, "difference": gap}
    return {name: in_coordinates(model, story.task, coordinates) for name, model in models.items()}


@lru_cache(maxsize=32)
def _grid(story: Story, other: str, coordinates: Coordinates) -> Grid:
    return layer_grid(_parts(story, other, coordinates), story.num_layers)


def compare_view(config: Weights, story: Story) -> View:
    """Both models and their difference for every layer; one scale a letter and all layers."""
    other = other_of(config, story)
    title = f"{story.own.label} beside {_other(story, other).label}"
    found = compared(story, story.own.name, other)
    caption = (
        f"P and Q of a layer made equally large; then {_freedom(found)} chosen for the "
        f"smallest difference: distance {found.before:.3f} before, **{found.after:.3f}** after "
        f"(exact; 0 is the same, 1 nothing in common). {GREY}"
    )
    return beside_view(
        config,
        story,
        _parts(story, other, config.coordinates),
        lambda: _grid(story, other, config.coordinates),
        name="compare",
        heading=title,
        title=title,
        caption=caption,
    )


def _freedom(found: Comparison) -> str:
    """What alignment chose, in words."""
    heads = ["heads"] if found.own.num_heads > 1 else []
    chosen = ["signs", *heads, *(["directions of x"] if found.turned else [])]
    return " and ".join(filter(None, [", ".join(chosen[:-1]), chosen[-1]]))
