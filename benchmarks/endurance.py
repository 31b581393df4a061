"""The engine under many threads for a long time: every call ends.

    python -m benchmarks.endurance [--threads 16] [--seconds 3600] [--limit 60] [--seed 0]

Threads make the calls that pages make (`benchmarks.calls`): `measure` and the views of a lesson for
choices at random, and what is measured of a model after its training. Beside them a process trains
one small model after the other. Every so often, while nobody calls, the lessons forget what they
keep, so that work is done again.

If a call takes longer than the limit, or no call has ended for as long, the stacks of all threads
are written to standard error and the exit status is 1; so it is if a call raises anything but an
`InputError`, or if a training fails. One JSON object: calls in all, by lesson and by minute, the
slowest, and memory by minute.
"""

import argparse
import faulthandler
import functools
import json
import os
import random
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from benchmarks.calls import forget, steps
from benchmarks.serving import ROOT
from icl_core.errors import InputError
from icl_core.runtime import without_xla
from icl_core.validation import LIMITS, integer, number

TICK, FORGET = 0.5, 20.0
"""Seconds between two looks of the watchdog, and between two times that caches are emptied."""
TRAINING = ("--dim=3", "--context=6", "--layers=2", "--restarts=4", "--explore-steps=100")
TRAINING += ("--steps=200", "--max-seconds=20")
TRAINING_LIMIT = 300.0
MOST_THREADS = 256


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that has ended, at a second since the beginning."""

    at: float
    lesson: str
    what: str
    seconds: float
    refused: bool = False


@dataclass
class Gate:
    """Many may call at a time; who wants to be alone waits until nobody does."""

    inside: int = 0
    closed: bool = False
    moved: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """For as long as one calls."""
        with self.moved:
            self.moved.wait_for(lambda: not self.closed)
            self.inside += 1
        try:
            yield
        finally:
            with self.moved:
                self.inside -= 1
                self.moved.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody calls meanwhile."""
        with self.moved:
            self.closed = True
            self.moved.wait_for(lambda: not self.inside)
        try:
            yield
        finally:
            with self.moved:
                self.closed = False
                self.moved.notify_all()


