"""Seconds to each published loss, beside the paper's recipe; what the zoo's recipe owes to what.

    python -m benchmarks.published [--only 'full_L*_uniform5_*' 'diag_L4_*'] [--variants] [--out F]

For every model of Table 1 that a pattern names: seconds until the zoo's recipe has one inside it
that is as good as published, `by`: of those shipped that are, the one with least training. Its runs
from random starts and from models that it contains are made again, in the order of `zoo build`,
until a snapshot's adjusted loss (half MSE, 20,000 fresh prompts, float64) is at or below the
published one and what rounding may have taken from that (`goal`); where nothing of ours gets there,
until it is as near as the results table asks: within two of the published value's own sampling
errors, or 1 % of an exact floor that it lies below. The whole training of all models that they
start from counts too, by the manifest (`seconds_before`; GD++, which is tuned, and compilation do
not). Where they do not get there and the shipped model, which started from its neighbours, does,
an upper bound stands instead: the whole training of all models it can owe something to, by the
manifest (`at_most`). Beside it: 200,000 steps of the paper's recipe at the pace measured here, and
how many times all of ours that is. All in seconds of one core, so that a machine at work on
something else tells the same.

--variants trains FULL, L = 7, sigma ~ U(0, 5) with one choice of the recipe changed at a time.
--out keeps every row as it is made, a line of JSON each, and leaves out what the file has already.
One JSON object on standard output.
"""

import argparse
import contextlib
import fnmatch
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import numpy as np

from benchmarks.paper import BATCH, paper_start, paper_steps
from icl_core.analysis.loss import evaluate
from icl_core.arrays import key_of
from icl_core.errors import InputError
from icl_core.experiments.mixed_noise.candidates import as_they_are
from icl_core.experiments.mixed_noise.settings import MAIN, Recipe, Spec, specs
from icl_core.experiments.mixed_noise.table import ERRORS, NEAR, Cell, results
from icl_core.models.linear import LinearTransformer, Parametrization
from icl_core.runtime import prepare_process
from icl_core.tasks.linear import LinearTask
from icl_core.training import TrainingConfig, Validated, objective, strategy, train
from icl_core.zoo.library import MIXED_NOISE, PRETRAINED, entries_of

PROMPTS, SEED = 20_000, 4711
PAPER_STEPS = 200_000
Row = dict[str, Any]
VARIANTS: dict[str, tuple[dict[str, Any], dict[Any, dict[str, Any]]]] = {
    "the recipe": ({}, {}),
    "learning rate 0.01": ({"refine_rate": 0.01}, {}),
    "no robust loss while refining": ({"refine_robust": 0.0}, {}),
    "no rare prompts": ({}, {objective: {"WIDE": 1.0, "LARGE": 1.0, "LONG": 0.0}}),
    "no bound": ({}, {objective: {"BOUND": np.inf}}),
    "no averaging": ({}, {strategy: {"MEMORY": 1.0}}),
    "one start": ({"restarts": 1}, {}),
    "batch of 64": ({"refine_batch": 64}, {}),
    "a third of the updates": ({"refine_steps": 4000}, {}),
}
"""What is changed: of the run's configuration, and of what modules hold."""


def measured(model: LinearTransformer, spec: Spec) -> float:
    return evaluate({"model": model}, spec.task, prompts=PROMPTS, seed=SEED)["model"].final


def recipes_of(spec: Spec) -> list[Recipe]:
    """The zoo's runs from random starts and from models inside this one, in their order."""
    return [recipe for recipe in spec.recipes() if not recipe.stage]


def warm_starts(spec: Spec, recipe: Recipe) -> list[LinearTransformer]:
    starts = recipe.starts(spec)
    return [candidate.model for candidate in as_they_are(spec, starts, PRETRAINED)]


def behind(
    spec: Spec, recipes: Sequence[Recipe], more: Callable[[Spec], Sequence[Recipe]] = recipes_of
) -> set[Spec]:
    """The models that these runs start from, those that they start from by `more`, and so on."""

    def starts(one: Spec, its: Sequence[Recipe]) -> set[Spec]:
        return {start for recipe in its for start in recipe.starts(one)}

    return closure(starts(spec, recipes), lambda one: starts(one, more(one)))


