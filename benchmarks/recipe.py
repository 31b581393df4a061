"""What the seconds of a visitor find, beside what ten times as many do.

    python -m benchmarks.recipe [--only PATTERN] [--seconds 60] [--times 10] [--out FILE]

Ten tasks far from those of the shipped models. Of each the recipe of the Train page and of
`python -m icl_core train` with --seconds as its limit, compilation included, and beside it the
same with --times as many, from other seeds: where a training ends before, the next seed takes what
is left. Seconds are those of one core, so that a machine at work on something else tells the same.
Losses are adjusted ones (half MSE) on 100,000 fresh prompts with their standard error, not those of
the run's own validation; `ratio` is the first over the smallest of all. --out keeps every row as it
is made, a line of JSON each, and leaves out what the file has already. One JSON object on standard
output.
"""

import argparse
import fnmatch
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from benchmarks.published import Row, kept, rows_in
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.models.linear import LinearTransformer
from icl_core.runtime import prepare_process
from icl_core.tasks.inputs import parse_inputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import parse_noise
from icl_core.training import Validated, recipe_for, rounds, train_in_rounds

PROMPTS, SEED = 100_000, 4711
LEAST = 5.0
"""Seconds for which another seed is begun."""


def _task(dim: int, num_context: int, noise: str, inputs: str = "gaussian") -> LinearTask:
    laws: dict[str, Any] = {"noise": parse_noise(noise), "inputs": parse_inputs(inputs)}
    return LinearTask(dim=dim, num_context=num_context, **laws)


TASKS: dict[str, tuple[LinearTask, str, int]] = {
    "issue": (_task(4, 14, "uniform:2.5"), "diag", 5),
    "near_d": (_task(2, 5, "categorical:0.3,1.5"), "full", 4),
    "full_five": (_task(5, 10, "uniform:1"), "full", 5),
    "uniform_inputs": (_task(5, 15, "uniform:0.5", "uniform:1"), "diag", 3),
    "long": (_task(3, 200, "uniform:2"), "diag", 4),
    "two_levels": (_task(6, 20, "categorical:0.5,3"), "diag", 4),
    "one_dimension": (_task(1, 6, "uniform:2"), "diag", 3),
    "conditioned": (_task(4, 12, "fixed:0.5", "gaussian:10"), "full", 3),
    "n_just_above_d": (_task(5, 6, "uniform:1"), "diag", 4),
    "full_two_levels": (_task(3, 12, "categorical:0.2,2"), "full", 3),
}


def trained(name: str, seed: int, seconds: float) -> Validated:
    """The finished snapshot of a training."""
    task, parametrization, layers = TASKS[name]
    config = recipe_for(
        task,
        parametrization=parametrization,
        num_layers=layers,
        seed=seed,
        max_seconds=seconds,
    )
    with mock.patch.object(rounds, "time", SimpleNamespace(perf_counter=time.process_time)):
        *_, last = train_in_rounds(task, config)
    return last


def measured(model: LinearTransformer, task: LinearTask) -> LossSummary:
    return evaluate({"model": model}, task, prompts=PROMPTS, seed=SEED)["model"]


def row_of(last: Validated, seconds: float) -> Row:
    """What a training has found and what it took."""
    loss = measured(last.model, last.task)
    return {
        "loss": loss.final,
        "stderr": float(loss.stderr[-1]),
        "validation": last.loss,
        "seconds": seconds,
        "rounds": last.round,
        "updates": last.step,
        "cut": last.cut,
        "bayes": last.floor,
    }


def timed(name: str, seed: int, seconds: float) -> Row:
    begun = time.process_time()
    last = trained(name, seed, seconds)
    return row_of(last, time.process_time() - begun)


def measure(name: str, seconds: float, times: float) -> Row:
    """One task: seed 0 within the seconds, seeds 1, 2, ... within `times` as many."""
    ours, longer, left = timed(name, 0, seconds), [], times * seconds
    while left >= LEAST:
        longer.append(timed(name, 1 + len(longer), left))
        left -= longer[-1]["seconds"]
    best = min([ours, *longer], key=lambda row: row["loss"])
    return {
        "name": name,
        "limit": seconds,
        "default": ours,
        "longer": longer,
        "best": best["loss"],
        "ratio": ours["loss"] / best["loss"],
    }


def main() -> None:
    prepare_process()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--times", type=float, default=10.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = rows_in(options.out)
    found = [
        kept(rows, name, lambda n=name: measure(n, options.seconds, options.times), options.out)
        for name in TASKS
        if fnmatch.fnmatch(name, options.only)
    ]
    print(json.dumps({"prompts": PROMPTS, "tasks": found}, indent=2))


if __name__ == "__main__":
    main()
