"""What a training will cost on this machine: seconds to start, of an update, and until it ends.

`costs.json` (made by `python -m benchmarks.pace`) holds trainings that were timed in units of what
a small numpy computation took meanwhile (`calibrate`); a cost for any shape is fitted to them. What
trainings of this server have taken, in DATA/paces.json, says how many seconds a unit is here, and
answers for shapes that were trained before; until there are any, the numpy computation does.
"""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from icl_core.errors import InputError
from icl_core.files import dump_json, parse_json, read_bytes, write_atomic
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.timing import Phase, Timed, phases_of, shape_of, timed
from icl_core.runtime import cores
from icl_core.validation import mapping, number
from icl_core.zoo.shelf import shelf

FILE = Path(__file__).parent / "costs.json"
KEPT, MAX_BYTES = 100, 2**22
LATEST, PRIOR = 5, 5.0
"""Trainings of a shape whose median pace is believed; see `_scale`."""
SAME = 300.0
"""Seconds for which one calibration serves."""


def work(config: Train, phase: Phase) -> np.ndarray:
    """What an update of linear attention does, in numbers that its seconds are a sum of: itself,
    products of matrices, their rows, drawing prompts, drawing tokens, and Muon's products."""
    size, layers = config.dim + 1, config.layers
    full = config.parametrization == "full"
    prompts = phase.starts * phase.batch
    products = (layers - 1) * (1 + config.heads * full)
    tokens = config.num_context * config.dim if config.inputs == "uniform" else 0
    matrices = phase.starts * layers * config.heads * full * (config.recipe == "muon")
    return np.array(
        [
            1.0,
            prompts * products * size**3,
            prompts * layers * size**2,
            phase.batch * size**2,
            phase.batch * tokens,
            matrices * size**3,
        ]
    )


def programs(config: Train, phase: Phase) -> np.ndarray:
    """The same of the seconds to compile the program of a phase."""
    full = config.layers * config.heads * (config.parametrization == "full")
    return np.array([1.0, config.layers, full])


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Seconds of a training on this machine. pace: of an update, of the longest phase; starting: to
    start a worker and to compile; shortest and longest: of the whole, until the model is measured;
    limited: whether its time limit probably ends it; updates: that there is time for, of those
    `planned`; rounds: after how many a training ends by itself, few and many."""

    pace: float
    starting: float
    shortest: float
    longest: float
    limited: bool
    updates: int
    planned: int
    rounds: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Timed trainings, all in units of `calibrate`. starting, measuring and loading: the time to
    start a worker, to measure a model, and to load programs that were compiled before."""

    starting: float
    measuring: float
    loading: float
    runs: tuple[Timed, ...] = field(default_factory=tuple)

    @classmethod
    @cache
    def read(cls, file: Path = FILE) -> "Costs":
        given = mapping("The costs", parse_json(file.name, read_bytes(file, limit=MAX_BYTES)))
        names = ("starting", "measuring", "loading")
        numbers = {name: number(f"The {name}", given.get(name), (1e-9, 1e6)) for name in names}
        return cls(**numbers, runs=tuple(map(Timed.from_dict, given.get("runs", []))))

    def pace(self, config: Train, phase: Phase) -> float:
        """Of an update: as seen, or fitted."""
        if (known := _seen(self.runs, config, phase.name)) is not None:
            return known
        return float(work(config, phase) @ self._fitted[0])

    def compiling(self, config: Train) -> float:
        """Of compiling all that a training runs: as seen, or fitted."""
        shape = shape_of(config)
        if known := [run.compiling for run in self.runs if shape_of(run.config) == shape]:
            return float(np.median(known))
        return sum(float(programs(config, p) @ self._fitted[1]) for p in phases_of(config))

    @cached_property
    def _fitted(self) -> tuple[np.ndarray, np.ndarray]:
        """Costs of `work` and of `programs`, none negative, with the least relative errors."""
        linear = [run for run in self.runs if run.config.system == "noise"]
        pairs = [(run, phase) for run in linear for phase in phases_of(run.config)]
        rows = [work(run.config, phase) for run, phase in pairs]
        whole = [sum(programs(run.config, p) for p in phases_of(run.config)) for run in linear]
        return (
            _relative(rows, [run.paces[phase.name] for run, phase in pairs]),
            _relative(whole, [run.compiling for run in linear]),
        )


