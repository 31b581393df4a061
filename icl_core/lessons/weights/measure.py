"""Shipped models with their training."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from icl_core.analysis.parts import as_float64
from icl_core.errors import InputError
from icl_core.lessons.shared.coordinates import normalised
from icl_core.lessons.shared.shipped import Kin, Relatives, find_family, relatives
from icl_core.lessons.weights.config import Coordinates, Weights
from icl_core.models.linear import Layers, LinearTransformer, Normalised
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import PRETRAINED, load_entry
from icl_core.zoo.movies import training_of
from icl_core.zoo.tables import baseline_table_name, load_table


@dataclass(frozen=True, kw_only=True, eq=False)
class Story:
    """A model over its training: steps, loss [T] (validation, half MSE); P, Q [T, L, H, d+1, d+1].

    Raw coordinates; the last snapshot is the finished model. Where no run has won it, that is
    `source` in words, the last but one ends the run shown, and `shown` says where that began. floor
    is the Bayes loss of the task.
    kin are all shipped models of the task and depth, this one (`own`) too, in `folder`.
    """

    task: LinearTask
    own: Kin
    steps: np.ndarray
    loss: np.ndarray
    P: np.ndarray
    Q: np.ndarray
    floor: float
    kin: Relatives = field(default_factory=dict)
    folder: Path = PRETRAINED
    source: str = ""
    shown: str = ""

    @property
    def parametrization(self) -> str:
        return self.own.parametrization

    @property
    def last(self) -> int:
        return len(self.steps) - 1

    @property
    def ends(self) -> tuple[int, ...]:
        """Snapshots that a run, or the model, ends with."""
        return (self.last - 1, self.last) if self.shown else (self.last,)

    @property
    def num_layers(self) -> int:
        return self.P.shape[1]

    def model(self, snapshot: int) -> LinearTransformer:
        return LinearTransformer(P=self.P[snapshot], Q=self.Q[snapshot])

    @property
    def finished(self) -> LinearTransformer:
        return self.model(self.last)


def measure(config: Weights) -> Story:
    """What the views show."""
    return read(config.task, config.parametrization, config.layers, config.heads, config.seed)


def read(
    task: str,
    parametrization: str,
    layers: int,
    heads: int = 1,
    seed: int = 0,
    folder: Path = PRETRAINED,
) -> Story:
    """A shipped model with its movie; without a movie, the finished model alone."""
    family = find_family(task, folder)
    folder, kin = family.folder, relatives(task, folder).get(layers, {})
    own = Kin(parametrization, heads, seed)
    if own not in kin:
        raise InputError(
            f"There is no shipped {own.label} model of {layers} layers for "
            f"{family.label}: choose other layers or another model."
        )
    entry = kin[own]
    model = load_entry(entry, folder).model
    final = float(load_table(entry.name, folder).loss.mean[-1])
    floor = float(load_table(baseline_table_name(family.task, "bayes_rr"), folder).loss.mean[-1])
    movie = training_of(entry, model, final, folder)
    return Story(
        task=family.task,
        own=own,
        steps=movie.steps,
        loss=movie.loss,
        P=movie.P,
        Q=movie.Q,
        floor=floor,
        kin=kin,
        folder=folder,
        source=str(entry.metrics.get("source", "")),
        shown=str(entry.metrics.get("movie", "")),
    )


@lru_cache(maxsize=64)
def kin_model(story: Story, kin: Kin) -> Normalised:
    """A relative, or the model itself, in normalised coordinates and float64."""
    model = story.finished if kin == story.own else load_entry(story.kin[kin], story.folder).model
    return as_float64(normalised(as_float64(model), story.task))


def in_coordinates(model: Normalised, task: LinearTask, coordinates: Coordinates) -> Layers:
    """A normalised model in the chosen coordinates."""
    return model.raw(task) if coordinates == "raw" else model


def shown_at(story: Story, snapshot: int, coordinates: Coordinates) -> Layers:
    """The weights of a snapshot in the chosen coordinates."""
    model = story.model(snapshot)
    return normalised(model, story.task) if coordinates == "normalised" else model
