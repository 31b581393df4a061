"""Memory of the server: what a session costs while it is open, and that nothing stays behind.

    python -m benchmarks.memory [--sessions 88] [--changes 20] [--only PAGE]

Opens sessions one after the other on the app's own scripts (under AppTest, in one process), each
on the next page, makes changes at random on it, and forgets it. Every quarter has the same
sessions: the first fills the caches (each is bounded: see `max_entries`, `maxsize` and `remember`),
and after the second the process should not grow. One JSON object: megabytes resident after every
quarter, the lesser growth a session of the last two quarters, and what a session costs that is kept
open.
"""

import argparse
import ctypes
import gc
import json
import random
import sys
from collections.abc import Sequence

import numpy as np
import psutil
from streamlit.testing.v1 import AppTest

import ui.warm
from benchmarks.pages import change, session
from benchmarks.sweeps import sweeps
from icl_core.lessons.catalog import LESSONS
from icl_core.runtime import without_xla


def resident() -> float:
    """Megabytes, after all that nobody holds has gone back to the system."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    return psutil.Process().memory_info().rss / 1e6


def visit(page: str, changes: int, rng: random.Random) -> AppTest:
    """A session that opens a page and changes it."""
    app, _ = session(page)
    controls = list(sweeps(page, rng.randrange(1000)))
    default = next(iter(LESSONS[page].presets.values())).to_dict()
    for _ in range(changes):
        sweep = rng.choice(controls)
        value = {sweep.control: rng.choice(sweep.values)}
        change(app, page, {**default, **sweep.start, **value})
    return app


def growth(pages: Sequence[str], sessions: int, changes: int) -> dict[str, object]:
    """Resident memory over sessions that come and go, then over some that stay."""
    marks = []
    for _ in range(4):
        for number in range(sessions // 4):
            visit(pages[number % len(pages)], changes, random.Random(number))
        marks.append(resident())
    kept = [session(page)[0] for page in pages for _ in range(2)]
    return {
        "sessions": sessions,
        "changes": sessions * changes,
        "megabytes": [round(mark) for mark in marks],
        # The lesser of two quarters: what leaks does so in both, a cache that fills in one.
        "growth_a_session": min(np.diff(marks[1:])) / (sessions // 4),
        "an_open_session": (resident() - marks[3]) / len(kept),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=88)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--only", choices=list(LESSONS))
    given = parser.parse_args()
    without_xla()
    ui.warm.start_warming = lambda: None
    pages = [given.only] if given.only else list(LESSONS)
    print(json.dumps(growth(pages, given.sessions, given.changes), indent=2))


if __name__ == "__main__":
    main()
