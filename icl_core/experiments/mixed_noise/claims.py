"""What the zoo promises, judged by the numbers themselves.

Wherever two of our means are compared, two combined standard errors are allowed. Where the mean is
heavy-tailed (`table.heavy_tailed`) its standard error says little, so there a comparison fails only
if the means and the trimmed means both do.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import hypot, isfinite, nan

from icl_core.experiments.mixed_noise.published import NAMES, best_found
from icl_core.experiments.mixed_noise.table import (
    ERRORS,
    NEAR,
    Cell,
    Measured,
    Results,
    bayes_spread,
    measured,
)
from icl_core.remember import remember
from icl_core.tasks.noise import UniformNoise

TRIMMED_SLACK = 1.01
"""Trimmed means, measured on the same prompts, differ where one is this many times the other."""
MOST_EXCESS = 0.10
MOST_SPREAD = 100.0


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement with its numbers: holds is None where there is nothing to judge.

    cases: those that break it, or the evidence, one sentence each.
    """

    name: str
    statement: str
    holds: bool | None
    said: str
    cases: tuple[str, ...] = ()


@remember(1)
def claims(table: Results) -> tuple[Claim, ...]:
    """What is promised of the shipped models."""
    return (
        _no_worse(table),
        _strictly_better(table),
        _ordered(
            "freer weights are not worse",
            "FULL is at most DIAG and DIAG at most GD++ at equal depth, within two combined "
            "standard errors.",
            pairs(table, next_kind(table)),
        ),
        _ordered(
            "deeper is not worse",
            "No loss grows with depth, within two combined standard errors.",
            pairs(table, next_depth(table)),
        ),
        _gdpp_deep(table),
        _gdpp_shallow(table),
        _full_excess(table),
        _stable(table),
    )


def label(cell: Cell) -> str:
    """ "FULL, L = 7, σ ~ U(0, 5)"."""
    noise = cell.column.task.noise
    said = noise.label() if noise.highest else "no noise"
    return f"{NAMES[cell.parametrization]}, L = {cell.layers}, {said}"


def value(number: float) -> str:
    """A number to four digits."""
    return f"{number:.4g}"


def percent(share: float, digits: int = 0) -> str:
    """A share in per cent."""
    return f"{100 * share:.{digits}f} %"


def _judged(name: str, statement: str, said: str, count: int, cases: Sequence[str]) -> Claim:
    return Claim(
        name=name,
        statement=statement,
        holds=not cases if count else None,
        said=said if count else "No shipped model to judge by.",
        cases=tuple(cases),
    )


def _no_worse(table: Results) -> Claim:
    cells = table.filled
    counts = {v: sum(c.verdict == v for c in cells) for v in ("better", "equal", "floor", "tail")}
    said = (
        f"Of {len(cells)} cells {counts['better']} are better, {counts['equal']} equal within "
        f"error (of these {sum(map(_needs_paper_error, cells))} only by the paper's own sampling "
        f"error), {counts['floor']} within 1 % of an exact floor that the paper's value lies below"
    )
    if counts["tail"]:
        said += f", {counts['tail']} above in the mean but not in the mean of the lowest 99 %"
    return _judged(
        "no cell is worse",
        "Every cell is at most the paper's value, within its rounding and two standard errors of "
        "both; where that value lies below an exact floor, at most 1.01 floors.",
        said + ".",
        len(cells),
        [_against_paper(c) for c in cells if c.verdict == "worse"],
    )


def _needs_paper_error(cell: Cell) -> bool:
    """Whether a cell is equal, but above by more than rounding and two standard errors of ours."""
    if cell.ours is None or cell.verdict != "equal":
        return False
    return cell.ours.mean - ERRORS * cell.ours.stderr > cell.paper.value + cell.paper.rounding


def _against_paper(cell: Cell) -> str:
    ours = cell.ours
    assert ours is not None
    return (
        f"{label(cell)}: {value(ours.mean)} ± {ours.stderr:.1g} (median {value(ours.median)}), "
        f"the paper {cell.paper.text}"
    )


def _strictly_better(table: Results) -> Claim:
    cells = [c for c in table.filled if c.layers >= 2 and c.has_room]
    better = sum(c.verdict == "better" for c in cells)
    return _judged(
        "half of the cells are better",
        "With two layers or more, and a floor at least 1 % below the paper's value, at least half "
        "of the cells are below it by more than its rounding and two standard errors of ours.",
        f"{better} of {len(cells)}.",
        len(cells),
        [f"{better} of {len(cells)}"] if 2 * better < len(cells) else [],
    )


Pair = tuple[Cell, Cell]


def pairs(table: Results, richer: Callable[[Cell], Cell | None]) -> Iterator[Pair]:
    """Each cell with the one whose models contain its own."""
    for cell in table.cells:
        other = richer(cell)
        if other is not None:
            yield cell, other


def next_kind(table: Results) -> Callable[[Cell], Cell | None]:
    """Finds the cell of the next more general parametrization."""
    more = {"gdpp": "diag", "diag": "full", "full": ""}
    return lambda c: table.cell(c.column.name, more[c.parametrization], c.layers)


