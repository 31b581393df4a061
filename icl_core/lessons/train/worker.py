"""The process that trains: `python -m icl_core.lessons.train.worker`, started by a `Trainer`.

Its standard input is one end of a pipe. What comes in is a pair (`Train`, the folder where it is
saved or None) to do, or `CANCEL`; what goes out is a stream of pairs (what, value):
    ("frame", Frame), ..., ("measuring", None), ("measured", {method: LossSummary})
or, in the place of what is left, ("refused", the sentence of an InputError) or ("failed", None).
The process ends when the other end of the pipe is gone, in whatever way that came about.
"""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

from icl_core.errors import InputError
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.measure import measure_last, train_in
from icl_core.lessons.train.trainer import CANCEL
from icl_core.runtime import prepare_process

LOG = logging.getLogger("icl.worker")
NICE = 10
"""Pages come first."""


def run(config: Train, cancelled: Event, folder: Path | None = None) -> Iterator[tuple[str, Any]]:
    """One training, as the messages that tell of it."""
    try:
        frame = None
        # Nothing runs between two snapshots, so leaving the loop stops the training.
        for frame in train_in(config, config.seconds, folder):
            yield "frame", frame
            if cancelled.is_set():
                break
        assert frame is not None  # the first snapshot comes before any update
        yield "measuring", None
        yield "measured", measure_last(config, frame)
    except InputError as error:
        yield "refused", str(error)
    except Exception:
        LOG.exception("A training failed")
        yield "failed", None


def main() -> None:
    """Train what comes in, one after the other."""
    # Ctrl-C in the server's terminal is meant for the server, whose end is noticed here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICE)
    prepare_process()
    pipe = Connection(os.dup(sys.stdin.fileno()))
    cancelled = Event()
    todo: SimpleQueue[tuple[Train, Path | None]] = SimpleQueue()
    Thread(target=_listen, args=(pipe, todo, cancelled), daemon=True).start()
    while True:
        config, folder = todo.get()
        for message in run(config, cancelled, folder):
            try:
                pipe.send(message)
            except OSError:
                return


def _listen(
    pipe: Connection, todo: SimpleQueue[tuple[Train, Path | None]], cancelled: Event
) -> None:
    try:
        while True:
            order = pipe.recv()
            if order == CANCEL:
                cancelled.set()
            else:
                cancelled.clear()
                todo.put(order)
    except (EOFError, OSError):
        os._exit(0)  # whatever the main thread computes, or waits for


if __name__ == "__main__":
    main()
