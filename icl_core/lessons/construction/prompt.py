"""A prompt small enough to write down: a few examples and a query, as text that fits in a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.errors import InputError
from icl_core.validation import integer, number, numbers

MAX_EXAMPLES, MAX_DIM = 8, 3
VALUES = (-100.0, 100.0)
SMALLEST = 1e-6
"""Of numbers that are not 0: the squares of smaller ones have no place beside the others."""
EXAMPLE = "0.4 -0.3 1.1; -0.5 0.2 -0.9; 0.3 0.45 -0.4; -0.1 -0.35 0.6; 0.2 -0.2"
"""Four examples x1 x2 y of about y = x1 - 2 x2, and a query."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SmallPrompt:
    """Examples X [n, d], y [n] and a query [d]."""

    X: np.ndarray
    y: np.ndarray
    query: np.ndarray

    @property
    def num_context(self) -> int:
        return len(self.y)

    @property
    def dim(self) -> int:
        return len(self.query)

    def rows(self) -> list[list[float]]:
        """x1 .. xd y for each example, and the query's x1 .. xd."""
        examples = np.column_stack([self.X, self.y]).tolist()
        return [*examples, self.query.tolist()]


def parse_prompt(value: Any) -> SmallPrompt:
    """The prompt written as "x1 x2 y; x1 x2 y; x1 x2": numbers, the query last and without y."""
    if not isinstance(value, str):
        raise InputError(f"The prompt is {value!r:.60}: expected text like {EXAMPLE!r}.")
    _require_short("The prompt", value, 2000)
    what = "A number of the prompt"
    rows = [[entry(what, x) for x in numbers(what, row, VALUES)] for row in value.split(";")]
    dim = integer("The number of inputs of the query", len(rows[-1]), (1, MAX_DIM))
    integer("The number of examples", len(rows) - 1, (1, MAX_EXAMPLES))
    for index, row in enumerate(rows[:-1], 1):
        if len(row) != dim + 1:
            raise InputError(
                f"Example {index} of the prompt has {len(row)} numbers: expected {dim} inputs, as "
                "the query has, and a target."
            )
    table = np.array(rows[:-1])
    if not table[:, :dim].any():
        raise InputError("All inputs of the prompt are 0: change one, or nothing can be learned.")
    return SmallPrompt(X=table[:, :dim], y=table[:, dim], query=np.array(rows[-1]))


def entry(name: str, value: Any) -> float:
    """`value` as a number that a prompt may hold."""
    result = number(name, value, VALUES)
    if 0 < abs(result) < SMALLEST:
        raise InputError(f"{name} is {result:g}: expected 0, or at least {SMALLEST:.6f} in size.")
    return result


def format_prompt(rows: Sequence[Sequence[float]]) -> str:
    """The inverse of `parse_prompt`, exactly."""
    return "; ".join(" ".join(repr(float(v)).removesuffix(".0") for v in row) for row in rows)


def parse_start(value: Any) -> np.ndarray:
    """W_0 written as "0.5, -1": a row of numbers."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"W_0 is {value!r:.60}: expected numbers like '0.5, -1'.")
    _require_short("W_0", value, 200)
    entries = [entry("An entry of W_0", x) for x in numbers("An entry of W_0", value, VALUES)]
    integer("The number of entries of W_0", len(entries), (1, MAX_DIM))
    return np.array(entries)


def _require_short(name: str, text: str, longest: int) -> None:
    """What is too long is refused and not cut, for half a number is another one."""
    if len(text) > longest:
        raise InputError(f"{name} has {len(text):,} letters: expected at most {longest:,}.")


def edited(prompt: str, changes: Mapping[str, Any]) -> str:
    """The prompt after edits of its table, as Streamlit's data editor reports them: texts by column
    and row, the query last.

    Raises:
        InputError: A cell is empty or no number of a prompt, or the query has a target.
    """
    rows: list[list[Any]] = list(map(list, parse_prompt(prompt).rows()))
    names = [f"x{i}" for i in range(1, len(rows[-1]) + 1)] + ["y"]
    for index, cells in (changes.get("edited_rows") or {}).items():
        if int(index) >= len(rows):
            continue  # of a table that was there before
        row = rows[int(index)]
        whose = "the query" if row is rows[-1] else f"example {int(index) + 1}"
        for name, value in cells.items():
            if name not in names:
                continue
            empty = value is None or not str(value).strip()
            if names.index(name) == len(row):
                if not empty:
                    raise InputError(
                        "The query has no target, for that is what is asked: empty its y."
                    )
                continue
            if empty:
                raise InputError(f"{name} of {whose} is empty: type a number from -100 to 100.")
            row[names.index(name)] = entry(f"{name} of {whose}", value)
    text = format_prompt(rows)
    parse_prompt(text)
    return text
