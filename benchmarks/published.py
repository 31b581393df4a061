"""Seconds to each published loss, beside the paper's recipe; what the zoo's recipe owes to what.

    python -m benchmarks.published [--only 'full_L*_uniform5_*'] [--variants]

For every model of Table 1 that the pattern names: seconds inside a run of the zoo's recipe until a
snapshot's adjusted loss (half MSE, 20,000 fresh prompts, float64) is at or below the published one
and what rounding may have taken from that. The run begins where `zoo build` begins it, from the
shipped models that it contains, whose own time is not counted, nor is compilation. Beside it: the
seconds of 200,000 steps of the paper's recipe at the pace measured here, and the ratio.

--variants trains FULL, L = 7, sigma ~ U(0, 5) with one choice of the recipe changed at a time.
One JSON object on standard output.
"""

import argparse
import contextlib
import fnmatch
import json
import os
import sys
import time
from typing import Any
from unittest import mock

import jax

from icl_core.analysis.loss import evaluate
from icl_core.arrays import key_of
from icl_core.models.linear import LinearTransformer
from icl_core.runtime import prepare_process
from icl_core.training import Snapshot, TrainingConfig, run, train
from icl_core.training.paper import BATCH, paper_start, paper_steps
from icl_core.zoo.build import as_they_are
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.published import published_loss
from icl_core.zoo.specs import MAIN, Spec, specs

PROMPTS, SEED = 20_000, 4711
PAPER_STEPS = 200_000
ROUNDING = 0.0005
"""Half of the last digit that Table 1 prints."""
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the recipe": ({}, {}),
    "learning rate 0.01": ({"refine_rate": 0.01}, {}),
    "no robust loss while refining": ({"refine_robust": 0.0}, {}),
    "no averaging": ({}, {"MEMORY": 1.0}),
    "one start": ({"restarts": 1}, {}),
    "batch of 64": ({"refine_batch": 64}, {}),
    "a third of the updates": ({"refine_steps": 4000}, {}),
}


def measured(model: LinearTransformer, spec: Spec) -> float:
    return evaluate({"model": model}, spec.task, prompts=PROMPTS, seed=SEED)["model"].final


def warm_starts(spec: Spec) -> list[LinearTransformer]:
    starts = spec.recipes()[-1].starts(spec)
    return [candidate.model for candidate in as_they_are(spec, starts, PRETRAINED)]


def recipe_of(spec: Spec) -> TrainingConfig:
    """The last of the zoo's runs: from easier models, but for DIAG of one layer."""
    return spec.recipes()[-1].config


def seconds_to_published(spec: Spec, published: float) -> tuple[float | None, Snapshot]:
    """At the first snapshot that is good enough, and that snapshot or the last."""
    config = recipe_of(spec)
    list(train(spec.task, config.replace(explore_steps=1, refine_steps=1)))  # compiles
    snapshot = None
    for snapshot in train(spec.task, config, warm_starts=warm_starts(spec)):
        near = snapshot.loss < 1.2 * (published + ROUNDING)
        if near and measured(snapshot.model, spec) <= published + ROUNDING:
            return snapshot.seconds, snapshot
    assert snapshot is not None
    return None, snapshot


def paper_seconds(spec: Spec, limit: float = 4.0) -> float:
    """One step of the paper's recipe."""
    config = TrainingConfig(parametrization=spec.parametrization, num_layers=spec.num_layers)
    state = paper_start(config, spec.task.dim, key_of(0))
    state, _ = paper_steps(state, key_of(1), spec.task, steps=5)
    begun, steps = time.perf_counter(), 0
    while time.perf_counter() - begun < limit:
        state, values = paper_steps(state, key_of(2 + steps), spec.task, steps=5)
        jax.block_until_ready(values)
        steps += 5
    return (time.perf_counter() - begun) / steps


def measure_cell(spec: Spec, published: float) -> dict[str, Any]:
    seconds, snapshot = seconds_to_published(spec, published)
    theirs = PAPER_STEPS * paper_seconds(spec)
    return {
        "model": spec.name,
        "published": published,
        "seconds": seconds,
        "updates": snapshot.step,
        "loss": measured(snapshot.model, spec),
        "paper_recipe_seconds": theirs,
        "ratio": None if seconds is None else theirs / max(seconds, 1e-3),
    }


def measure_variant(name: str) -> dict[str, Any]:
    changes, patches = VARIANTS[name]
    spec = next(
        spec
        for spec in specs()
        if spec.parametrization == "full" and spec.num_layers == 7 and spec.task.noise == MAIN
    )
    with contextlib.ExitStack() as stack:
        jax.clear_caches()
        for attribute, value in patches.items():
            stack.enter_context(mock.patch.object(run, attribute, value))
        *_, last = train(
            spec.task, recipe_of(spec).replace(**changes), warm_starts=warm_starts(spec)
        )
        jax.clear_caches()
    return {
        "variant": name,
        "seconds": last.seconds,
        "updates": last.step,
        "loss": measured(last.model, spec),
        "bayes_floor_on_validation": last.floor,
    }


def main() -> None:
    prepare_process()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*_uniform5_d10_n20")
    parser.add_argument("--variants", action="store_true")
    options = parser.parse_args()
    cells, variants = [], []
    for spec in specs():
        published = published_loss(spec.task, spec.parametrization, spec.num_layers)
        plain = spec.num_heads == 1 and not spec.seed and spec.parametrization != "gdpp"
        if plain and published and fnmatch.fnmatch(spec.name, options.only):
            cells.append(measure_cell(spec, published))
            print(cells[-1], file=sys.stderr, flush=True)
    for name in VARIANTS if options.variants else ():
        variants.append(measure_variant(name))
        print(variants[-1], file=sys.stderr, flush=True)
    result = {"batch_of_the_paper": BATCH, "load": os.getloadavg()[0], "cells": cells}
    print(json.dumps(result | {"variants": variants}, indent=2))


if __name__ == "__main__":
    main()
