"""The table of a sweep: a row a model, as CSV and as JSON."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from icl_core.errors import InputError
from icl_core.files import dump_json, parse_json, read_bytes, write_atomic

Row = dict[str, Any]
"""name, the entries of a `Cell`, loss (adjusted, half MSE) with stderr and median, bayes (the floor
on the same prompts), steps, training_seconds, sha256 of the checkpoint."""
MAX_BYTES = 20_000_000


def write_table(rows: Sequence[Row], out: Path) -> None:
    """OUT/table.csv and OUT/table.json."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    write_atomic(out / "table.csv", text.getvalue().encode())
    write_atomic(out / "table.json", dump_json({"rows": list(rows)}).encode())


def read_table(path: Path) -> list[Row]:
    """The rows of OUT/table.json."""
    given = parse_json(path.name, read_bytes(path, limit=MAX_BYTES))
    rows = given.get("rows") if isinstance(given, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError(
            f"{path.name} holds no rows of a sweep: expected the table.json that "
            "`python -m icl_core sweep` writes."
        )
    return rows
