"""The shipped results that the lesson shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.experiments.several_layers.results import Results, load_results
from icl_core.experiments.several_layers.settings import ARCHITECTURES, model_name
from icl_core.lessons.several_layers.config import CLIPPED, SeveralLayers
from icl_core.models.factored import FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.validation import Reach
from icl_core.zoo.library import PRETRAINED, find_entry, load_model
from icl_core.zoo.movies import Movie, load_movie


@dataclass(frozen=True, kw_only=True, eq=False)
class Layers(Results):
    """One architecture: what was measured, and by seed the linear models (none of blocks with
    MLPs) and their weights over training, where these are kept."""

    models: tuple[LinearTransformer, ...]
    movies: tuple[Movie | None, ...]

    @cached_property
    def x(self) -> np.ndarray:
        """Updates + 1 of every snapshot."""
        return self.course.steps[0] + 1.0

    def loss(self, method: str) -> Estimate:
        """Losses by step, [K+1], of "gd" or "gdpp": exact without clipping, sampled for models that
        are trained with it."""
        if self.architecture.clipped:
            return self.sweeps.clipped.of(method)
        return self.algorithms.of(method).loss

    def final(self) -> tuple[np.ndarray, float]:
        """Loss after the last layer by seed, and the standard error of any of them.

        Without clipping the exact one of GD++ and a paired difference: less noise than a mean.
        """
        if self.architecture.clipped:
            ends = self.sweeps.clipped.trained
            return ends.mean[:, -1], float(ends.stderr[:, -1].max())
        best, excess = self.loss("gdpp"), self.course.end.excess
        error = np.hypot(best.stderr[-1], excess.stderr[:, -1].max())
        return best.mean[-1] + excess.mean[:, -1], float(error)

    def gdpp(self) -> LinearTransformer:
        """The construction of the tuned GD++."""
        return self.algorithms.gdpp.model


Runs = Mapping[str, Layers]


def read(folder: Path = PRETRAINED) -> Runs:
    """All results of the experiment, by architecture."""
    return {name: _read(name, folder) for name in ARCHITECTURES}


def _read(name: str, folder: Path) -> Layers:
    results = load_results(name, folder)
    seeds = results.architecture.seeds
    entries = [find_entry(model_name(name, seed), folder) for seed in seeds]
    models = (load_model(entry, folder).model for entry in entries)
    return Layers(
        **vars(results),
        models=tuple(model.linear for model in models if isinstance(model, FactoredTransformer)),
        movies=tuple(
            load_movie(entry.name, folder) if entry.movie_sha256 else None for entry in entries
        ),
    )


def condition(found: Layers) -> str:
    """Whether what is shown was measured with clipped tokens."""
    return f"all with {CLIPPED}" if found.architecture.clipped else "no clipping"


def measure(config: SeveralLayers) -> Runs:
    """What the views show, from the shipped files; the same for all choices."""
    return read()


def reach(config: SeveralLayers, runs: Runs) -> dict[str, Reach]:
    """Seeds and layers are those of the kind; of tied layers all are one."""
    found = runs[config.kind]
    reaches = {"seed": Reach("Seed", 0, found.seeds - 1)}
    if not found.architecture.tied and not found.architecture.clipped:
        reaches["layer"] = Reach("Weights of layer", 1, found.architecture.layers)
    return reaches
