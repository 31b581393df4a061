"""Makes the shipped models: every one that is missing, each written as soon as it is finished."""

import itertools
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from math import nan
from pathlib import Path
from typing import Any

import jax

from icl_core.checkpoints import Checkpoint
from icl_core.errors import InputError
from icl_core.experiments.jobs import Report
from icl_core.experiments.mixed_noise.candidates import (
    Candidate,
    candidates_of,
    movie_of,
    seconds_of,
    select,
)
from icl_core.experiments.mixed_noise.measure import build_baselines, measure
from icl_core.experiments.mixed_noise.settings import STAGES, Recipe, Spec, specs
from icl_core.experiments.mixed_noise.shifts import build_shifts
from icl_core.experiments.pieces import Piece
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import MIXED_NOISE, PRETRAINED, Entry, entries_in, load_entry, save_model
from icl_core.zoo.movies import save_movie
from icl_core.zoo.tables import load_table, save_table

LANES_ON_ACCELERATOR = 10


def build(
    names: Collection[str] | None = None,
    folder: Path = PRETRAINED,
    report: Report = lambda line: None,
) -> list[str]:
    """Make those of these names, or all, that are missing; may be stopped at any moment and called
    again, and by several processes at once if their names do not overlap.

    Returns the names of what was made. `report` receives one line per finished piece.
    """
    chosen = _chosen(names)
    for task in dict.fromkeys(spec.task for spec in chosen):
        build_baselines(task, folder=folder, report=report)
    made = build_models(names, folder, report)
    build_shifts(folder, report)
    return made


def pieces(names: Collection[str], folder: Path) -> list[Piece]:
    """What `build` does, by task and by shape: a shape after those that its models start from."""
    chosen = _chosen(names)
    tasks = list(dict.fromkeys(spec.task for spec in chosen))
    found = [Piece(run=partial(_baselines, task, folder)) for task in tasks]
    shapes: dict[Any, list[Spec]] = {}
    for spec in chosen:
        shapes.setdefault(spec.shape, []).append(spec)
    places = {shape: len(found) + number for number, shape in enumerate(shapes)}
    for shape, alike in shapes.items():
        starts = {start.shape for spec in alike for start in spec.easier()} - {shape}
        before = [places[start] for start in starts if start in places]
        own = [tasks.index(spec.task) for spec in alike]
        run = partial(build_models, [spec.name for spec in alike], folder)
        found.append(Piece(run=run, after=(*sorted({*before, *own}),)))
    return [*found, Piece(run=partial(_shifts, folder), after=(*range(len(found)),))]


def _baselines(task: LinearTask, folder: Path, report: Report) -> list[str]:
    build_baselines(task, folder=folder, report=report)
    return []


def _shifts(folder: Path, report: Report) -> list[str]:
    build_shifts(folder, report)
    return []


def _chosen(names: Collection[str] | None) -> list[Spec]:
    return [spec for spec in specs() if names is None or spec.name in names]


def build_models(names: Collection[str] | None, folder: Path, report: Report) -> list[str]:
    """The models of `build` alone, whose baselines are there."""
    chosen = _chosen(names)
    built = _built(chosen, folder)
    waiting = {spec: len(_untried(spec, built.get(spec))) for spec in chosen}
    pending = [spec for spec in chosen if waiting[spec]]
    report(f"{len(chosen) - len(pending)} of {len(chosen)} models are there.")
    started, done = time.perf_counter(), 0.0
    total = sum(spec.cost * count for spec, count in waiting.items())
    for _, alike in itertools.groupby(pending, key=lambda spec: spec.shape):
        for group, recipes in _work(list(alike), built):
            found = candidates_of(group, recipes, built, folder)
            for spec, candidates in zip(group, found, strict=True):
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
    return [spec.name for spec in pending]


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


def _built(chosen: Sequence[Spec], folder: Path) -> dict[Spec, Entry]:
    """The models that are there, with their tables, and are what the manifest says."""
    there = {entry.name: entry for entry in entries_in(folder)}
    found = {spec: there[spec.name] for spec in chosen if spec.name in there}
    return {spec: entry for spec, entry in found.items() if _is_whole(entry, folder)}


def _is_whole(entry: Entry, folder: Path) -> bool:
    try:
        load_entry(entry, folder)
        load_table(entry.name, folder)
    except InputError:
        return False
    return True


def _finish(spec: Spec, candidates: Sequence[Candidate], folder: Path) -> Entry:
    """Choose, measure and write one model."""
    best = select(candidates, spec.task)
    kept = next((c.kept for c in candidates if c.kept), None)
    before = kept.metrics if kept else {}
    spent = {r: s for r, s in seconds_of(candidates).items() if r.start not in _tried(before)}
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
    checkpoint = Checkpoint(
        model=best.model,
        parametrization=spec.parametrization,
        task=spec.task,
        seed=spec.seed,
        training=training,
        metrics=metrics,
    )
    return save_model(spec.name, MIXED_NOISE, checkpoint, folder, **files)


def _shown(candidates: Sequence[Candidate], task: LinearTask) -> Candidate | None:
    """The run to show of a model that no run has won: the best, from random starts if it can be."""
    runs = [candidate for candidate in candidates if candidate.run]
    cold = [run for run in runs if run.recipe and run.recipe.start == "random"]
    return select(cold or runs, task) if runs else None
