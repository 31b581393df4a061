"""Seconds to each published loss, beside the paper's recipe; what the zoo's recipe owes to what.

    python -m benchmarks.published [--only 'full_L*_uniform5_*' 'diag_L4_*'] [--variants] [--out F]

For every model of Table 1 that a pattern names: seconds until the zoo's recipe has one inside it
that is as good as published, `by`: of those shipped that are, the one with least training. Its runs
from random starts and from models that it contains are made again, in the order of `zoo build`,
until a snapshot's adjusted loss (half MSE, 20,000 fresh prompts, float64) is at or below the
published one and what rounding may have taken from that. The whole training of all models that they
start from counts too, by the manifest (`seconds_before`; GD++, which is tuned, and compilation do
not). Beside it: 200,000 steps of the paper's recipe at the pace measured here, and how many times
all of ours that is. All in seconds of one core, so that a machine at work on something else tells
the same.

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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import numpy as np

from icl_core.analysis.loss import evaluate
from icl_core.arrays import key_of
from icl_core.models.linear import LinearTransformer
from icl_core.runtime import prepare_process
from icl_core.training import Snapshot, TrainingConfig, objective, run, train
from icl_core.training.paper import BATCH, paper_start, paper_steps
from icl_core.zoo.build import as_they_are
from icl_core.zoo.library import PRETRAINED, read_manifest
from icl_core.zoo.published import published_loss
from icl_core.zoo.specs import MAIN, Recipe, Spec, specs

PROMPTS, SEED = 20_000, 4711
PAPER_STEPS = 200_000
ROUNDING = 0.0005
"""Half of the last digit that Table 1 prints."""
Row = dict[str, Any]
VARIANTS: dict[str, tuple[dict[str, Any], dict[Any, dict[str, Any]]]] = {
    "the recipe": ({}, {}),
    "learning rate 0.01": ({"refine_rate": 0.01}, {}),
    "no robust loss while refining": ({"refine_robust": 0.0}, {}),
    "no rare prompts": ({}, {objective: {"WIDE": 1.0, "LARGE": 1.0, "LONG": 0.0}}),
    "no bound": ({}, {objective: {"BOUND": np.inf}}),
    "no averaging": ({}, {run: {"MEMORY": 1.0}}),
    "one start": ({"restarts": 1}, {}),
    "batch of 64": ({"refine_batch": 64}, {}),
    "a third of the updates": ({"refine_steps": 4000}, {}),
}
"""What is changed: of the run's configuration, and of what modules hold."""


def measured(model: LinearTransformer, spec: Spec) -> float:
    return evaluate({"model": model}, spec.task, prompts=PROMPTS, seed=SEED)["model"].final


def recipes_of(spec: Spec) -> list[Recipe]:
    """The zoo's runs from random starts and from models inside this one, in their order."""
    return [recipe for recipe in spec.recipes() if recipe.start != "neighbours"]


def warm_starts(spec: Spec, recipe: Recipe) -> list[LinearTransformer]:
    starts = recipe.starts(spec)
    return [candidate.model for candidate in as_they_are(spec, starts, PRETRAINED)]


def behind(spec: Spec, recipes: list[Recipe]) -> set[Spec]:
    """The models that these runs start from, those that they start from, and so on."""
    firsts = {start for recipe in recipes for start in recipe.starts(spec)}
    return firsts.union(*(behind(other, recipes_of(other)) for other in firsts))


def seconds_behind(spec: Spec, recipes: list[Recipe]) -> float:
    """In which those were trained, by the manifest."""
    shipped = {entry.name: entry.metrics["seconds"] for entry in read_manifest()}
    return sum(shipped[other.name] for other in behind(spec, recipes))


def inside(spec: Spec, published: float) -> Spec:
    """The trained model inside it, or itself, that is as good as published with least training;
    itself where none is."""
    shipped = {entry.name: entry.metrics for entry in read_manifest()}

    def all_seconds(one: Spec) -> float:
        return shipped[one.name]["seconds"] + seconds_behind(one, recipes_of(one))

    trained = [one for one in (*behind(spec, recipes_of(spec)), spec) if one.recipes()]
    good = [one for one in trained if shipped[one.name]["mean"] <= published + ROUNDING]
    return min(good, key=all_seconds, default=spec)


def timed(snapshots: Iterator[Snapshot]) -> Iterator[tuple[Snapshot, float]]:
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


