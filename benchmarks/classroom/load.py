"""The server as the machine sees it: memory, processor, and what it wrote to its log."""

import asyncio
import re
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from urllib.parse import urlsplit

import psutil

from benchmarks.classroom.notes import Mark, Notes

MINUTE, TICK = 60.0, 0.1
LOCAL = ("localhost", "127.0.0.1", "::1")
BEGINNINGS = (
    "Traceback (most recent call last)",
    "Exception Group Traceback",
    "Fatal Python error",
)
COLOUR, FRAME = re.compile(r"\x1b\[[0-9;]*m"), " \t|+-─│╭╮╰╯"


def listening(base: str) -> int | None:
    """The process that serves an address of this machine, None for one of another."""
    url = urlsplit(base)
    if url.hostname not in LOCAL:
        return None
    port = url.port or (443 if url.scheme == "https" else 80)
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,):
            return connection.pid
    return None


class Watch:
    """Marks the server's memory and processor time as long as it runs."""

    def __init__(self, pid: int, notes: Notes) -> None:
        self.notes = notes
        self.process = psutil.Process(pid)
        self._before = time.monotonic(), *self._spent()

    def mark(self) -> None:
        """Note how the server stands."""
        try:
            children = self.process.children(recursive=True)
            now = time.monotonic(), *self._spent()
            # The first mark has no time behind it.
            passed, own, theirs = (a - b for a, b in zip(now, self._before, strict=True))
            self._before = now
            self.notes.marks.append(
                Mark(
                    at=self.notes.now(),
                    megabytes=round(self.process.memory_info().rss / 1e6),
                    children=len(children),
                    children_megabytes=round(_resident(children) / 1e6),
                    threads=self.process.num_threads(),
                    cores=round(own / max(passed, TICK), 2),
                    children_cores=round(max(theirs, 0.0) / max(passed, TICK), 2),
                    load=round(psutil.getloadavg()[0], 2),
                )
            )
        except psutil.NoSuchProcess:
            return

    def _spent(self) -> tuple[float, float]:
        """Processor seconds of the server, and of its children, those that have ended included."""
        times = self.process.cpu_times()
        theirs = times.children_user + times.children_system
        for child in self.process.children(recursive=True):
            try:
                found = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            theirs += found.user + found.system
        return times.user + times.system, theirs


def _resident(processes: Iterable[psutil.Process]) -> float:
    found = 0
    for process in processes:
        try:
            found += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return found


async def keep_watch(notes: Notes, watch: Watch | None) -> None:
    """Until it is cancelled: a mark now and every minute, and how late this program is itself."""
    next_mark = last = time.monotonic()
    while True:
        if time.monotonic() >= next_mark:
            if watch is not None:
                watch.mark()
            say(notes)
            next_mark += MINUTE
        await asyncio.sleep(TICK)
        now = time.monotonic()
        notes.lateness.append(max(0.0, now - last - TICK))
        last = now


def say(notes: Notes) -> None:
    """A line on standard error."""
    counts = f"{len(notes.actions)} actions, {len(notes.problems)} errors"
    done = sum(training.finished for training in notes.trainings)
    server = asdict(notes.marks[-1]) if notes.marks else {}
    line = f"{notes.now():.0f} s: {counts}, {done} trainings; server {server}"
    print(line, file=sys.stderr, flush=True)


def tracebacks(log: str) -> Iterator[str]:
    """The last line of every traceback in a log, which names the exception: Python's own, and
    coloured ones in a frame, as Streamlit writes them."""
    inside = False
    for line in COLOUR.sub("", log).splitlines():
        bare = line.strip(FRAME)
        if bare.startswith(BEGINNINGS):
            if inside := bare.startswith(BEGINNINGS[:2]):
                continue
            yield bare
        elif inside and bare and not line.startswith((" ", "\t", "│")):
            yield bare
            inside = False
    if inside:
        yield "a traceback without an end"
