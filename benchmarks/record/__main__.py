"""Write a record, or hold the code against one; see `benchmarks.record`."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks.record.commands import command_units
from benchmarks.record.facts import Difference, Facts, Record, differences, load, save
from benchmarks.record.links import add_links
from benchmarks.record.pages import page_units
from benchmarks.record.units import Unit, lesson_units, model_units, training_units
from icl_core.errors import InputError
from icl_core.runtime import without_xla

SHOWN = 200
"""Differences that are printed, the largest first."""


def units(only: str) -> Iterator[Unit]:
    """All units whose names match."""
    for part in (lesson_units, model_units, page_units, command_units, training_units):
        yield from (unit for unit in part() if fnmatchcase(unit[0], only))


def made(only: str) -> Record:
    """The record of the code as it is; what fails is part of it."""
    record: Record = {}
    begun, part = time.monotonic(), ""
    for name, make in units(only):
        if part != name.split("/")[0]:
            part = name.split("/")[0]
            print(f"{time.monotonic() - begun:6.1f} s  {part}", file=sys.stderr, flush=True)
        try:
            record[name] = make()
        except Exception as error:
            record[name] = Facts(words={"failed": f"{type(error).__name__}: {error}"})
            print(f"{name} failed: {error}", file=sys.stderr, flush=True)
    if not record:
        raise InputError(f"No unit has a name like {only!r}: see `benchmarks.record`.")
    print(f"{time.monotonic() - begun:6.1f} s  done", file=sys.stderr, flush=True)
    return record


def compared(before: Record, now: Record, rtol: float) -> list[Difference]:
    """What differs, the largest first; units that are new are no difference."""
    found = [Difference(unit, float("inf"), "is gone") for unit in before if unit not in now]
    for unit in before.keys() & now.keys():
        found += [
            difference._replace(name=f"{unit}: {difference.name}")
            for difference in differences(before[unit], now[unit], rtol)
        ]
    return sorted(found, key=lambda difference: (-difference.size, difference.name))


def counted(record: Record) -> str:
    words = sum(len(facts.words) for facts in record.values())
    numbers = sum(array.size for facts in record.values() for array in facts.numbers.values())
    return f"{len(record):,} units, {words:,} texts, {numbers:,} numbers"


def compare(file: Path, rtol: float, only: str) -> int:
    """1 where something differs."""
    before = {name: facts for name, facts in load(file).items() if fnmatchcase(name, only)}
    now = made(only)
    found = compared(before, now, rtol)
    for difference in found[:SHOWN]:
        print(f"{difference.size:8.1e}  {difference.name}: {difference.said}")
    if len(found) > SHOWN:
        print(f"... and {len(found) - SHOWN:,} more")
    if new := now.keys() - before.keys():
        print(f"new: {len(new)} units, as {min(new)}")
    touched = Counter(difference.name.split("/")[0] for difference in found)
    where = ", ".join(f"{part} {count:,}" for part, count in touched.items())
    print(
        f"{counted(before)}; differing beyond {rtol:g}: {len(found):,}"
        + (f" ({where})" if where else "")
    )
    return int(bool(found))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for action in ("write", "compare"):
        command = actions.add_parser(action)
        command.add_argument("file", type=Path)
        command.add_argument("--only", default="*", help="units whose names match")
        if action == "compare":
            command.add_argument("--rtol", type=float, default=1e-9)
    command = actions.add_parser("links", help="add to tests/links.txt what is new")
    command.add_argument("others", nargs="*", help="links of one's own, PAGE?NAME=VALUE&...")
    given = parser.parse_args()
    without_xla()
    try:
        if given.action == "links":
            print(*(line.link for line in add_links(given.others)), sep="\n")
            return 0
        if given.action == "compare":
            return compare(given.file, given.rtol, given.only)
        record = made(given.only)
        save(given.file, record)
        print(counted(record))
        return 0
    except InputError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