def run_to_published(spec: Spec, recipe: Recipe, published: float) -> tuple[bool, Snapshot, float]:
    """Whether a snapshot is good enough, the first one or the last, and the seconds until then."""
    starts = warm_starts(spec, recipe)
    brief = recipe.config.replace(explore_steps=1, refine_steps=1)
    list(train(spec.task, brief, warm_starts=starts))  # compiles
    snapshot, spent = None, 0.0
    for snapshot, spent in timed(train(spec.task, recipe.config, warm_starts=starts)):
        near = snapshot.loss < 1.2 * (published + ROUNDING)
        if near and measured(snapshot.model, spec) <= published + ROUNDING:
            return True, snapshot, spent
    assert snapshot is not None
    return False, snapshot, spent


def seconds_to_published(spec: Spec, published: float) -> Row:
    """One run after the other, until one is good enough."""
    made, row = [], {"by": spec.name, "reached": False, "seconds": 0.0}
    for recipe in recipes_of(spec):
        made.append(recipe)
        row["reached"], snapshot, spent = run_to_published(spec, recipe, published)
        row["seconds"] += spent
        row |= {"start": recipe.start, "updates": snapshot.step}
        row["loss"] = measured(snapshot.model, spec)
        if row["reached"]:
            break
    return row | {"seconds_before": seconds_behind(spec, made)}


def paper_seconds(spec: Spec, limit: float = 4.0) -> float:
    """One step of the paper's recipe, in seconds of one core."""
    config = TrainingConfig(parametrization=spec.parametrization, num_layers=spec.num_layers)
    state = paper_start(config, spec.task.dim, key_of(0))
    state, _ = jax.block_until_ready(paper_steps(state, key_of(1), spec.task, steps=5))
    begun, steps = time.process_time(), 0
    while time.process_time() - begun < limit:
        state, values = paper_steps(state, key_of(2 + steps), spec.task, steps=5)
        jax.block_until_ready(values)
        steps += 5
    return (time.process_time() - begun) / steps


def measure_cell(spec: Spec, published: float) -> Row:
    ours = seconds_to_published(inside(spec, published), published)
    theirs = PAPER_STEPS * paper_seconds(spec)
    ratio = theirs / (ours["seconds"] + ours["seconds_before"]) if ours["reached"] else None
    named = {"name": spec.name, "published": published}
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
        *_, (last, spent) = timed(train(spec.task, config, warm_starts=starts))
        jax.clear_caches()
    return {
        "name": name,
        "seconds_with_compilation": spent,
        "updates": last.step,
        "loss": measured(last.model, spec),
        "validation": last.loss,
        "bayes_floor_on_validation": last.floor,
    }


def cells(patterns: list[str]) -> Iterator[tuple[Spec, float]]:
    """The models that are trained for a cell of Table 1, with the published loss."""
    for spec in specs():
        published = published_loss(spec.task, spec.parametrization, spec.num_layers)
        plain = spec.num_heads == 1 and not spec.seed and spec.recipes()
        named = any(fnmatch.fnmatch(spec.name, pattern) for pattern in patterns)
        if plain and published and named:
            yield spec, published


def kept(rows: dict[str, Row], name: str, make: Callable[[], Row], out: Path | None) -> Row:
    """A row of the file, or a new one, which is added to it."""
    if name not in rows:
        rows[name] = make() | {"load": os.getloadavg()[0]}
        print(rows[name], file=sys.stderr, flush=True)
        if out is not None:
            with out.open("a") as file:
                file.write(json.dumps(rows[name]) + "\n")
    return rows[name]


def main() -> None:
    prepare_process()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=["*_uniform5_d10_n20"])
    parser.add_argument("--variants", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    there = options.out and options.out.is_file()
    lines = options.out.read_text().splitlines() if there else []
    rows = {row["name"]: row for row in map(json.loads, lines)}
    found = [
        kept(rows, spec.name, lambda s=spec, p=value: measure_cell(s, p), options.out)
        for spec, value in cells(options.only)
    ]
    variants = [
        kept(rows, name, lambda name=name: measure_variant(name), options.out)
        for name in (VARIANTS if options.variants else ())
    ]
    print(json.dumps({"batch_of_the_paper": BATCH, "cells": found, "variants": variants}, indent=2))


if __name__ == "__main__":
    main()