def next_depth(table: Results) -> Callable[[Cell], Cell | None]:
    """Finds the cell of one layer more."""
    return lambda c: table.cell(c.column.name, c.parametrization, c.layers + 1)


def _larger(one: Measured, other: Measured, *, heavy: bool) -> bool:
    """Whether `other` is larger beyond error."""
    means = other.mean - one.mean > ERRORS * hypot(one.stderr, other.stderr)
    if not heavy:
        return means
    first, second = (
        m.trimmed if isfinite(one.trimmed + other.trimmed) else m.median for m in (one, other)
    )
    return means and second > TRIMMED_SLACK * first


def _ordered(name: str, statement: str, compared: Iterator[Pair]) -> Claim:
    count, worst, cases = 0, -1.0, []
    for one, other in compared:
        if one.ours is None or other.ours is None:
            continue
        count += 1
        heavy = one.heavy_tailed or other.heavy_tailed
        if not heavy:
            worst = max(worst, other.ours.mean / one.ours.mean - 1)
        if _larger(one.ours, other.ours, heavy=heavy):
            cases.append(
                f"{label(other)}: {value(other.ours.mean)} ± {other.ours.stderr:.1g}, but "
                f"{label(one)}: {value(one.ours.mean)} ± {one.ours.stderr:.1g}"
            )
    behind = f"at most {percent(worst, 2)} behind" if worst > 0 else "never behind"
    said = f"{count} pairs; where the mean is not heavy-tailed, the larger class is {behind}."
    return _judged(name, statement, said, count, cases)


def _near(
    name: str, statement: str, cells: Sequence[Cell], bound: Callable[[Cell], float | None]
) -> Claim:
    """Means at most 1.01 of a bound, two standard errors allowed."""
    cases, ratios = [], []
    for cell in cells:
        limit = bound(cell)
        if cell.ours is None or limit is None:
            continue
        ratios.append(cell.ours.mean / limit)
        over = cell.ours.mean - ERRORS * cell.ours.stderr > NEAR * limit
        if over and not (cell.heavy_tailed and cell.ours.trimmed <= NEAR * limit):
            cases.append(f"{label(cell)}: {value(cell.ours.mean)}, the bound {value(limit)}")
    said = f"{len(ratios)} cells; the largest is {max(ratios, default=nan):.4f} of its bound."
    return _judged(name, statement, said, len(ratios), cases)


def _gdpp_deep(table: Results) -> Claim:
    return _near(
        "deep GD++ is at its floor",
        "GD++ of four layers or more is within 1 % of the exact floor of its kind, ridge with "
        "E σ², for σ_max of 2 or more (two standard errors allowed).",
        [
            c
            for c in table.cells
            if c.parametrization == "gdpp" and c.layers >= 4 and c.column.task.noise.highest >= 2
        ],
        lambda c: c.floor,
    )


def _gdpp_shallow(table: Results) -> Claim:
    def bound(cell: Cell) -> float | None:
        found = best_found(cell.column.name, cell.layers)
        return found.value + found.rounding if found else None

    return _near(
        "shallow GD++ is as good as can be",
        "GD++ of two and three layers is within 1 % of the best that quadrature over the spectrum "
        "found, or below it (two standard errors allowed).",
        [c for c in table.cells if c.parametrization == "gdpp" and c.layers in (2, 3)],
        bound,
    )


def _full_excess(table: Results) -> Claim:
    cells = [
        c
        for c in table.filled
        if c.parametrization == "full"
        and c.layers == 7
        and isinstance(c.column.task.noise, UniformNoise)
        and c.column.task.noise.highest >= 2
    ]
    ours, papers = [c.excess for c in cells], [c.paper_excess for c in cells]
    said = ""
    if cells:
        said = (
            f"Ours {percent(min(ours), 1)} to {percent(max(ours), 1)} above the Bayes floor; "
            f"the paper's {percent(min(papers), 1)} to {percent(max(papers), 1)}."
        )
    return _judged(
        "seven FULL layers come close to Bayes",
        f"FULL of seven layers is at most {percent(MOST_EXCESS)} above the Bayes floor for σ up to "
        "2, ..., 7.",
        said,
        len(cells),
        [f"{label(c)}: {percent(c.excess, 1)} above" for c in cells if not c.excess <= MOST_EXCESS],
    )


def _stable(table: Results) -> Claim:
    known = [(entry, measured(entry.metrics)) for entry in table.entries]
    spreads = [
        (entry, found.q999 / found.mean if found.mean else 0.0)
        for entry, found in known
        if isfinite(found.q999)
    ]
    said = f"{len(spreads)} models; at most {max((s for _, s in spreads), default=nan):.1f} times."
    cases = []
    for entry, spread in spreads:
        if not spread <= MOST_SPREAD:
            bayes = bayes_spread(entry.linear_task)
            case = f"{entry.name}: {spread:.0f} times, the Bayes floor {bayes:.0f}"
            if spread <= bayes:
                said += f" {case}."
            else:
                cases.append(case)
    return _judged(
        "no model blows up",
        f"The 99.9 % quantile of the loss of single prompts is at most {MOST_SPREAD:.0f} times the "
        "mean, or what it is for the Bayes floor itself, for every shipped model.",
        said,
        len(spreads),
        cases,
    )
