"""Makes the shipped models: every one that is missing, each written as soon as it is finished."""

import fnmatch
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from icl_core.algorithms.descent import GDPlusPlus
from icl_core.analysis.tuning import gdpp_ladder
from icl_core.arrays import in_float64
from icl_core.checkpoints import Checkpoint, save_checkpoint
from icl_core.constructions import gdpp_model
from icl_core.errors import InputError
from icl_core.files import locked
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.training import Exploration, Validated
from icl_core.training.linear import as_parameters
from icl_core.training.objective import Batch, Parameters, batch_of, losses
from icl_core.zoo.library import (
    PRETRAINED,
    Entry,
    load_entry,
    load_table,
    read_manifest,
    save_movie,
    save_table,
    write_manifest,
)
from icl_core.zoo.measure import build_baselines, measure
from icl_core.zoo.movies import movie_of
from icl_core.zoo.shifts import build_shifts
from icl_core.zoo.specs import DEPTHS, STAGES, Recipe, Spec, specs

SELECTION_BATCHES, SELECTION_BATCH, SELECTION_SEED = 16, 8192, 2
SPECTRA = 131_072
"""Prompts whose spectra GD++ is tuned on."""
THOROUGH = True
LANES_ON_ACCELERATOR = 10

Report = Callable[[str], None]


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


def build(
    *, only: str = "*", folder: Path = PRETRAINED, report: Report = lambda line: None
) -> tuple[Entry, ...]:
    """Make what is missing and matches the pattern; may be stopped at any moment and called again,
    and by several processes at once if their patterns do not overlap.

    Returns the manifest's entries. `report` receives one line per finished piece.
    """
    chosen = [spec for spec in specs() if fnmatch.fnmatch(spec.name, only)]
    if not chosen:
        raise InputError(
            f"No shipped model matches {only[:60]!r}: see the names with "
            "`python -m icl_core zoo list`."
        )
    built = _built(chosen, folder)
    waiting = {spec: len(_untried(spec, built.get(spec))) for spec in chosen}
    pending = [spec for spec in chosen if waiting[spec]]
    report(f"{len(chosen) - len(pending)} of {len(chosen)} models are there.")
    for task in dict.fromkeys(spec.task for spec in chosen):
        build_baselines(task, folder=folder, report=report)
    started, done = time.perf_counter(), 0.0
    total = sum(spec.cost * count for spec, count in waiting.items())
    for _, alike in itertools.groupby(pending, key=lambda spec: spec.shape):
        for group, recipes in _work(list(alike), built):
            candidates_of = _candidates(group, recipes, built, folder)
            for spec, candidates in zip(group, candidates_of, strict=True):
                built[spec] = entry = _finish(spec, candidates, folder)
                metrics = entry.metrics
                before, waiting[spec] = waiting[spec], len(_untried(spec, entry))
                done += spec.cost * (before - waiting[spec])
                left = (time.perf_counter() - started) * (total / done - 1) if done else nan
                report(
                    f"{spec.name}: adjusted loss {metrics['mean']:.4g} ± {metrics['stderr']:.1g} "
                    f"({metrics['source']}, {metrics['seconds']:.0f} s); about {left / 60:.0f} min "
                    "left."
                )
    build_shifts(folder, report)
    return _entries(folder)


def _untried(spec: Spec, entry: Entry | None) -> list[Recipe | None]:
    """The recipes that a model has not been through, or the first once more where its movie is
    missing; [None] for one without recipes, to be made."""
    if entry is None:
        return [*spec.recipes()] or [None]
    recipes, tried = spec.recipes(), _tried(entry.metrics)
    left = [recipe for recipe in recipes if recipe.start not in tried]
    unseen = spec.movie and not entry.movie_sha256
    return [*(left or recipes[:unseen])]


def _tried(metrics: Mapping[str, Any]) -> list[str]:
    """The starts of the recipes that a model has been through."""
    return [start for start in str(metrics.get("tried", "")).split(", ") if start]


def _work(
    alike: Sequence[Spec], built: Mapping[Spec, Entry]
) -> Iterator[tuple[list[Spec], list[Recipe]]]:
    """Models of one shape, as many at a time as there are lanes, and what to try for them, stage by
    stage: what starts from neighbours when all have been through the rest.

    `built` is looked at again between stages."""
    lanes = len(jax.devices()) if jax.default_backend() == "cpu" else LANES_ON_ACCELERATOR
    for stage in ("", *STAGES):
        waiting = []
        for spec in alike:
            found = _untried(spec, built.get(spec))
            now = [recipe for recipe in found if recipe and recipe.stage == stage]
            if now or (found == [None] and not stage):
                waiting.append((spec, now))
        key = lambda pair: [recipe.start for recipe in pair[1]]  # noqa: E731
        for _, pairs in itertools.groupby(sorted(waiting, key=key), key=key):
            group = list(pairs)
            for first in range(0, len(group), lanes):
                yield [spec for spec, _ in group[first : first + lanes]], group[0][1]


