"""What trainings of the Train page take on this machine: the file its estimates are made from.

    python -m benchmarks.pace [--out icl_core/lessons/train/costs.json]

Every shape of SHAPES is trained in a process of its own, without programs that were compiled
before, until its pace is known; some once more, with them. Those of ENDING are trained until they
end by themselves. Seconds are those of one core, so that a machine at work on something else tells
the same, in units of `calibrate`. What is there already of --out is kept, so that it can be stopped
and goes on. One JSON list on standard output: by shape what was measured over what the others tell.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from icl_core.files import dump_json, parse_json, read_bytes, write_atomic
from icl_core.lessons.train import beyond
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.cost import FILE, MAX_BYTES, Costs, calibrate
from icl_core.lessons.train.measure import measure_last, train_in
from icl_core.lessons.train.timing import Timed, phases_of, timed
from icl_core.runtime import prepare_process
from icl_core.training import plain, rounds

CLOCK = SimpleNamespace(perf_counter=time.process_time, monotonic=time.process_time)
ROUNDS = (
    Train(),
    Train(dim=1, num_context=10, sigma=1.0),
    Train(dim=5, num_context=12, sigma=2.0, layers=3),
    Train(dim=4, num_context=14, sigma=2.5, layers=5),
    Train(dim=20, layers=4, seconds=300.0),
    Train(dim=5, num_context=10, sigma=2.0, parametrization="full"),
    Train(dim=3, num_context=12, parametrization="full", layers=3, heads=2),
    Train(dim=10, parametrization="full", layers=4, seconds=300.0),
    Train(dim=10, parametrization="gdpp", layers=8, seconds=300.0),
    Train(dim=6, layers=2, inputs="uniform", num_context=50, sigma=0.5),
)
SINGLE = (
    Train(recipe="adam", layers=4),
    Train(recipe="adam", dim=3, parametrization="full", layers=2, starts=4),
    Train(recipe="muon", dim=5, parametrization="full", layers=6, starts=2),
    Train(recipe="muon", parametrization="full", layers=3, seconds=300.0),
    Train(recipe="paper", dim=5, parametrization="full", layers=3, seconds=300.0),
)
BEYOND = (
    *(
        Train(system="softmax", heads=heads, optimiser=name)
        for heads in (1, 2)
        for name in ("adam", "muon")
    ),
    *(Train(system="copying", optimiser=name) for name in ("adam", "muon")),
    Train(system="sine"),
)
SHAPES = (*ROUNDS, *SINGLE, *BEYOND)
ENDING = (
    Train(dim=1, num_context=10, sigma=1.0, seconds=300.0),
    Train(dim=5, num_context=12, sigma=2.0, layers=3, seconds=300.0),
    Train(noise="fixed", dim=3, num_context=9, sigma=0.5, layers=2, seconds=300.0),
    Train(noise="categorical", dim=4, num_context=12, layers=3, seconds=300.0),
    Train(dim=3, num_context=12, sigma=1.0, parametrization="full", layers=2, seconds=300.0),
    Train(dim=2, num_context=6, sigma=1.0, parametrization="gdpp", layers=3, seconds=300.0),
)
"""Trained until nothing is gained, in which alone the count of rounds is of interest."""


ENOUGH = 400
"""Updates of a phase: prompts are drawn for some hundred at a time."""
MEDIANS = {"starting": "starts", "measuring": "measures", "loading": "loads"}
"""What of the file is the median of which lists."""


def trained(config: Train, whole: bool) -> tuple[Timed | None, float, float]:
    """A training in this fresh process, the `whole` or until its pace is known: what it took, and
    to start and to measure, in units of `calibrate` meanwhile."""
    prepare_process()
    frames, units = [], [calibrate(clock=time.process_time)]
    with ExitStack() as stack:
        for module in (rounds, plain, beyond):
            stack.enter_context(mock.patch.object(module, "time", CLOCK))
        starting = time.process_time()
        for frame in train_in(config, config.seconds):
            frames.append(frame)
            units.append(calibrate(3, clock=time.process_time))
            if not whole and frame.step >= ENOUGH * len(phases_of(config)):
                break
    unit, begun = float(np.median(units)), time.process_time()
    measure_last(config, frames[-1])
    measuring = time.process_time() - begun
    if (seen := timed(config, frames)) is not None:
        paces = {name: pace / unit for name, pace in seen.paces.items()}
        seen = replace(seen, paces=paces, compiling=seen.compiling / unit)
    return seen, starting / unit, measuring / unit


def apart(config: Train, whole: bool) -> tuple[Timed | None, float, float]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(trained, config, whole).result()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    known: dict[str, Any] = {"runs": [], "starts": [], "measures": [], "loads": []}
    if given.out.is_file():
        known |= parse_json(given.out.name, read_bytes(given.out, limit=MAX_BYTES))
    have = {json.dumps(run["config"], sort_keys=True) for run in known["runs"]}
    for config in (*SHAPES, *ENDING):
        if json.dumps(config.to_dict(), sort_keys=True) in have:
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.environ["ICL_CACHE_DIR"] = folder
            seen, starting, measuring = apart(config, config in ENDING)
            again = apart(config, False)[0] if config.layers == 3 else None
        if seen is None:
            print(f"{config} was too short to tell", file=sys.stderr)
            continue
        known["runs"].append(seen.to_dict())
        known["starts"].append(starting)
        known["measures"].append(measuring)
        known["loads"] += [again.compiling] if again else []
        for name, values in MEDIANS.items():
            known[name] = float(np.median(known[values] or [1.0]))
        write_atomic(given.out, dump_json(known).encode())
    print(json.dumps(compared(Costs.read(given.out)), indent=1))


def compared(costs: Costs) -> list[dict[str, Any]]:
    """Of every shape the paces that were measured, over those that the others tell."""
    rows = []
    for run in costs.runs:
        if run.config.system == "noise":
            others = replace(costs, runs=tuple(r for r in costs.runs if r is not run))
            ratios = {
                p.name: run.paces[p.name] / others.pace(run.config, p)
                for p in phases_of(run.config)
            }
            changed = {k: v for k, v in run.config.to_dict().items() if v != Train().to_dict()[k]}
            compiling = run.compiling / others.compiling(run.config)
            rows.append({"shape": changed, "measured/told": ratios, "compiling": compiling})
    return rows


if __name__ == "__main__":
    main()
