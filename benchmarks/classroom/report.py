"""What was noted, in numbers, and the claims that they bear out or not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np

from benchmarks.classroom.notes import Action, Kind, Notes, Problem
from benchmarks.classroom.tab import LIMIT

SHOWN = 30
"""Errors and slowest actions that are told one by one."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What must hold; None where there was nothing to judge it by."""

    name: str
    holds: bool | None
    cases: int


def quantiles(seconds: Iterable[float]) -> dict[str, Any] | None:
    """Count, median, p95, p99 and the highest, to a millisecond; None of nothing."""
    found = list(seconds)
    if not found:
        return None
    values = np.round(np.percentile(found, [50, 95, 99, 100]), 3).tolist()
    return {"count": len(found)} | dict(zip(("median", "p95", "p99", "max"), values, strict=True))


def by_kind(actions: Sequence[Action]) -> dict[str, Any]:
    """The quantiles of what was done, apart."""
    return {
        kind: quantiles(action.seconds for action in actions if action.kind == kind)
        for kind in get_args(Kind)
    }


def by_page(notes: Notes) -> dict[str, Any]:
    """Likewise for every page that was visited, with its errors."""
    pages = dict.fromkeys([*(a.page for a in notes.actions), *(p.page for p in notes.problems)])
    return {
        page: by_kind([action for action in notes.actions if action.page == page])
        | {"errors": errors(problem for problem in notes.problems if problem.page == page)}
        for page in sorted(pages)
    }


def by_minute(actions: Iterable[Action]) -> list[Any]:
    """The quantiles of changes in every minute."""
    minutes: dict[int, list[float]] = {}
    for action in actions:
        if action.kind == "change":
            minutes.setdefault(int(action.at // 60), []).append(action.seconds)
    return [quantiles(minutes.get(minute, ())) for minute in range(max(minutes, default=-1) + 1)]


def errors(problems: Iterable[Problem]) -> dict[str, int]:
    """How many of each kind."""
    return dict(Counter(problem.kind for problem in problems))


def computed(notes: Notes) -> float | None:
    """Milliseconds of the processor that the server took for an action, without its children's;
    None where nobody could look."""
    spent = sum(
        mark.cores * (mark.at - before.at)
        for before, mark in zip(notes.marks, notes.marks[1:], strict=False)
    )
    return round(1e3 * spent / len(notes.actions), 1) if spent and notes.actions else None


def claims(notes: Notes, raised: Sequence[str] | None) -> tuple[Claim, ...]:
    """What must hold; `raised` are the exceptions in the server's log, None if nobody read it."""
    met = Counter(problem.kind for problem in notes.problems)
    undone = sum(not training.finished for training in notes.trainings)

    def none(name: str, cases: int, judged: bool = True) -> Claim:
        return Claim(name=name, holds=cases == 0 if judged else None, cases=cases)

    return (
        none(f"every action has its answer within {LIMIT:g} s", met["unanswered"]),
        none("no page shows an error that nobody asked for", met["error"] + met["exception"]),
        none("no connection is lost", met["connection"]),
        none("every message can be read", met["protocol"]),
        none("every training finishes", undone + met["training"], bool(notes.trainings)),
        none("the server's log holds no exception", len(raised or ()), raised is not None),
    )


def report(given: Mapping[str, Any], notes: Notes, raised: Sequence[str] | None) -> dict[str, Any]:
    """The whole as one JSON-able object."""
    slowest = sorted(notes.actions, key=lambda action: -action.seconds)[:SHOWN]
    finished = [training for training in notes.trainings if training.finished]
    kinds = errors(notes.problems) | ({"log": len(raised)} if raised else {})
    return {
        "given": dict(given),
        "seconds": notes.now(),
        "actions": len(notes.actions),
        "all": by_kind(notes.actions),
        "processor_milliseconds_an_action": computed(notes),
        "changes_by_minute": by_minute(notes.actions),
        "pages": by_page(notes),
        "slowest": [asdict(action) for action in slowest],
        "trainings": {
            "finished": len(finished),
            "unfinished": len(notes.trainings) - len(finished),
            "waited": quantiles(training.waited for training in finished),
            "seconds": quantiles(training.seconds for training in finished),
            "each": [asdict(training) for training in notes.trainings],
        },
        "errors": {
            "kinds": kinds,
            "first": [asdict(problem) for problem in notes.problems[:SHOWN]],
            "log": list(raised or ())[:SHOWN],
        },
        "server": [asdict(mark) for mark in notes.marks],
        "own_lateness": quantiles(notes.lateness),
        "claims": [asdict(claim) for claim in claims(notes, raised)],
    }
