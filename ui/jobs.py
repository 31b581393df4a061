"""Training in the background: a bounded number at a time, independent of any page or session.

The manager lives as long as the server. Its threads never call Streamlit; pages look at a job and
draw what they find.
"""

import logging
import os
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from icl_core.analysis.loss import LossSummary
from icl_core.errors import InputError
from icl_core.lessons.training import Frame, Train, measure_model
from icl_core.training import train

LOG = logging.getLogger("icl.jobs")
RUNNING = max(1, (os.cpu_count() or 2) // 2)
WAITING, KEPT = 12, 48
"""Jobs that may wait, and finished ones that are remembered."""

Status = Literal["waiting", "running", "measuring", "done", "cancelled", "failed"]
ACTIVE: tuple[Status, ...] = ("waiting", "running", "measuring")


@dataclass(eq=False)
class Job:
    """One training: written by its thread, read by pages. drawn: when the last snapshot came."""

    config: Train
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: Status = "waiting"
    frames: list[Frame] = field(default_factory=list)
    measured: dict[str, LossSummary] = field(default_factory=dict)
    error: str = ""
    drawn: float = 0.0
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    def progress(self) -> float:
        """Share of the updates done, 0 to 1."""
        if not self.frames:
            return 0.0
        last = self.frames[-1]
        return min(1.0, last.step / max(last.total_steps, 1))

    def seconds_left(self) -> float | None:
        """Estimate from the pace of the present phase; None while there is no pace yet."""
        phase = [frame for frame in self.frames if frame.phase == self.frames[-1].phase]
        first, last = (phase[0], phase[-1]) if phase else (None, None)
        if first is None or last is None or last.step <= first.step:
            return None
        pace = (last.seconds - first.seconds) / (last.step - first.step)
        rest = min(pace * (last.total_steps - last.step), self.config.seconds - last.seconds)
        return max(0.0, rest - (time.monotonic() - self.drawn))


class Jobs:
    """The queue and its worker threads."""

    def __init__(self, running: int = RUNNING) -> None:
        self._jobs: dict[str, Job] = {}
        self._queue: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        for index in range(running):
            # Daemons: the server must be able to stop while a model trains.
            threading.Thread(target=self._work, name=f"training-{index}", daemon=True).start()

    def start(self, config: Train) -> Job:
        """Put a training in the queue."""
        job = Job(config=config)
        with self._lock:
            if sum(other.status == "waiting" for other in self._jobs.values()) >= WAITING:
                raise InputError(
                    f"{WAITING} trainings are waiting already: try again in a few minutes."
                )
            done = [key for key, other in self._jobs.items() if not other.active]
            for key in done[: max(0, len(self._jobs) + 1 - KEPT)]:
                del self._jobs[key]
            self._jobs[job.id] = job
        self._queue.put(job)
        return job

    def find(self, job_id: str | None) -> Job | None:
        """The job of that id, if it is still remembered."""
        return self._jobs.get(job_id or "")

    def cancel(self, job: Job) -> None:
        """Stop at the next snapshot; what was reached stays."""
        job.cancelled.set()
        if job.status == "waiting":
            job.status = "cancelled"

    def ahead_of(self, job: Job) -> int:
        """How many jobs must end before this one begins."""
        with self._lock:
            jobs = list(self._jobs.values())
        before = jobs[: jobs.index(job)] if job in jobs else []
        return sum(other.active for other in before)

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            if job.cancelled.is_set():
                job.status = "cancelled"
                continue
            try:
                self._run(job)
            except InputError as error:
                job.error, job.status = str(error), "failed"
            except Exception:
                LOG.exception("A training failed")
                job.error = (
                    "The training stopped because of a fault on our side, which was written to "
                    "the server's log: try other choices."
                )
                job.status = "failed"

    def _run(self, job: Job) -> None:
        job.status = "running"
        # Nothing runs between two snapshots, so leaving the loop stops the training.
        for snapshot in train(job.config.task(), job.config.training()):
            job.frames.append(Frame.of(snapshot))
            job.drawn = time.monotonic()
            if job.cancelled.is_set():
                break
        job.status = "measuring"
        job.measured = measure_model(job.frames[-1].model, job.config.task())
        job.status = "cancelled" if job.cancelled.is_set() else "done"


@st.cache_resource(max_entries=1, show_spinner=False)
def trainings() -> Jobs:
    """The server's one manager."""
    return Jobs()