def _entries(folder: Path) -> tuple[Entry, ...]:
    return read_manifest(folder) if (folder / "manifest.json").is_file() else ()


def _built(chosen: Sequence[Spec], folder: Path) -> dict[Spec, Entry]:
    """The models that are there, with their tables, and are what the manifest says."""
    there = {entry.name: entry for entry in _entries(folder)}
    found = {spec: there[spec.name] for spec in chosen if spec.name in there}
    return {spec: entry for spec, entry in found.items() if _is_whole(entry, folder)}


def _is_whole(entry: Entry, folder: Path) -> bool:
    try:
        load_entry(entry, folder)
        load_table(entry.name, folder)
    except InputError:
        return False
    return True


def _candidates(
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
    there = {entry.name: entry for entry in _entries(folder)}
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


def _finish(spec: Spec, candidates: Sequence[Candidate], folder: Path) -> Entry:
    """Choose, measure and write one model."""
    best = _select(candidates, spec.task)
    kept = next((c.kept for c in candidates if c.kept), None)
    before = kept.metrics if kept else {}
    spent = {r: s for r, s in _seconds(candidates).items() if r.start not in _tried(before)}
    tried = [*_tried(before), *(recipe.start for recipe in spent)]
    seconds = round(before.get("seconds", 0) + sum(spent.values()), 1)
    known = {"tried": ", ".join(tried), "seconds": seconds}
    files = {"table_sha256": "", "movie_sha256": kept.movie_sha256 if kept else ""}
    if best.kept:
        training = dict(load_entry(best.kept, folder).training)
        files["table_sha256"] = best.kept.table_sha256
        metrics = before | known
    else:
        table, measured = measure(best.model, spec.task)
        training = {"source": best.source}
        if best.recipe:
            config = best.recipe.config.replace(seed=spec.seed)
            training |= config.to_dict() | {"steps": best.run[-1].step}
        files["table_sha256"] = save_table(spec.name, table, folder)
        metrics = measured | {"source": best.source} | known
        if files["movie_sha256"]:
            # A movie begins at random where it can, so the one that is there stays.
            metrics["movie"] = before.get("movie", before["source"])
    shown = best if best.run else _shown(candidates, spec.task)
    if spec.movie and shown and not files["movie_sha256"]:
        files["movie_sha256"] = save_movie(spec.name, movie_of(shown.run), folder)
        metrics |= {} if shown is best else {"movie": shown.source}
    return _write(spec, best, metrics, training, folder, files)


def _shown(candidates: Sequence[Candidate], task: LinearTask) -> Candidate | None:
    """The run to show of a model that no run has won: the best, from random starts if it can be."""
    runs = [candidate for candidate in candidates if candidate.run]
    cold = [run for run in runs if run.recipe and run.recipe.start == "random"]
    return _select(cold or runs, task) if runs else None


def _write(
    spec: Spec,
    best: Candidate,
    metrics: dict[str, Any],
    training: dict[str, Any],
    folder: Path,
    beside: dict[str, str],
) -> Entry:
    """The checkpoint and its entry; `beside` has the hashes of table and movie."""
    checkpoint = Checkpoint(
        model=best.model,
        parametrization=spec.parametrization,
        task=spec.task,
        seed=spec.seed,
        training=training,
        metrics=metrics,
    )
    file = f"{spec.name}.safetensors"
    entry = Entry(
        name=spec.name,
        file=file,
        sha256=save_checkpoint(folder / file, checkpoint),
        parametrization=spec.parametrization,
        num_layers=spec.num_layers,
        num_heads=spec.num_heads,
        task=spec.task,
        metrics=metrics,
        **beside,
    )
    with locked(folder):
        others = tuple(other for other in _entries(folder) if other.name != spec.name)
        write_manifest((*others, entry), folder)
    return entry


def _seconds(candidates: Sequence[Candidate]) -> dict[Recipe, float]:
    """Of every run: a run and its shorter cut are two candidates and one run."""
    return {c.recipe: c.seconds for c in candidates if c.recipe}


@in_float64
def _select(candidates: Sequence[Candidate], task: LinearTask) -> Candidate:
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
