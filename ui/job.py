"""One training in the background, as pages see it."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from icl_core.analysis.loss import LossSummary
from icl_core.errors import InputError
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.keeping import keep
from icl_core.lessons.train.runs import Run
from icl_core.lessons.train.systems import system_of

Status = Literal["waiting", "running", "measuring", "paused", "done", "cancelled", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)
ACTIVE: tuple[Status, ...] = ("waiting", "running", "measuring")


@dataclass(eq=False)
class Job:
    """One training: written by its thread, read by pages.

    owner: the visitor who started it; shelf: where the model is kept at the end, and `kept` under
    which name, unless `unkept` says why not; unsaved: why its state cannot be written at present;
    lost: how many workers have died over it; order: what its worker is to do; taken: whether
    another server is at it, which then writes it; begun, drawn, seen: when its turn came, the last
    snapshot came, and a page last showed it.
    """

    config: Train
    owner: str = ""
    shelf: str = ""
    kept: str = ""
    unkept: str = ""
    unsaved: str = ""
    lost: int = 0
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    status: Status = "waiting"
    frames: list[Frame] = field(default_factory=list)
    measured: dict[str, LossSummary] = field(default_factory=dict)
    error: str = ""
    begun: float = 0.0
    drawn: float = 0.0
    seen: float = field(default_factory=time.monotonic)
    order: Literal["", "cancel", "pause"] = ""
    taken: bool = False

    @property
    def run(self) -> Run:
        """What is written down of it."""
        return Run(id=self.id, config=self.config, owner=self.owner, shelf=self.shelf)

    @property
    def queue(self) -> str:
        """Whose turn it is when it is this job's: its owner's, if it has one."""
        return self.owner or self.id

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    def keep(self) -> None:
        """Put the model on its shelf."""
        if self.shelf and self.measured:
            try:
                self.kept = keep(self.config, self.frames, self.measured, self.shelf)
            except InputError as error:
                self.unkept = str(error)

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


def in_turn(jobs: Sequence[Job]) -> list[Job]:
    """Those that wait, in the order of the queue. Visitors take turns: the next job is the first of
    whoever was longest not served."""
    left = [job for job in jobs if job.status == "waiting"]
    served: dict[str, float] = {}
    for job in jobs:
        served[job.queue] = max(served.get(job.queue, 0.0), job.begun)
    order: list[Job] = []
    while left:
        job = min(left, key=lambda job: served[job.queue])
        left.remove(job)
        order.append(job)
        served[job.queue] = time.monotonic() + len(order)
    return order
