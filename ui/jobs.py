"""Training in the background: a bounded number at a time, independent of any page or session.

The manager lives as long as the server. Its threads wait for worker processes and never call
Streamlit; pages look at a job and draw what they find.
"""

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

import streamlit as st

from icl_core.analysis.loss import LossSummary
from icl_core.errors import InputError
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.keeping import keep
from icl_core.lessons.train.runs import Run, find_run, forget, note, unfinished
from icl_core.lessons.train.systems import system_of
from icl_core.lessons.train.trainer import FAULT, LostError, Trainer
from icl_core.runtime import cores
from icl_core.settings import settings

LOG = logging.getLogger("icl.jobs")
LOSSES = 3
"""Workers that may die over a job before it is given up."""
GIVEN_UP = (
    "The training waited for its turn, and for {:g} minutes no page showed it, so it lost its "
    "place: start it again."
)

Status = Literal["waiting", "running", "measuring", "done", "cancelled", "failed"]
ACTIVE: tuple[Status, ...] = ("waiting", "running", "measuring")


@dataclass(eq=False)
class Job:
    """One training: written by its thread, read by pages.

    owner: the visitor who started it; shelf: where the model is kept at the end, and `kept` under
    which name, unless `unkept` says why not; lost: how many workers have died over it; drawn: when
    the last snapshot came; seen: when a page last showed it.
    """

    config: Train
    owner: str = ""
    shelf: str = ""
    kept: str = ""
    unkept: str = ""
    lost: int = 0
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    status: Status = "waiting"
    frames: list[Frame] = field(default_factory=list)
    measured: dict[str, LossSummary] = field(default_factory=dict)
    error: str = ""
    drawn: float = 0.0
    seen: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def run(self) -> Run:
        """What is written down of it."""
        return Run(id=self.id, config=self.config, owner=self.owner, shelf=self.shelf)

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    def progress(self) -> float:
        """Share of the updates done, 0 to 1, or of the seconds where nobody knows how many updates
        there are."""
        if not self.frames:
            return 0.0
        if self.status in ("measuring", "done"):
            return 1.0
        last = self.frames[-1]
        if system_of(self.config).open_ended:
            return min(1.0, last.seconds / self.config.seconds)
        return min(1.0, last.step / max(last.total_steps, 1))

    def seconds_left(self) -> float | None:
        """Estimate from the pace of the present phase, None while there is no pace yet; what the
        time limit leaves where nobody knows how many updates there are."""
        phase = [frame for frame in self.frames if frame.phase == self.frames[-1].phase]
        first, last = (phase[0], phase[-1]) if phase else (None, None)
        if first is None or last is None or last.step <= first.step:
            return None
        pace = (last.seconds - first.seconds) / (last.step - first.step)
        rest = self.config.seconds - last.seconds
        if not system_of(self.config).open_ended:
            rest = min(pace * (last.total_steps - last.step), rest)
        return max(0.0, rest - (time.monotonic() - self.drawn))


