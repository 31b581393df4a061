"""A training in a process of its own, seen from the process that wants it.

XLA programs of several threads of one process can wait for each other for ever (jaxlib 0.10.2), so
a server leaves them to a process that runs one training at a time and that it can end.

Not `multiprocessing.Process`: it runs the parent's main script in the child, and under Streamlit
that is the app.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from typing import Any

from icl_core.errors import InputError
from icl_core.lessons.train.config import Train

LOG = logging.getLogger("icl.trainer")
ROOT = Path(__file__).parents[3]
CANCEL = "cancel"
TICK = 0.1
"""Seconds between two looks at whether the training was cancelled."""
SILENCE = 300.0
"""Seconds beyond the training's own limit that a worker may be silent: it compiles, it measures,
and others come first."""
GRACE = 20.0
"""Seconds that a cancelled training has to come to its next snapshot."""
DIED = (
    "The process that trained has ended before its time, as happens when the server is short of "
    "memory: start it again, or choose fewer layers or examples."
)
SILENT = "The training gave no sign of life for {:.0f} s and was ended: start it again."
FAULT = (
    "The training stopped because of a fault on our side, which was written to the server's log: "
    "try other choices."
)


class LostError(InputError):
    """The worker has died or does not answer; the message says so to the visitor."""


class Trainer:
    """One worker process: started by the first training, warm for the next until it is closed.

    For one thread at a time. `module` is what the process runs.
    """

    def __init__(self, module: str = "icl_core.lessons.train.worker") -> None:
        self._module = module
        self._process: subprocess.Popen | None = None
        self._pipe: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process, while there is one."""
        return self._process.pid if self._process else None

    def train(
        self, config: Train, cancelled: Event, folder: Path | None = None
    ) -> Iterator[tuple[str, Any]]:
        """("frame", Frame) for every snapshot, ("measuring", None), ("measured", losses); saved in
        a folder, and continued from what is there.

        A cancelled training is measured where it stands at its next snapshot; if it does not come
        to one, it just ends.

        Raises:
            InputError: The training was refused or failed.
            LostError: Its worker died or fell silent.
        """
        whole = False
        try:
            for what, value in self._messages(config, cancelled, folder):
                whole = what in ("measured", "refused")
                if what in ("refused", "failed"):
                    raise InputError(value or FAULT)
                yield what, value
                if whole:
                    return
        except LostError as error:
            status = self._process and self._process.poll()
            LOG.warning("A worker was lost: %s Exit status: %s.", error, status)
            if not cancelled.is_set():
                raise
        finally:
            if not whole:
                self.close()

    def close(self) -> None:
        """End the worker, in the middle of its work if it has any."""
        if self._pipe:
            self._pipe.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self._pipe = self._process = None

    def _messages(
        self, config: Train, cancelled: Event, folder: Path | None
    ) -> Iterator[tuple[str, Any]]:
        """What the worker says, for as long as it is heard."""
        patience = config.seconds + SILENCE
        deadline, told = time.monotonic() + patience, False
        try:
            pipe = self._connected()
            pipe.send((config, folder))
            while time.monotonic() < deadline:
                if cancelled.is_set() and not told:
                    pipe.send(CANCEL)
                    deadline, told = time.monotonic() + GRACE, True
                if pipe.poll(TICK):
                    what, value = pipe.recv()
                    if not told or what == "measuring":
                        deadline = time.monotonic() + patience
                    yield what, value
        except (EOFError, OSError):
            raise LostError(DIED) from None
        raise LostError(SILENT.format(patience))

    def _connected(self) -> Connection:
        """The pipe to a worker that is alive."""
        if self._pipe and self._process and self._process.poll() is None:
            return self._pipe
        self.close()
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._pipe, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=theirs.fileno(),
                env=os.environ | {"PYTHONPATH": path},
            )
        return self._pipe
