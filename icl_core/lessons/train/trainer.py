"""A training in a worker process, seen from the process that wants it.

XLA programs of several threads of one process can wait for each other for ever (jaxlib 0.10.2), so
a server leaves them to workers of one thread (`icl_core.cluster`), which it can end.
"""

import logging
import secrets
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Any

from icl_core.cluster import Cluster, call
from icl_core.errors import InputError
from icl_core.files import claimed
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame, Saved
from icl_core.lessons.train.runs import read_saved, write_saved

LOG = logging.getLogger("icl.trainer")
WORK = "icl_core.lessons.train.worker:work"
TICK = 0.1
"""Seconds between two looks at what a worker says."""
MOST = 32
"""Messages that may wait to be looked at."""
SILENCE = 300.0
"""Seconds beyond the training's own limit that a worker may be silent: it compiles, it measures,
and others come first."""
GRACE = 20.0
"""Seconds that a training has to come to its next snapshot when it is to stop there."""
SENT = 3
"""Times that a training is given to workers that are dead before they begin."""
ENDING = 10.0
"""Seconds that a worker has to end."""
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
    """Sends trainings to a cluster; for many threads at a time.

    `work` names the task, by default that of `icl_core.lessons.train.worker`.
    """

    def __init__(self, cluster: Cluster, work: str = WORK):
        self.cluster = cluster
        self._work = work

    def close(self) -> None:
        """End the workers, in the middle of their work if they have any."""
        self.cluster.close()

    def train(
        self, config: Train, order: Callable[[], str], folder: Path | None = None
    ) -> Iterator[tuple[str, Any]]:
        """("saved", frames) where the folder holds some to go on after, ("frame", Frame) for every
        snapshot, ("measuring", None), ("measured", losses) or ("paused", None); ("unsaved", why)
        when its state can no longer be written, and ("unsaved", "") when it can again.

        `order()` is looked at all the while. After CANCEL a training is measured where it stands at
        its next snapshot, after PAUSE it is saved there; if it does not come to one, it just ends.

        Raises:
            TakenError: Another process is at it.
            InputError: The training was refused or failed.
            LostError: Its worker died or fell silent.
        """
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        with nullcontext() if folder is None else claimed(folder):
            saved = read_saved(folder) if folder else None
            frames: list[Frame] = list(saved.frames) if saved else []
            unsaved = ""
            if frames:
                yield "saved", list(frames)
            try:
                conversation = _Conversation(self.cluster, self._work)
            except InputError as error:
                raise LostError(str(error)) from None
            with closing(conversation.messages(config, order, saved)) as messages:
                for what, value in messages:
                    if what in ("refused", "failed"):
                        raise InputError(value or FAULT)
                    if what == "state":
                        why = _save(folder, Saved(frames, value)) if folder is not None else ""
                        if why != unsaved:
                            yield "unsaved", (unsaved := why)
                        continue
                    if what == "frame":
                        if not value.step:  # what was saved is of no use to it
                            frames.clear()
                        frames.append(value)
                    yield what, value


def _save(folder: Path, saved: Saved) -> str:
    """Why it could not be saved, or nothing."""
    try:
        write_saved(folder, saved)
    except InputError as error:  # it goes on all the same
        LOG.warning("A training is not saved: %s", error)
        return str(error)
    return ""


class _Conversation:
    """One attempt at a training: a task, and its two queues."""

    def __init__(self, cluster: Cluster, work: str) -> None:
        from distributed import Queue  # noqa: PLC0415  dask takes half a second to import

        self._cluster, self._client = cluster, cluster.client()
        self._task, self._worker = work, ""
        name = f"icl-{secrets.token_hex(8)}"
        # Blocking in a thread that runs no event loop, which the types do not know.
        self._up: Any = Queue(f"{name}-up", client=self._client, maxsize=MOST)
        self._down: Any = Queue(f"{name}-down", client=self._client)
        self._name, self._sent = name, 0

    def messages(
        self, config: Train, order: Callable[[], str], saved: Saved | None
    ) -> Generator[tuple[str, Any]]:
        """What the worker says, for as long as it is heard."""
        from distributed.protocol import pickle  # noqa: PLC0415

        patience = config.seconds + SILENCE
        deadline, told, whole = time.monotonic() + patience, "", False
        try:
            brief = saved and Saved(saved.frames[-1:], saved.state)
            self._down.put(pickle.dumps((config, brief)))
            self._future = self._submitted()
            while time.monotonic() < deadline:
                if not told and (told := order()):
                    self._down.put(told)
                    deadline = time.monotonic() + GRACE
                for what, value in self._heard():
                    if what == "began":
                        before, self._worker = self._worker, value
                        if before:  # a scheduler gave it to another, which waits for its brief
                            raise LostError(DIED)
                        continue
                    if not told or what == "measuring":
                        deadline = time.monotonic() + patience
                    whole = what in ("measured", "paused", "refused", "failed")
                    yield what, value
                    if whole:
                        return
            raise LostError(SILENT.format(GRACE if told else patience))
        except (OSError, LostError) as error:
            said = error if isinstance(error, LostError) else LostError(DIED)
            LOG.warning("A worker was lost: %s", error)
            if not told:
                raise said from None
        finally:
            self._end(whole)

    def _submitted(self) -> Any:
        self._sent += 1
        names = self._up.name, self._down.name
        key = f"{self._name}-{self._sent}"
        return self._client.submit(call, self._task, *names, MOST, key=key, pure=False)

    def _heard(self) -> list[tuple[str, Any]]:
        """What has come; after a while, nothing."""
        from distributed.protocol import pickle  # noqa: PLC0415

        if not self._cluster.is_alive():
            raise self._died()
        status = self._future.status
        if waiting := self._up.qsize():
            return [pickle.loads(data) for data in self._up.get(batch=waiting)]
        if status == "error":
            error = self._future.exception()
            if type(error).__name__ == "KilledWorker":
                if self._worker or self._sent == SENT:
                    raise self._died()
                self._future = self._submitted()  # it was dead before
                return []
            LOG.error("A training failed: %r", error)
            return [("failed", None)]
        if status in ("cancelled", "lost"):
            raise self._died()
        time.sleep(TICK)
        return []

    def _died(self) -> LostError:
        """Of a worker that is no more, and that another follows already."""
        self._worker = ""
        return LostError(DIED)

    def _end(self, whole: bool) -> None:
        """Of a training that is not at its end, end the worker."""
        # A dead scheduler has nothing left to end, nor knows it a dead worker (LookupError).
        with suppress(OSError, ValueError, RuntimeError, LookupError):
            if self._cluster.is_alive():
                if not whole and self._worker:
                    self._client.restart_workers([self._worker], timeout=ENDING)
                self._up.close()
                self._down.close()
