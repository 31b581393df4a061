"""Training in the background: a bounded number at a time, independent of any page or session.

The manager lives as long as the server. Its threads wait for workers and never call Streamlit;
pages look at a job and draw what they find.
"""

import logging
import threading
import time
from contextlib import suppress
from dataclasses import replace

import streamlit as st

from icl_core.cluster import Cluster
from icl_core.errors import InputError
from icl_core.files import TakenError, claimed
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import CANCEL, PAUSE
from icl_core.lessons.train.runs import Run, find_run, forget, note, read_saved, unfinished
from icl_core.lessons.train.trainer import FAULT, LostError, Trainer
from icl_core.runtime import cores
from icl_core.settings import settings
from ui.job import Job, Status, in_turn

LOG = logging.getLogger("icl.jobs")
NICE = 10
"""Pages come first."""
FOLLOWED = 3.0
"""Seconds between two looks at what another server trains."""
LOSSES = 3
"""Workers that may die over a job before it is given up."""
GIVEN_UP = (
    "The training waited for its turn, and for {:g} minutes no page showed it, so it lost its "
    "place: start it again."
)


class Jobs:
    """The queue, and a thread for every training that runs; all share one trainer."""

    def __init__(self, trainer: Trainer, running: int = 1, *, resume: bool = False) -> None:
        self._trainer = trainer
        self._jobs: dict[str, Job] = {}
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._busy, self._stopping = 0, False
        for index in range(running):
            # Daemons: the server must be able to stop while a model trains.
            threading.Thread(target=self._work, name=f"training-{index}", daemon=True).start()
        for run in unfinished() if resume else ():
            self._again(run)

    def _again(self, run: Run) -> Job:
        """Go on with a run that this process does not know."""
        job = Job(config=run.config, owner=run.owner, shelf=run.shelf, id=run.id)
        if run.paused:
            saved = read_saved(run.folder)
            job.status, job.frames = "paused", [*saved.frames] if saved else []
        with self._changed:
            job = self._jobs.setdefault(run.id, job)
            self._changed.notify()
        return job

    def start(self, config: Train, owner: str = "", shelf: str = "") -> Job:
        """Put a training in the queue; its model goes to that shelf, if one is named."""
        job, known = Job(config=config, owner=owner, shelf=shelf), settings()
        if config.seconds > known.training_seconds:
            raise InputError(
                f"A training takes at most {known.training_seconds:g} s on this server, and "
                f"{config.seconds:g} are asked for: choose fewer."
            )
        with self._changed:
            self._admit(owner)
            done = [key for key, other in self._jobs.items() if not other.active]
            for key in done[: max(0, len(self._jobs) + 1 - known.remembered)]:
                del self._jobs[key]
            self._jobs[job.id] = job
            self._changed.notify()
        try:
            note(job.run)
        except InputError as error:  # where nothing can be kept, it lasts as long as the server
            job.unsaved = str(error)
        return job

    def _admit(self, owner: str) -> None:
        """Raise `InputError` where one more cannot wait."""
        known = settings()
        if len(self._waiting()) >= known.waiting:
            raise InputError(
                f"{known.waiting} trainings are waiting already: try again in a few minutes."
            )
        if owner and len(self.active_of(owner)) >= known.per_visitor:
            raise InputError(
                f"{known.per_visitor} trainings of yours are waiting or running already: wait for "
                "one to end, or cancel or pause one."
            )

    def find(self, job_id: str | None) -> Job | None:
        """The job of that id, if it is still remembered, for a page that shows it."""
        job = self._jobs.get(job_id or "")
        if job is None and job_id and (run := find_run(job_id)) is not None:
            job = self._again(run)
        if job is not None:
            job.seen = time.monotonic()
            if job.owner:
                self.active_of(job.owner)
            if job.taken:
                self._follow(job)
        return job

    def _follow(self, job: Job) -> None:
        """See how far another server has come with a job, until it is left there."""
        with self._lock:
            if not job.taken or time.monotonic() - job.drawn < FOLLOWED:
                return
            job.drawn = time.monotonic()
        try:
            with claimed(job.run.folder):
                run = find_run(job.id)
        except TakenError:
            if (saved := read_saved(job.run.folder)) is not None:
                job.frames = [*saved.frames]
            return
        except OSError:
            run = None
        with self._changed:
            job.taken = False
            job.status = "cancelled" if run is None else "paused" if run.paused else "waiting"
            self._changed.notify()

    def active_of(self, owner: str, *, paused: bool = False) -> list[Job]:
        """What a visitor has waiting or running, or paused, for a page that lists it."""
        with self._lock:
            self._waiting()
            own = [job for job in self._jobs.values() if job.owner == owner]
            found = [job for job in own if job.active or (paused and job.status == "paused")]
            for job in found:
                job.seen = time.monotonic()
            return found

    def cancel(self, job: Job) -> None:
        """Stop at the next snapshot; what was reached stays."""
        with self._lock:
            job.order = CANCEL
            if job.status in ("waiting", "paused"):
                job.status = "cancelled"
                forget(job.run)

    def pause(self, job: Job) -> None:
        """Stop at the next snapshot, where `resume` goes on, after a restart of the server too."""
        with self._lock:
            if job.status == "running" and not job.order:
                job.order = PAUSE

    def resume(self, job: Job) -> None:
        """Put a paused job in the queue again.

        Raises:
            InputError: Too many wait.
        """
        with self._changed:
            if job.status == "paused":
                self._admit(job.owner)
                job.status, job.order, job.seen = "waiting", "", time.monotonic()
                with suppress(InputError):
                    note(job.run)
                self._changed.notify()

    def stop(self, seconds: float) -> None:
        """Begin nothing any more, and save what runs, if that takes no longer: the server that
        comes next goes on with it."""
        with self._lock:
            self._stopping = True
            for job in self._jobs.values():
                if job.status == "running" and not job.order:
                    job.order = PAUSE
        end = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, end - time.monotonic())
        self._trainer.close()

    def number_of(self, status: Status) -> int:
        """How many jobs have that status; trainings on another server count there."""
        known = [*self._jobs.values()]
        return sum(job.status == status and not job.taken for job in known)

    def place_of(self, job: Job) -> int:
        """Its number among those that wait, or 0."""
        with self._lock:
            waiting = self._waiting()
            return waiting.index(job) + 1 if job in waiting else 0

    def _waiting(self) -> list[Job]:
        """In the order of the queue, without those that nobody looks at."""
        unseen = settings().unseen_seconds
        waiting = [job for job in self._jobs.values() if job.status == "waiting"]
        for job in [*self._jobs.values()]:
            if job.taken and time.monotonic() - job.seen > unseen:
                del self._jobs[job.id]
        for job in waiting:
            if time.monotonic() - job.seen > unseen:
                job.error = GIVEN_UP.format(unseen / 60)
                self.cancel(job)
        return in_turn([*self._jobs.values()])

    def _ready(self) -> list[Job]:
        """Those that may begin."""
        return [] if self._stopping else self._waiting()

    def _next(self) -> Job | None:
        """The job whose turn it is, from now on running; None when there was none for a while."""
        with self._changed:
            self._changed.wait_for(self._ready, settings().idle_seconds)
            for job in self._ready()[:1]:
                job.status, job.begun = "running", time.monotonic()
                self._busy += 1
                return job
            if not self._busy:
                self._trainer.close()
            return None

    def _work(self) -> None:
        while True:
            job = self._next()
            if job is None:
                continue
            try:
                self._run(job)
            except TakenError:
                job.taken, job.drawn = True, 0.0
            except LostError as error:
                job.error, job.lost = str(error), job.lost + 1
                job.status = "failed" if job.lost == LOSSES else "waiting"
            except InputError as error:
                job.error, job.status = str(error), "failed"
            except Exception:
                LOG.exception("A training failed")
                job.error, job.status = FAULT, "failed"
            if job.status in ("failed", "waiting"):
                self._note(job)
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _note(self, job: Job) -> None:
        """Write down what has become of a job whose worker is done with it, or dead."""
        if job.status == "waiting":
            job.seen = time.monotonic()
        elif job.status == "cancelled":
            forget(job.run)
        elif not (self._stopping and job.status == "paused"):  # else the next server goes on
            paused = job.status == "paused"
            with suppress(InputError):
                note(replace(job.run, done=not paused, paused=paused))

    def _run(self, job: Job) -> None:
        for what, value in self._trainer.train(job.config, lambda: job.order, job.run.folder):
            match what:
                case "saved":
                    job.frames = value
                case "frame":
                    if not value.step:
                        job.frames = []
                    job.frames.append(value)
                    job.drawn = time.monotonic()
                case "unsaved":
                    job.unsaved = value
                case "measuring":
                    job.status = "measuring"
                case "measured":
                    job.measured = value
                    job.keep()
                    self._settle(job)
                case "paused":
                    self._settle(job)
        if job.active:
            self._settle(job)

    def _settle(self, job: Job) -> None:
        """Say how a job has ended, and write it down while no other server can take it up."""
        ended = job.measured or not job.order
        job.status = "cancelled" if job.order == CANCEL else "done" if ended else "paused"
        self._note(job)


def at_a_time() -> int:
    """Trainings that this server runs at a time: its share, where it is one of several."""
    known = settings()
    return max(1, (known.workers or cores() // 2) // known.servers)


@st.cache_resource(max_entries=1, show_spinner=False)
def trainings() -> Jobs:
    """The server's one manager."""
    running = at_a_time()
    cluster = Cluster(settings().scheduler, workers=running, nice=NICE)
    return Jobs(Trainer(cluster), running, resume=True)
