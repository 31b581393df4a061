"""The paper's own numbers (paper 2, Table 1; half MSE, adjusted), for d = 10 and n = 20."""

import csv
from functools import cache
from pathlib import Path

from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, UniformNoise

NAMES = {"gdpp": "GD++", "diag": "DIAG", "full": "FULL"}


@cache
def _table() -> dict[tuple[str, str], dict[str, str]]:
    path = Path(__file__).with_name("table1.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["method"], row["layers"]): row for row in csv.DictReader(file)}


def published_loss(task: LinearTask, parametrization: str, layers: int) -> float | None:
    """The paper's cell for a model, where it has one."""
    column = _column(task)
    row = _table().get((NAMES.get(parametrization, ""), str(layers)))
    if row is None or column not in row:
        return None
    return float(row[column])


def _column(task: LinearTask) -> str:
    if (task.dim, task.num_context) != (10, 20):
        return ""
    match task.noise:
        case UniformNoise(sigma_max=highest):
            return f"u{highest:g}"
        case CategoricalNoise(values=values):
            return "c" + "".join(f"{value:g}" for value in sorted(values))
        case _:
            return ""