def contained(spec: Spec) -> set[Spec]:
    """Every model inside it: shallower ones, and those of a smaller class."""
    return closure(spec.easier(), Spec.easier)


def closure(first: Iterable[Spec], others: Callable[[Spec], Iterable[Spec]]) -> set[Spec]:
    """`first`, the others of these, their others, and so on."""
    found, open_ends = set(first), list(first)
    while open_ends:
        new = set(others(open_ends.pop())) - found
        found |= new
        open_ends += new
    return found


def shipped() -> dict[str, dict[str, Any]]:
    """What the manifest says of every model, by name."""
    return {entry.name: entry.metrics for entry in entries_of(MIXED_NOISE)}


def seconds_of(chosen: Iterable[Spec]) -> float:
    """Of one core, in which they were trained, by the manifest."""
    known = shipped()
    return sum(known[one.name]["seconds"] for one in chosen)


def inside(spec: Spec, goal: float) -> Spec:
    """The trained model inside it, or itself, that is good enough with least training; itself where
    none is."""

    def all_seconds(one: Spec) -> float:
        return seconds_of({one, *behind(one, recipes_of(one))})

    trained = [one for one in (*contained(spec), spec) if one.recipes()]
    known = shipped()
    good = [one for one in trained if known[one.name]["mean"] <= goal]
    return min(good, key=all_seconds, default=spec)


def timed(snapshots: Iterator[Validated]) -> Iterator[tuple[Validated, float]]:
    """Each with the seconds of one core that the run has taken; what is done between two does not
    count."""
    spent = 0.0
    while True:
        begun = time.process_time()
        snapshot = next(snapshots, None)
        spent += time.process_time() - begun
        if snapshot is None:
            return
        yield snapshot, spent


def run_to(goal: float, spec: Spec, recipe: Recipe) -> tuple[bool, Validated, float]:
    """Whether a snapshot is good enough, the first one or the last, and the seconds until then."""
    starts = warm_starts(spec, recipe)
    brief = recipe.config.replace(explore_steps=1, refine_steps=1)
    list(train(spec.task, brief, warm_starts=starts))  # compiles
    snapshot, spent = None, 0.0
    for snapshot, spent in timed(train(spec.task, recipe.config, warm_starts=starts)):
        if snapshot.loss < 1.2 * goal and measured(snapshot.model, spec) <= goal:
            return True, snapshot, spent
    assert snapshot is not None
    return False, snapshot, spent


def seconds_to(goal: float, spec: Spec) -> Row:
    """One run after the other, until one is good enough."""
    made, row = [], {"by": spec.name, "reached": False, "seconds": 0.0}
    for recipe in recipes_of(spec):
        made.append(recipe)
        row["reached"], snapshot, spent = run_to(goal, spec, recipe)
        row["seconds"] += spent
        row |= {"start": recipe.start, "updates": snapshot.step}
        row["loss"] = measured(snapshot.model, spec)
        if row["reached"]:
            break
    return row | {"seconds_before": seconds_of(behind(spec, made))}


def at_most(spec: Spec) -> Row:
    """The upper bound for a shipped model that started from its neighbours."""
    every = {spec, *behind(spec, spec.recipes(), Spec.recipes)}
    return {
        "by": spec.name,
        "reached": True,
        "at_most": True,
        "seconds": seconds_of([spec]),
        "seconds_before": seconds_of(every - {spec}),
        "start": "neighbours",
        "loss": shipped()[spec.name]["mean"],
    }


@cache
def paper_seconds(parametrization: Parametrization, num_layers: int, limit: float = 4.0) -> float:
    """One step of the paper's recipe, in seconds of one core; at sigma ~ U(0, 5)."""
    task = LinearTask(dim=10, num_context=20, noise=MAIN)
    config = TrainingConfig(parametrization=parametrization, num_layers=num_layers)
    state = paper_start(config, task.dim, key_of(0))
    state, _ = jax.block_until_ready(paper_steps(state, key_of(1), task, steps=5))
    begun, steps = time.process_time(), 0
    while time.process_time() - begun < limit:
        state, values = paper_steps(state, key_of(2 + steps), task, steps=5)
        jax.block_until_ready(values)
        steps += 5
    return (time.process_time() - begun) / steps


