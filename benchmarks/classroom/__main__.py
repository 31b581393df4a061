"""The command, see the package's own words."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psutil

import benchmarks.classroom as package
from benchmarks.classroom.load import Watch, keep_watch, listening, say, tracebacks
from benchmarks.classroom.notes import Notes
from benchmarks.classroom.report import report
from benchmarks.classroom.tab import LostError, Tab, UnansweredError
from benchmarks.classroom.visitor import Visitor
from benchmarks.serving import ROOT, served
from icl_core.errors import InputError
from icl_core.lessons.train.config import SECONDS
from icl_core.validation import integer, number

T = TypeVar("T")
MOST_SESSIONS = 1000
RAMP = 10.0
"""Seconds within which all visitors arrive."""
FLOOR = Path(__file__).with_name("floor.py")


@dataclass(frozen=True, kw_only=True)
class Given:
    """The options, checked."""

    sessions: int
    seconds: float
    trainers: int
    training_seconds: float
    seed: int
    base: str | None
    floor: bool = False

    def __post_init__(self) -> None:
        checked = {
            "sessions": integer("--sessions", self.sessions, (1, MOST_SESSIONS)),
            "seconds": number("--seconds", self.seconds, "seconds"),
            "training_seconds": number("--training-seconds", self.training_seconds, SECONDS),
            "seed": integer("--seed", self.seed, "seed"),
        }
        checked["trainers"] = integer("--trainers", self.trainers, (0, checked["sessions"]))
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.base is not None:
            url = urlsplit(self.base)
            if url.scheme not in ("http", "https") or not url.hostname:
                raise InputError(
                    f"--base is {self.base!r:.80}: expected the app's address, as "
                    "http://localhost:8501, or leave it out to start a server."
                )
        if self.floor and (self.base is not None or self.trainers):
            raise InputError(
                "--floor starts an app of its own without trainings: give --trainers 0, no --base."
            )


async def pages_of(base: str) -> list[str]:
    """The pages that the app's navigation offers."""
    tab = Tab(base)
    try:
        await tab.open("")
    except (LostError, UnansweredError) as error:
        raise InputError(
            f"No app answers at {base} ({error}): start it there, or leave --base out."
        ) from None
    finally:
        await tab.close()
    return list(tab.pages)


async def lesson(given: Given, base: str, pid: int | None, pages: Sequence[str]) -> Notes:
    """All visitors, from their arrival until the last has left."""
    notes = Notes()
    watch = None
    if pid is not None:
        with suppress(psutil.NoSuchProcess):
            watch = Watch(pid, notes)
    until = time.monotonic() + given.seconds
    watching = asyncio.create_task(keep_watch(notes, watch))

    async def visit(number: int) -> None:
        await asyncio.sleep(min(RAMP, given.seconds / 2) * number / given.sessions)
        trains = given.training_seconds if number < given.trainers else 0
        await Visitor(number, base, notes, given.seed, trains).walk(list(pages), until)

    async with asyncio.TaskGroup() as visitors:
        for number in range(given.sessions):
            visitors.create_task(visit(number))
    watching.cancel()
    if watch is not None:
        watch.mark()
    say(notes)
    return notes


async def visited(given: Given, base: str, pid: int | None) -> Notes:
    """A lesson on the app at an address."""
    return await lesson(given, base, pid, await pages_of(base))


def run(given: Given) -> dict[str, Any]:
    """The report on a lesson: on the server at the address given, else on one of its own."""
    raised = None
    if given.base is not None:
        notes = completed(visited(given, given.base, listening(given.base)))
    else:
        with served(FLOOR if given.floor else ROOT / "server.py") as server:
            notes = completed(visited(given, server.address, server.pid))
            raised = list(tracebacks(server.log.read_text(errors="replace")))
    return report(asdict(given), notes, raised)


def completed(work: Coroutine[Any, Any, T]) -> T:
    """The result of asynchronous work, in a thread of its own: the caller's may have a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def main(arguments: Sequence[str] | None = None) -> int:
    """0 all claims hold, 1 one does not, 2 bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.classroom",
        description=package.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sessions", default=30, help="visitors at a time")
    parser.add_argument("--seconds", default=600, help="how long they stay")
    parser.add_argument("--trainers", default=3, help="those among them who train models")
    parser.add_argument("--training-seconds", default=60, help="what a training may take")
    parser.add_argument("--seed", default=0, help="of the visitors' choices")
    parser.add_argument("--base", help="the address of a running server")
    parser.add_argument("--floor", action="store_true", help="on pages that compute nothing")
    try:
        found = run(Given(**vars(parser.parse_args(arguments))))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return int(any(claim["holds"] is False for claim in found["claims"]))


if __name__ == "__main__":
    sys.exit(main())
