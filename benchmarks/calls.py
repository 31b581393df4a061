"""What pages ask of the engine, for choices at random, with no cache of Streamlit's between."""

import functools
import gc
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.sweeps import sweeps
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.train.noise import measure_model
from icl_core.zoo.library import MIXED_NOISE, entries_of, load_entry

SWEPT = 0.8
"""How often one control is moved away from its default; otherwise a preset is opened."""
VIEWS = 2
"""Of a lesson, for one result."""
KEEPERS = ("icl_core.lessons", "icl_core.analysis")
"""Modules that keep what they have computed."""

Step = tuple[str, str, Callable[[], object]]
"""The lesson, what is called, and the call."""


@dataclass
class Visit:
    """One state of a page; without a result where the lesson refuses the choices."""

    page: str
    rng: random.Random
    config: Any = None
    result: Any = None

    def choose(self) -> None:
        """A preset, or the default with one control moved."""
        lesson = LESSONS[self.page]
        presets = list(lesson.presets.values())
        self.config = self.rng.choice(presets)
        if self.rng.random() < SWEPT:
            sweep = self.rng.choice(list(sweeps(self.page, self.rng.randrange(10_000))))
            moved = {sweep.control: self.rng.choice(sweep.values)}
            self.config = presets[0].replace(**sweep.start, **moved)

    def measure(self) -> None:
        """The lesson's results."""
        self.result = LESSONS[self.page].measure(self.config)

    def show(self, name: str) -> None:
        """One of the lesson's views."""
        LESSONS[self.page].views[name](self.config, self.result)

    def measure_model(self) -> None:
        """What is measured of a model when its training has ended."""
        entry = self.rng.choice(entries_of(MIXED_NOISE))
        measure_model(load_entry(entry).model, entry.linear_task)


def steps(rng: random.Random) -> Iterator[Step]:
    """Page after page, without end."""
    while True:
        page = rng.choice(list(LESSONS))
        visit = Visit(page, rng)
        if page == "train":
            # Its `measure` is a whole training.
            yield page, "measure_model", visit.measure_model
            continue
        yield page, "choices", visit.choose
        yield page, "measure", visit.measure
        names = list(LESSONS[page].views) if visit.result is not None else []
        for name in rng.sample(names, min(VIEWS, len(names))):
            yield page, name, functools.partial(visit.show, name)


def forget() -> int:
    """Empty what lessons and analyses keep; how many caches held something.

    No call may be on its way: two that share a result could come to have one each.
    """
    found = [
        kept
        for kept in gc.get_objects()
        # Not isinstance: it asks weak proxies, which refuse once their object is gone.
        if type(kept) is functools._lru_cache_wrapper
        and str(kept.__module__).startswith(KEEPERS)
        and kept.cache_info().currsize
    ]
    for kept in found:
        kept.cache_clear()
    return len(found)
