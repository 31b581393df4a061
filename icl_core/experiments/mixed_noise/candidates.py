"""What may be shipped for a cell of the table: trained, tuned, or taken from other models."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from icl_core.algorithms.descent import GDPlusPlus
from icl_core.analysis.tuning import gdpp_ladder
from icl_core.arrays import in_float64
from icl_core.constructions import gdpp_model
from icl_core.experiments.mixed_noise.settings import DEPTHS, Recipe, Spec
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.training import Exploration, Validated
from icl_core.training.linear import as_parameters
from icl_core.training.objective import Batch, Parameters, batch_of, losses
from icl_core.zoo.library import Entry, entries_in, load_entry
from icl_core.zoo.movies import Movie

SELECTION_BATCHES, SELECTION_BATCH, SELECTION_SEED = 16, 8192, 2
SPECTRA = 131_072
"""Prompts whose spectra GD++ is tuned on."""
THOROUGH = True


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Weights that may be shipped: of the model `name`, of a run of a recipe, or tuned.

    `kept` is the entry of the model itself, as an earlier recipe left it. `seconds` are those of
    one core that the run took.
    """

    model: LinearTransformer
    name: str = ""
    run: tuple[Validated, ...] = ()
    seconds: float = 0.0
    recipe: Recipe | None = None
    kept: Entry | None = None

    @property
    def source(self) -> str:
        """Where the weights come from, in words."""
        if self.recipe:
            kinds = {
                "random": "random starts",
                "easier": "easier models",
                "shallower": "a layer less",
            }
            words = kinds.get(self.recipe.start, "neighbouring noise laws and seeds")
            return f"trained from {words}"
        return f"{self.name} as it is" if self.name else "tuned"


def candidates_of(
    group: Sequence[Spec], recipes: Sequence[Recipe], built: Mapping[Spec, Entry], folder: Path
) -> Iterator[list[Candidate]]:
    """For every model of a group: what was trained, what is shipped so far, and easier models."""
    if group[0].parametrization == "gdpp":
        for spec in group:
            yield [Candidate(model=_tuned(spec))]
        return
    trained: list[list[Candidate]] = [[] for _ in group]
    for recipe in recipes:
        warm = [
            [candidate.model for candidate in as_they_are(spec, recipe.starts(spec), folder)]
            for spec in group
        ]
        if recipe.start != "random" and not any(warm):
            continue
        begun = time.process_time()
        tasks, seeds = [spec.task for spec in group], [spec.seed for spec in group]
        runs = tuple(Exploration(tasks, seeds, recipe.config).snapshots(warm))
        seconds = (time.process_time() - begun) / len(group)
        for found, run in zip(trained, zip(*runs, strict=True), strict=True):
            # A deep model may err by thousands on one prompt in 100,000, which 4,096 validation
            # prompts do not tell; the snapshot before often does not.
            for end in (run, run[:-2]):
                if np.isfinite(end[-1].loss):
                    model = end[-1].model
                    found.append(Candidate(model=model, run=end, seconds=seconds, recipe=recipe))
    for spec, found in zip(group, trained, strict=True):
        if entry := built.get(spec):
            model = load_entry(entry, folder).model
            found.append(Candidate(model=model, name=spec.name, kept=entry))
        yield [*found, *as_they_are(spec, spec.easier(), folder)]


def as_they_are(spec: Spec, others: Sequence[Spec], folder: Path) -> list[Candidate]:
    """Those of other models that are there, padded to the shape of one."""
    there = {entry.name: entry for entry in entries_in(folder)}
    entries = [there[other.name] for other in others if other.name in there]
    return [
        Candidate(
            model=load_entry(entry, folder).model.padded(spec.num_layers, spec.num_heads),
            name=entry.name,
        )
        for entry in entries
    ]


@in_float64
def _tuned(spec: Spec) -> LinearTransformer:
    rungs = _rungs(spec.task, max(spec.num_layers, DEPTHS[-1]))
    return gdpp_model(
        rungs[spec.num_layers - 1], dim=spec.task.dim, num_context=spec.task.num_context
    )


@lru_cache(maxsize=32)
def _rungs(task: LinearTask, steps: int) -> tuple[GDPlusPlus, ...]:
    return gdpp_ladder(task, steps, prompts=SPECTRA, thorough=THOROUGH)


def seconds_of(candidates: Sequence[Candidate]) -> dict[Recipe, float]:
    """Of every run: a run and its shorter cut are two candidates and one run."""
    return {c.recipe: c.seconds for c in candidates if c.recipe}


@in_float64
def select(candidates: Sequence[Candidate], task: LinearTask) -> Candidate:
    """The one with the smallest mean loss on a large fresh draw."""
    if len(candidates) == 1:
        return candidates[0]
    starts = [as_parameters(candidate.model.normalised(task), "full") for candidate in candidates]
    totals = np.zeros(len(candidates))
    for index in range(SELECTION_BATCHES):
        prompts = draw_prompts(task, (SELECTION_SEED, index), SELECTION_BATCH)
        batch = batch_of(prompts, task)
        totals += [float(_mean_loss(parameters, batch)) for parameters in starts]
    return candidates[int(np.argmin(np.where(np.isfinite(totals), totals, np.inf)))]


@jax.jit
def _mean_loss(parameters: Parameters, batch: Batch) -> Float[Array, ""]:
    return jnp.mean(losses(parameters, batch))


def movie_of(run: Sequence[Validated]) -> Movie:
    """The track of the start that was refined in the end, from its first step on."""
    exploring = [snapshot for snapshot in run if snapshot.phase == "exploring"]
    refining = [snapshot for snapshot in run if snapshot.phase != "exploring"]
    winner = exploring[-1].best
    frames = [(s, winner) for s in exploring]
    frames += [(s, s.best) for s in refining]
    return Movie(
        steps=np.asarray([snapshot.step for snapshot, _ in frames]),
        loss=np.asarray([snapshot.losses[index] for snapshot, index in frames]),
        P=np.stack([snapshot.candidates.P[index] for snapshot, index in frames]),
        Q=np.stack([snapshot.candidates.Q[index] for snapshot, index in frames]),
    )