@dataclass
class Notes:
    """Filled by all threads."""

    begun: float = field(default_factory=time.monotonic)
    calls: list[Call] = field(default_factory=list)
    running: dict[int, tuple[str, str, float]] = field(default_factory=dict)
    """By thread: the lesson, what is called, and since when."""
    errors: list[str] = field(default_factory=list)
    trainings: list[float] = field(default_factory=list)
    megabytes: list[int] = field(default_factory=list)
    forgotten: int = 0

    def now(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.begun


def visit(notes: Notes, gate: Gate, rng: random.Random, stop: threading.Event) -> None:
    """One thread: call after call."""
    me = threading.get_ident()
    calls = steps(rng)
    while not stop.is_set():
        with gate.calling():
            lesson, what, call = next(calls)
            begun, refused = time.monotonic(), False
            notes.running[me] = lesson, what, begun
            try:
                call()
            except InputError:
                refused = True
            except Exception:
                notes.errors.append(f"{lesson}, {what}: {traceback.format_exc()}")
            finally:
                del notes.running[me]
            seconds = time.monotonic() - begun
        notes.calls.append(
            Call(at=notes.now(), lesson=lesson, what=what, seconds=seconds, refused=refused)
        )


def keep_training(notes: Notes, stop: threading.Event) -> None:
    """One training after the other, each a process of its own."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "icl_core", "train", *TRAINING]
        command += ["--out", str(Path(folder) / "model.safetensors")]
        while not stop.is_set():
            begun = time.monotonic()
            try:
                done = subprocess.run(
                    [*command, f"--seed={len(notes.trainings)}"],
                    cwd=ROOT,
                    capture_output=True,
                    text=True,
                    timeout=TRAINING_LIMIT,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                notes.errors.append(f"a training did not end within {TRAINING_LIMIT:g} s")
                continue
            if done.returncode:
                notes.errors.append(f"a training failed: {done.stderr[-2000:]}")
                return
            notes.trainings.append(time.monotonic() - begun)


def keep_forgetting(notes: Notes, gate: Gate, stop: threading.Event) -> None:
    """Empty the caches again and again, each time when nobody calls."""
    while not stop.wait(FORGET):
        with gate.alone():
            notes.forgotten += forget()


def stalled(notes: Notes, limit: float, moved: float) -> str:
    """What stands still, "" if nothing does; `moved` is when a call ended last."""
    now = time.monotonic()
    for lesson, what, begun in list(notes.running.values()):
        if now - begun > limit:
            return f"{lesson}, {what}: running for {now - begun:.0f} s"
    return f"no call has ended for {now - moved:.0f} s" if now - moved > limit else ""


def endure(threads: int, seconds: float, limit: float, seed: int) -> tuple[Notes, str]:
    """All that was noted, and what stood still in the end."""
    notes, gate, stop = Notes(), Gate(), threading.Event()
    targets: list[Callable[[], None]] = [
        functools.partial(visit, notes, gate, random.Random(f"{seed} {index}"), stop)
        for index in range(threads)
    ]
    targets.append(functools.partial(keep_training, notes, stop))
    targets.append(functools.partial(keep_forgetting, notes, gate, stop))
    running = [threading.Thread(target=target, daemon=True) for target in targets]
    for thread in running:
        thread.start()
    seen, moved = 0, time.monotonic()
    while any(thread.is_alive() for thread in running):
        # Where a call holds the interpreter's lock, Python's own watchdog needs none.
        faulthandler.dump_traceback_later(2 * limit, exit=True)
        time.sleep(TICK)
        if notes.now() >= 60 * len(notes.megabytes):
            notes.megabytes.append(round(psutil.Process().memory_info().rss / 1e6))
            said = f"{notes.now():.0f} s: {len(notes.calls)} calls, {notes.megabytes[-1]} MB"
            print(f"{said}, {len(notes.trainings)} trainings", file=sys.stderr, flush=True)
        if notes.now() >= seconds:
            stop.set()
        if len(notes.calls) != seen or stop.is_set():
            seen, moved = len(notes.calls), time.monotonic()
        if problem := stalled(notes, limit, moved):
            return notes, problem
    faulthandler.cancel_dump_traceback_later()
    return notes, ""


def report(notes: Notes, problem: str) -> dict[str, Any]:
    """The whole as one JSON-able object."""
    lessons = {}
    for lesson in sorted({call.lesson for call in notes.calls}):
        calls = [call for call in notes.calls if call.lesson == lesson]
        seconds = [call.seconds for call in calls]
        lessons[lesson] = {
            "calls": len(calls),
            "refused": sum(call.refused for call in calls),
            "median": round(float(np.median(seconds)), 4),
            "max": round(max(seconds), 3),
        }
    minutes = np.bincount([int(call.at // 60) for call in notes.calls])
    # The last minute may be a part of one.
    lengths = np.minimum(60, notes.now() - 60 * np.arange(len(minutes)))
    slowest = max(notes.calls, key=lambda call: call.seconds, default=None)
    return {
        "seconds": round(notes.now(), 1),
        "calls": len(notes.calls),
        "lessons": lessons,
        "slowest": None if slowest is None else asdict(slowest),
        "calls_a_second": np.round(minutes / lengths, 2).tolist(),
        "megabytes": notes.megabytes,
        "caches_emptied": notes.forgotten,
        "trainings": {
            "finished": len(notes.trainings),
            "slowest": round(max(notes.trainings, default=0.0), 1),
        },
        "errors": notes.errors,
        "stands_still": problem,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """0 every call ended, 1 not, 2 bad input."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", default=16)
    parser.add_argument("--seconds", default=3600)
    parser.add_argument("--limit", default=60, help="seconds that a call may take")
    parser.add_argument("--seed", default=0)
    options = parser.parse_args(arguments)
    try:
        given = {
            "threads": integer("--threads", options.threads, (1, MOST_THREADS)),
            "seconds": number("--seconds", options.seconds, "seconds"),
            "limit": number("--limit", options.limit, LIMITS["seconds"]),
            "seed": integer("--seed", options.seed, "seed"),
        }
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    without_xla()
    notes, problem = endure(**given)
    if problem:
        print(problem, file=sys.stderr)
        faulthandler.dump_traceback(all_threads=True)
    print(json.dumps(report(notes, problem), indent=2), flush=True)
    if problem:
        for child in psutil.Process().children():
            child.kill()
        # Threads that stand still cannot be waited for.
        os._exit(1)
    return int(bool(notes.errors))


if __name__ == "__main__":
    sys.exit(main())
