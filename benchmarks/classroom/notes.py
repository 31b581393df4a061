"""What is noted while visitors are on the app."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.classroom.page import Fault

Kind = Literal["open", "change", "menu", "look"]
"""Opening a page, changing a control, opening or closing a menu, a question that a page asks by
itself."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """A request and the seconds until the end of its run."""

    at: float
    page: str
    kind: Kind
    control: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that must not happen, and while who did what."""

    at: float
    visitor: str
    page: str
    control: str
    kind: str
    said: str


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training from the click to its end; `said` is the last that the page told of it."""

    at: float
    visitor: str
    finished: bool
    waited: float
    seconds: float
    said: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The server at some moment: resident megabytes, its own and its children's apart, cores that
    both kept busy since the mark before, and the machine's load average, of others too."""

    at: float
    megabytes: float
    children: int
    children_megabytes: float
    threads: int
    cores: float
    children_cores: float
    load: float


@dataclass
class Notes:
    """Filled by all visitors."""

    begun: float = field(default_factory=time.monotonic)
    actions: list[Action] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    """Seconds by which this program itself came too late."""

    def now(self) -> float:
        """Seconds since the beginning."""
        return round(time.monotonic() - self.begun, 1)

    def did(self, page: str, kind: Kind, control: str, seconds: float) -> None:
        """An action that was answered."""
        found = Action(at=self.now(), page=named(page), kind=kind, control=control, seconds=seconds)
        self.actions.append(found)

    def met(self, visitor: str, page: str, control: str, faults: Iterable[Fault]) -> None:
        """What went wrong."""
        for fault in faults:
            self.problems.append(
                Problem(
                    at=self.now(),
                    visitor=visitor,
                    page=named(page),
                    control=control,
                    kind=fault.kind,
                    said=fault.said[:300],
                )
            )


def named(path: str) -> str:
    """A page by the end of its address, which the first does not have."""
    return path or "home"
