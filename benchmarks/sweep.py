"""A sweep by one worker process and by two, on this machine.

    python -m benchmarks.sweep

Trains the same eight models twice, in fresh folders, after a first sweep that compiles what all of
them need. Prints JSON: seconds of each, and the ratio of two workers to one.
"""

import json
import tempfile
import time
from pathlib import Path

from icl_core.runtime import prepare_process
from icl_core.sweeps.run import run_sweep
from icl_core.sweeps.spec import Cell

CELLS = tuple(Cell(dim=5, layers=4, seed=seed, prompts=10_000) for seed in range(8))


def seconds(cells: tuple[Cell, ...], workers: int) -> float:
    """Of a sweep, its processes included."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        run_sweep(cells, Path(folder), workers=workers, report=lambda line: None)
        return time.perf_counter() - begun


def main() -> None:
    prepare_process()
    seconds(CELLS[:1], 1)
    found = {workers: round(seconds(CELLS, workers), 1) for workers in (1, 2)}
    print(json.dumps({"models": len(CELLS), "seconds": found, "ratio": found[2] / found[1]}))


if __name__ == "__main__":
    main()
