"""The paper's own numbers (paper 2, Table 1) and the derived floors; half MSE, adjusted.

For d = 10 and n = 20. A column is a noise law, "u5" or "c13" as in the two files beside this one.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, NoiseLaw, UniformNoise

NAMES = {"gdpp": "GD++", "diag": "DIAG", "full": "FULL", "const_rr": "ConstRR"}
DEPTHS = range(1, 8)
PROMPTS = 100_000
"""Behind every cell of the paper, one query each."""


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A number as printed: `rounding` is half a unit of its last digit."""

    text: str
    value: float
    rounding: float


def _law(column: str) -> NoiseLaw:
    if column.startswith("u"):
        return UniformNoise(sigma_max=float(column[1:]))
    return CategoricalNoise(values=tuple(float(digit) for digit in column[1:]))


def _printed(text: str) -> Printed:
    mantissa, _, exponent = text.partition("e")
    decimals = mantissa.partition(".")[2]
    unit = 10.0 ** (int(exponent or 0) - len(decimals)) if decimals else 0.0
    return Printed(text=text, value=float(text), rounding=unit / 2)


def _read(file: str, key: str) -> dict[tuple[str, str], dict[str, str]]:
    path = Path(__file__).with_name(file)
    with path.open(encoding="utf-8", newline="") as lines:
        return {(row.pop(key), row.pop("layers")): row for row in csv.DictReader(lines)}


@cache
def _table() -> dict[tuple[str, str], dict[str, str]]:
    return _read("table1.csv", "method")


@cache
def _floors() -> dict[tuple[str, str], dict[str, str]]:
    return _read("floors.csv", "quantity")


@cache
def paper_tasks() -> Mapping[str, LinearTask]:
    """The task of every column, in the paper's order."""
    columns = next(iter(_table().values()))
    return {name: LinearTask(dim=10, num_context=20, noise=_law(name)) for name in columns}


def published_cell(column: str, method: str, layers: int | None) -> Printed | None:
    """The paper's cell of a parametrization, or of "const_rr" (without layers), if it has one."""
    row = _table().get((NAMES.get(method, ""), "" if layers is None else str(layers)), {})
    return _printed(row[column]) if column in row else None


def published_loss(task: LinearTask, parametrization: str, layers: int) -> float | None:
    """The paper's value for a model, where it has one."""
    columns = [name for name, known in paper_tasks().items() if known == task]
    cell = published_cell(columns[0], parametrization, layers) if columns else None
    return cell.value if cell else None


def best_found(column: str, layers: int) -> Printed | None:
    """The best GD++ of two or three layers that quadrature and a quasi-Newton method found."""
    row = _floors().get(("GD++_best_found", str(layers)))
    return _printed(row[column]) if row else None


BAYES_STDERR = 0.0008
"""At most, of `derived_bayes`."""


def derived_bayes(column: str) -> float:
    """The Bayes floor as derived beforehand, for where no table of it is shipped."""
    return float(_floors()["Bayes", ""][column])