class Jobs:
    """The queue, and a thread for every worker process."""

    def __init__(
        self,
        running: int = 0,
        trainer: Callable[[], Trainer] = Trainer,
        *,
        resume: bool = False,
    ) -> None:
        self._jobs: dict[str, Job] = {}
        self._queue: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._lock = threading.RLock()
        for index in range(running or settings().workers or max(1, cores() // 2)):
            # Daemons: the server must be able to stop while a model trains.
            threading.Thread(
                target=self._work, args=[trainer()], name=f"training-{index}", daemon=True
            ).start()
        for run in unfinished() if resume else ():
            self._again(run)

    def _again(self, run: Run) -> Job:
        """Go on with a run that this process does not know."""
        job = Job(config=run.config, owner=run.owner, shelf=run.shelf, id=run.id)
        with self._lock:
            job = self._jobs.setdefault(run.id, job)
        if job.status == "waiting":
            self._queue.put(job)
        return job

    def start(self, config: Train, owner: str = "", shelf: str = "") -> Job:
        """Put a training in the queue; its model goes to that shelf, if one is named."""
        job, known = Job(config=config, owner=owner, shelf=shelf), settings()
        if config.seconds > known.training_seconds:
            raise InputError(
                f"A training takes at most {known.training_seconds:g} s on this server, and "
                f"{config.seconds:g} are asked for: choose fewer."
            )
        with self._lock:
            if len(self._waiting()) >= known.waiting:
                raise InputError(
                    f"{known.waiting} trainings are waiting already: try again in a few minutes."
                )
            if owner and len(self.active_of(owner)) >= known.per_visitor:
                raise InputError(
                    f"{known.per_visitor} trainings of yours are waiting or running already: wait "
                    "for one to end, or cancel one."
                )
            done = [key for key, other in self._jobs.items() if not other.active]
            for key in done[: max(0, len(self._jobs) + 1 - known.remembered)]:
                del self._jobs[key]
            self._jobs[job.id] = job
        with suppress(InputError):  # where nothing can be kept, it lasts as long as the server
            note(job.run)
        self._queue.put(job)
        return job

    def find(self, job_id: str | None) -> Job | None:
        """The job of that id, if it is still remembered, for a page that shows it."""
        job = self._jobs.get(job_id or "")
        if job is None and job_id and (run := find_run(job_id)) is not None:
            job = self._again(run)
        if job is not None:
            job.seen = time.monotonic()
            if job.owner:
                self.active_of(job.owner)
        return job

    def active_of(self, owner: str) -> list[Job]:
        """What a visitor has waiting or running, for a page that lists it."""
        with self._lock:
            self._waiting()
            found = [job for job in self._jobs.values() if job.active and job.owner == owner]
            for job in found:
                job.seen = time.monotonic()
            return found

    def cancel(self, job: Job) -> None:
        """Stop at the next snapshot; what was reached stays."""
        with self._lock:
            job.cancelled.set()
            if job.status == "waiting":
                job.status = "cancelled"
                forget(job.run)

    def place_of(self, job: Job) -> int:
        """Its number among those that wait, or 0."""
        with self._lock:
            waiting = self._waiting()
            return waiting.index(job) + 1 if job in waiting else 0

    def _waiting(self) -> list[Job]:
        """In the order of the queue, without those that nobody looks at."""
        unseen = settings().unseen_seconds
        waiting = [job for job in self._jobs.values() if job.status == "waiting"]
        for job in waiting:
            if time.monotonic() - job.seen > unseen:
                job.error = GIVEN_UP.format(unseen / 60)
                self.cancel(job)
        return [job for job in waiting if job.status == "waiting"]

    def _work(self, trainer: Trainer) -> None:
        while True:
            try:
                job = self._queue.get(timeout=settings().idle_seconds)
            except queue.Empty:
                trainer.close()
                continue
            with self._lock:
                if job not in self._waiting():
                    continue
                job.status = "running"
            try:
                self._run(job, trainer)
            except LostError as error:
                job.error, job.lost = str(error), job.lost + 1
                job.status = "failed" if job.lost == LOSSES else "waiting"
            except InputError as error:
                job.error, job.status = str(error), "failed"
            except Exception:
                LOG.exception("A training failed")
                job.error, job.status = FAULT, "failed"
            self._ended(job)

    def _ended(self, job: Job) -> None:
        """Of a job whose worker is done with it, or dead."""
        if job.status == "waiting":
            job.frames.clear()
            job.seen = time.monotonic()
            self._queue.put(job)
        elif job.status == "cancelled":
            forget(job.run)
        else:
            with suppress(InputError):
                note(replace(job.run, done=True))

    def _run(self, job: Job, trainer: Trainer) -> None:
        for what, value in trainer.train(job.config, job.cancelled, job.run.folder):
            match what:
                case "frame":
                    job.frames.append(value)
                    job.drawn = time.monotonic()
                case "measuring":
                    job.status = "measuring"
                case "measured":
                    job.measured = value
                    _keep(job)
        job.status = "cancelled" if job.cancelled.is_set() else "done"


def _keep(job: Job) -> None:
    """Put the model of a training on its shelf."""
    if job.shelf and job.measured:
        try:
            job.kept = keep(job.config, job.frames, job.measured, job.shelf)
        except InputError as error:
            job.unkept = str(error)


@st.cache_resource(max_entries=1, show_spinner=False)
def trainings() -> Jobs:
    """The server's one manager."""
    return Jobs(resume=True)
