"""The trained model that the lesson shows, out of those of a task."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icl_core.errors import InputError
from icl_core.lessons.gdpp_spectrum.config import DRAWS, GdppSpectrum
from icl_core.lessons.shared.beside import beside_of
from icl_core.lessons.shared.coordinates import model_of
from icl_core.lessons.shared.named import find_named
from icl_core.lessons.shared.shipped import Kin, find_family, find_model, models_of
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask
from icl_core.validation import Reach
from icl_core.zoo.library import PRETRAINED, from_shipped, load_entry
from icl_core.zoo.movies import Movie, training_of

KEPT = 16
"""Models that are remembered."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """A model of a task over its training, whose last snapshot is the model itself."""

    task: LinearTask
    kin: Kin
    movie: Movie
    own_run: bool
    """Whether the movie is of the run that ends in the model."""

    @property
    def last(self) -> int:
        return len(self.movie.steps) - 1

    @property
    def num_layers(self) -> int:
        return self.movie.P.shape[1]

    @property
    def rank(self) -> int:
        """How many eigenvalues of a prompt are not 0 for want of examples."""
        return min(self.task.dim, self.task.num_context)

    @property
    def label(self) -> str:
        return f"{self.kin.label}, L = {self.num_layers}"

    def model(self, frame: int) -> LinearTransformer:
        """The weights of a snapshot."""
        P, Q = self.movie.P[frame], self.movie.Q[frame]
        return model_of(P.astype(np.float64), Q.astype(np.float64))


@from_shipped(KEPT)
def read(task: str, model: str, depth: int, folder: Path = PRETRAINED) -> Trained:
    """The model of that name with its movie, if it has one."""
    family, entry = find_family(task, folder), find_model(task, model, depth, folder)
    return Trained(
        task=family.task,
        kin=Kin(entry.parametrization, entry.num_heads),
        movie=training_of(entry, load_entry(entry, family.folder).model, np.nan, family.folder),
        own_run=not entry.metrics.get("movie"),
    )


@from_shipped(KEPT)
def read_beside(name: str, task: LinearTask) -> Trained:
    """A second model of any name (`beside_of`) as trained, on the prompts of a task: DIAG and GD++,
    whose matrices are few numbers, in any dimension."""
    beside_of(name, task.dim)
    entry, folder, _ = find_named(name)
    model = load_entry(entry, folder).model
    P, Q = (
        weights if model.dim == task.dim else _widened(weights, task.dim)
        for weights in (np.asarray(model.P), np.asarray(model.Q))
    )
    movie = Movie(steps=np.zeros(1, int), loss=np.full(1, np.nan), P=P[None], Q=Q[None])
    kin = Kin(entry.parametrization, entry.num_heads)
    return Trained(task=task, kin=kin, movie=movie, own_run=True)


def _widened(weights: np.ndarray, dim: int) -> np.ndarray:
    """Diagonal matrices [L, H, tokens, tokens] for inputs of another dimension."""
    diagonal = np.diagonal(weights, axis1=-2, axis2=-1)
    x = np.repeat(diagonal[..., :-1].mean(-1, keepdims=True), dim, axis=-1)
    return np.concatenate([x, diagonal[..., -1:]], axis=-1)[..., None] * np.eye(dim + 1)


def trained_of(config: GdppSpectrum) -> Trained:
    """The model chosen."""
    return read(config.task, config.model, config.depth)


def trained_reach(config: GdppSpectrum) -> dict[str, Reach]:
    """Layers and snapshots follow from the model; nothing does where there is none."""
    try:
        trained = trained_of(config)
    except InputError:
        return {}
    return {
        "layer": Reach("The layer", 1, trained.num_layers),
        "frame": Reach("The snapshot", 0, trained.last),
    }


def frame_of(config: GdppSpectrum, trained: Trained) -> int:
    """The snapshot shown."""
    return trained.last if config.frame is None else min(config.frame, trained.last)


def trained_states() -> Iterator[GdppSpectrum]:
    """The default model's prompts, and the models of its task that are one choice away."""
    config = GdppSpectrum()
    yield from (config.replace(draw=draw) for draw in DRAWS)
    try:
        found = models_of(config.task)
    except InputError:
        return
    yield from (config.replace(depth=depth) for depth in found[config.model])
    yield from (config.replace(model=name) for name in found if config.depth in found[name])