def _relative(rows: Sequence[Any], seconds: Sequence[float]) -> np.ndarray:
    scaled = np.array(rows) / np.array(seconds)[:, None]
    sizes = np.maximum(np.abs(scaled).max(0), 1e-300)
    return nnls(scaled / sizes, np.ones(len(seconds)))[0] / sizes


def _seen(runs: Sequence[Timed], config: Train, phase: str) -> float | None:
    shape = shape_of(config)
    known = [r.paces[phase] for r in runs if shape_of(r.config) == shape and phase in r.paces]
    return float(np.median(known[-LATEST:])) if known else None


def calibrate(repeats: int = 15, clock: Callable[[], float] = time.perf_counter) -> float:
    """Median seconds of a product of 2,048 pairs of matrices, laid out as in a training: about one
    in a thousand."""
    left = np.linspace(-1, 1, 11 * 11 * 2048, dtype=np.float32).reshape(11, 11, 2048)
    spent = []
    for _ in range(repeats):
        begun = clock()
        sum(left[:, k, None] * left[None, k] for k in range(11))
        spent.append(clock() - begun)
    return float(np.median(spent))


@lru_cache(maxsize=1)
def _unit(window: int) -> float:
    """Of `calibrate`, times as many processes as share a core once the training is one of them."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return calibrate() * max(1.0, (load + 1) / cores())


def note(config: Train, frames: Sequence[Frame]) -> None:
    """Remember what a training of this server has taken, where there is a folder for it."""
    with suppress(InputError):
        if (seen := timed(config, frames)) is not None:
            kept = [run.to_dict() for run in (*noted(), seen)[-KEPT:]]
            write_atomic(_file(), dump_json({"runs": kept}).encode())


def noted() -> tuple[Timed, ...]:
    """What trainings of this server have taken, latest last."""
    try:
        found = _file().stat()
        return _noted(_file(), found.st_mtime_ns, found.st_size)
    except (OSError, InputError, TypeError):  # none, or of another version of the app
        return ()


@lru_cache(maxsize=1)
def _noted(file: Path, changed: int, size: int) -> tuple[Timed, ...]:
    given = mapping("The paces", parse_json(file.name, read_bytes(file, limit=MAX_BYTES)))
    return tuple(map(Timed.from_dict, given.get("runs", [])))


def _file() -> Path:
    return shelf().folder / "paces.json"


def estimate(config: Train) -> Estimate:
    """What a training will take here."""
    costs, own, unit = Costs.read(), noted(), _unit(int(time.monotonic() // SAME))
    scale = _scale(costs, own, unit)
    phases = phases_of(config)
    paces = [
        _seen(own, config, phase.name) or scale * costs.pace(config, phase) for phase in phases
    ]
    known = any(shape_of(run.config) == shape_of(config) for run in own)
    compiling = unit * (costs.loading if known else costs.compiling(config))
    rounds = _rounds(costs, own) if len(phases) == 2 else ()
    planned = [phase.updates for phase in phases]
    counts = [np.array([r * planned[0], (2.0**r - 1) * planned[1]]) for r in rounds]
    ends = [compiling + float(count @ paces) for count in counts or [np.array(planned)] * 2]
    outside = unit * (costs.starting + costs.measuring)
    shortest, longest = (outside + min(end, config.seconds) for end in ends)
    left = max(config.seconds - compiling, 0.0)
    return Estimate(
        pace=float(paces[-1]),
        starting=unit * costs.starting + compiling,
        shortest=float(shortest),
        longest=float(longest),
        limited=ends[0] > config.seconds,
        updates=min(planned[-1], int(left / paces[-1])),
        planned=planned[-1],
        rounds=rounds,
    )


def _scale(costs: Costs, own: Sequence[Timed], unit: float) -> float:
    """Seconds that a unit of an update takes here: of PRIOR units as in the calibration, of all
    others as the latest trainings have taken, so that short updates, in which much else counts,
    weigh little."""
    seen = [(run, phase) for run in own[-4 * LATEST :] for phase in phases_of(run.config)]
    spent = PRIOR * unit + sum(run.paces[phase.name] for run, phase in seen)
    return spent / (PRIOR + sum(costs.pace(run.config, phase) for run, phase in seen))


def _rounds(costs: Costs, own: Sequence[Timed]) -> tuple[int, ...]:
    """After how many a quarter and three quarters of all trainings have ended by themselves."""
    taken = [run.rounds for run in (*costs.runs, *own) if run.rounds and len(run.paces) == 2]
    few, many = np.percentile(taken, [25, 75], method="nearest")
    return int(few), int(many)