def goals(cell: Cell) -> dict[str, float]:
    """What is good enough: the published value as printed, else as the results table has it."""
    printed = cell.paper.value + cell.paper.rounding
    if cell.paper_below_floor:
        return {"1 % above the floor": NEAR * cell.floor}
    near = printed + ERRORS * cell.paper_stderr
    return {"as published": printed, "within its sampling error": near}


def measure_cell(spec: Spec, cell: Cell) -> Row:
    ours: Row = {}
    for name, goal in goals(cell).items():
        ours = {"goal": name} | seconds_to(goal, inside(spec, goal))
        if not ours["reached"] and shipped()[spec.name]["mean"] <= goal:
            ours |= at_most(spec)
        if ours["reached"]:
            break
    theirs = PAPER_STEPS * paper_seconds(spec.parametrization, spec.num_layers)
    ratio = theirs / (ours["seconds"] + ours["seconds_before"]) if ours["reached"] else None
    named = {"name": spec.name, "published": cell.paper.value}
    return named | ours | {"paper_recipe_seconds": theirs, "ratio": ratio}


def measure_variant(name: str) -> Row:
    changes, patches = VARIANTS[name]
    spec = next(
        spec
        for spec in specs()
        if spec.parametrization == "full" and spec.num_layers == 7 and spec.task.noise == MAIN
    )
    recipe = recipes_of(spec)[-1]
    config, starts = recipe.config.replace(**changes), warm_starts(spec, recipe)
    with contextlib.ExitStack() as stack:
        jax.clear_caches()
        for module, values in patches.items():
            stack.enter_context(mock.patch.multiple(module, **values))
        seen: list[tuple[Validated, float]] = []
        try:
            seen.extend(timed(train(spec.task, config, warm_starts=starts)))
        except InputError as error:
            return {"name": name, "failed": str(error), "updates": seen[-1][0].step}
        finally:
            jax.clear_caches()
    last, spent = seen[-1]
    return {
        "name": name,
        "seconds_with_compilation": spent,
        "updates": last.step,
        "loss": measured(last.model, spec),
        "validation": last.loss,
        "bayes_floor_on_validation": last.floor,
    }


def cells(patterns: list[str]) -> Iterator[tuple[Spec, Cell]]:
    """The models that are trained for a cell of Table 1."""
    table = {cell.name: cell for cell in results().cells}
    for spec in specs():
        named = any(fnmatch.fnmatch(spec.name, pattern) for pattern in patterns)
        if spec.name in table and spec.recipes() and named:
            yield spec, table[spec.name]


def kept(rows: dict[str, Row], name: str, make: Callable[[], Row], out: Path | None) -> Row:
    """A row of the file, or a new one, which is added to it."""
    if name not in rows:
        rows[name] = make() | {"load": os.getloadavg()[0]}
        print(rows[name], file=sys.stderr, flush=True)
        if out is not None:
            with out.open("a") as file:
                file.write(json.dumps(rows[name]) + "\n")
    return rows[name]


def rows_in(out: Path | None) -> dict[str, Row]:
    """The rows that an earlier run has left in a file."""
    lines = out.read_text().splitlines() if out and out.is_file() else []
    return {row["name"]: row for row in map(json.loads, lines)}


def main() -> None:
    prepare_process()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=["*_uniform5_d10_n20"])
    parser.add_argument("--variants", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = rows_in(options.out)
    found = [
        kept(rows, spec.name, lambda s=spec, c=cell: measure_cell(s, c), options.out)
        for spec, cell in cells(options.only)
    ]
    variants = [
        kept(rows, name, lambda name=name: measure_variant(name), options.out)
        for name in (VARIANTS if options.variants else ())
    ]
    print(json.dumps({"batch_of_the_paper": BATCH, "cells": found, "variants": variants}, indent=2))


if __name__ == "__main__":
    main()
