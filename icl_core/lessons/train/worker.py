"""A training as a task of dask, in a worker process.

The `down` queue brings (`Train`, the `Saved` training to go on with or None), then at most one
order, CANCEL or PAUSE, which is heeded at the next snapshot. The `up` queue takes pairs (what,
value):
    ("began", the worker's address),
    ("frame", Frame), ..., ("measuring", None), ("measured", {method: LossSummary})
with ("state", bytes) after a frame from which the training could go on, or, in the place of what is
left, ("paused", None), ("refused", the sentence of an InputError) or ("failed", None).
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from distributed import Queue, get_worker
from distributed.protocol import pickle

from icl_core.errors import InputError
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import ENDED, PAUSE, Saved
from icl_core.lessons.train.measure import measure_last, train_in

LOG = logging.getLogger("icl.worker")
EVERY = 3.0
"""Seconds after which the state goes along with the next frame."""
HEARD = "60s"
"""How long a message waits for its place in a full queue: then nobody listens any more."""


def run(
    config: Train, order: Callable[[], str], saved: Saved | None = None
) -> Iterator[tuple[str, Any]]:
    """One training, as the messages that tell of it."""
    try:
        last, told = saved and saved.last, time.monotonic()
        # Nothing runs between two snapshots, so leaving the loop stops the training.
        for frame in train_in(config, config.seconds, saved):
            last = replace(frame, save=None)
            yield "frame", last
            asked, ended = order(), frame.phase in ENDED
            if frame.save and (ended or asked == PAUSE or time.monotonic() - told > EVERY):
                yield "state", frame.save()
                told = time.monotonic()
            if asked == PAUSE and not ended:
                yield "paused", None
                return
            if asked:
                break
        assert last is not None  # the first snapshot comes before any update
        yield "measuring", None
        yield "measured", measure_last(config, last)
    except InputError as error:
        yield "refused", str(error)
    except Exception:
        LOG.exception("A training failed")
        yield "failed", None


def work(up: str, down: str, most: int) -> None:
    """The task: train what comes down, and tell of it; at most so many messages wait."""
    to: Any = Queue(up, maxsize=most)
    orders: Any = Queue(down)
    to.put(pickle.dumps(("began", get_worker().address)))
    config, saved = pickle.loads(orders.get())

    def order() -> str:
        return orders.get() if orders.qsize() else ""

    for message in run(config, order, saved):
        to.put(pickle.dumps(message), timeout=HEARD)
