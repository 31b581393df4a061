"""Training all models of a sweep in processes, here or on a cluster: dask.distributed.

OUT/models/NAME.safetensors and OUT/rows/NAME.json stand for what is done, and are all that a sweep
that was stopped needs to go on; OUT/table.csv and table.json hold all rows there are.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from distributed import Client, Future, as_completed

from icl_core.algorithms.ridge import baselines
from icl_core.analysis.loss import evaluate
from icl_core.checkpoints import Checkpoint, checkpoint_bytes, sha256
from icl_core.cluster import Cluster, call
from icl_core.errors import InputError
from icl_core.files import dump_json, parse_json, read_bytes, write_atomic
from icl_core.runtime import cores
from icl_core.sweeps.spec import Cell
from icl_core.sweeps.table import Row, write_table
from icl_core.training.chosen import trained

MAX_ROW = 100_000
TASK = f"{__name__}:train_cell"


def train_cell(values: dict[str, Any]) -> tuple[bytes, Row]:
    """One model, in a worker: its checkpoint, and its row but for the file's hash."""
    cell = Cell.from_dict(values)
    last = trained(cell.task, cell.training)
    methods = {"model": last.model, "bayes_rr": baselines(cell.task)["bayes_rr"]}
    losses = evaluate(methods, cell.task, prompts=cell.prompts)
    loss, bayes = losses["model"], losses["bayes_rr"].final
    metrics = {
        "loss": loss.final,
        "stderr": float(loss.stderr[-1]),
        "median": float(loss.median[-1]),
        "bayes": bayes,
        "steps": last.step,
        "training_seconds": round(last.seconds, 2),
    }
    checkpoint = Checkpoint(
        model=last.model,
        parametrization=cell.training.parametrization,
        task=cell.task,
        seed=cell.seed,
        training=cell.training.to_dict() | {"steps": last.step},
        metrics={"mean": loss.final, "stderr": metrics["stderr"], "prompts": loss.count},
    )
    return checkpoint_bytes(checkpoint), {"name": cell.name} | cell.to_dict() | metrics


def run_sweep(
    cells: Sequence[Cell],
    out: Path,
    *,
    scheduler: str = "",
    workers: int = 0,
    report: Callable[[str], None],
) -> list[Row]:
    """Train what is not there yet; all rows, in the order of the cells.

    `scheduler` is the address of a running one, "tcp://host:8786"; without it processes of one
    thread are started here, by default one a core.

    Raises:
        InputError: There is no scheduler at that address, or a model could not be trained; all
            others are trained first.
    """
    done = {cell.name: row for cell in cells if (row := _known(cell, out)) is not None}
    waiting = [cell for cell in cells if cell.name not in done]
    report(f"{len(cells)} models, {len(done)} of them there already.")
    failures: dict[str, str] = {}
    if waiting:
        # The longest first: what ends last ends the sweep.
        waiting.sort(key=lambda cell: -cell.cost)
        with Cluster(scheduler, workers=min(workers or cores(), len(waiting))) as cluster:
            for cell, result in _results(cluster.client(), waiting):
                if isinstance(result, Exception):
                    failures[cell.name] = str(result)
                    report(f"{cell.name} failed: {result}")
                    continue
                done[cell.name] = row = _write(cell, *result, out)
                write_table([done[c.name] for c in cells if c.name in done], out)
                report(f"{len(done)}/{len(cells)} {cell.name}: loss {row['loss']:.5g}")
    rows = [done[cell.name] for cell in cells if cell.name in done]
    write_table(rows, out)
    if failures:
        name, why = next(iter(failures.items()))
        raise InputError(f"{len(failures)} of {len(cells)} models failed; {name}: {why}")
    return rows


def _results(
    client: Client, cells: Sequence[Cell]
) -> Iterator[tuple[Cell, tuple[bytes, Row] | Exception]]:
    by_key: dict[Any, Cell] = {}
    futures: list[Future] = []
    for cell in cells:
        future = client.submit(call, TASK, cell.to_dict(), key=cell.name, pure=False)
        by_key[future.key] = cell
        futures.append(future)
    for future in as_completed(futures, loop=client.loop):
        try:
            yield by_key[future.key], future.result()
        except Exception as error:  # whatever it was, the others go on
            yield by_key[future.key], error
        future.release()


def _known(cell: Cell, out: Path) -> Row | None:
    """The row of a model that is there, whole and of the same settings."""
    row, model = out / "rows" / f"{cell.name}.json", out / "models" / f"{cell.name}.safetensors"
    if not row.is_file() or not model.is_file():
        return None
    # A row that was written before sweeps knew an entry had its default.
    known = Cell().to_dict() | parse_json(row.name, read_bytes(row, limit=MAX_ROW))
    same = all(known.get(name) == value for name, value in cell.to_dict().items())
    return known if same and known.get("sha256") == sha256(model.read_bytes()) else None


def _write(cell: Cell, checkpoint: bytes, row: Row, out: Path) -> Row:
    """The model first: a row says that both are there."""
    write_atomic(out / "models" / f"{cell.name}.safetensors", checkpoint)
    whole = row | {"sha256": sha256(checkpoint)}
    write_atomic(out / "rows" / f"{cell.name}.json", dump_json(whole).encode())
    return whole
