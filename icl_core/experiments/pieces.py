"""What `zoo build` makes, cut into pieces that processes can make side by side."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from icl_core.cluster import Cluster, call
from icl_core.errors import InputError
from icl_core.experiments.jobs import Report

TASK = f"{__name__}:make"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """run: makes what is missing and returns the names of what was made, in any process that sees
    the same folder; after: the places, in a sequence of pieces, of those that come before it."""

    run: Callable[[Report], list[str]]
    after: tuple[int, ...] = ()


def run_pieces(
    pieces: Sequence[Piece], *, cluster: Cluster | None = None, report: Report
) -> list[str]:
    """Make all: here, one after the other, or on a cluster.

    Raises:
        InputError: A piece has failed on the cluster; whatever does not need it is made first.
    """
    if cluster is None:
        return [name for piece in pieces for name in piece.run(report)]
    made, failures = [], []
    for result in _results(pieces, cluster):
        if isinstance(result, Exception):
            failures.append(result)
            continue
        names, lines = result
        made += names
        for line in lines:
            report(line)
    if failures:
        raise InputError(f"{len(failures)} of {len(pieces)} pieces failed: {failures[0]}")
    return made


def _results(
    pieces: Sequence[Piece], cluster: Cluster
) -> Iterator[tuple[list[str], list[str]] | Exception]:
    from distributed import as_completed  # noqa: PLC0415  dask takes half a second to import

    client = cluster.client()
    futures: list[Any] = []
    for piece in pieces:
        before = [futures[place] for place in piece.after]
        futures.append(client.submit(call, TASK, piece.run, before, pure=False))
    for future in as_completed(futures, loop=client.loop):
        try:
            yield future.result()
        except Exception as error:  # whatever it was, the others go on
            yield error


def make(run: Callable[[Report], list[str]], before: list[Any]) -> tuple[list[str], list[str]]:
    """Of a piece, in a worker, after all `before`: names and reported lines."""
    lines: list[str] = []
    return run(lines.append), lines
