"""A prompt small enough to write down: a few examples and a query, as text that fits in a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.errors import InputError
from icl_core.validation import integer, number

MAX_EXAMPLES, MAX_DIM = 8, 3
VALUES = (-100.0, 100.0)
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
    rows = [row.replace(",", " ").split() for row in value[:2000].split(";")]
    numbers = [[number("A number of the prompt", text, VALUES) for text in row] for row in rows]
    dim = integer("The number of inputs of the query", len(numbers[-1]), (1, MAX_DIM))
    integer("The number of examples", len(numbers) - 1, (1, MAX_EXAMPLES))
    for index, row in enumerate(numbers[:-1], 1):
        if len(row) != dim + 1:
            raise InputError(
                f"Example {index} of the prompt has {len(row)} numbers: expected {dim} inputs, as "
                "the query has, and a target."
            )
    table = np.array(numbers[:-1])
    if not table[:, :dim].any():
        raise InputError("All inputs of the prompt are 0: change one, or nothing can be learned.")
    return SmallPrompt(X=table[:, :dim], y=table[:, dim], query=np.array(numbers[-1]))


def format_prompt(rows: Sequence[Sequence[float]]) -> str:
    """The inverse of `parse_prompt`, exactly."""
    return "; ".join(" ".join(repr(float(v)).removesuffix(".0") for v in row) for row in rows)


def parse_start(value: Any) -> np.ndarray:
    """W_0 written as "0.5, -1": a row of numbers."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"W_0 is {value!r:.60}: expected numbers like '0.5, -1'.")
    texts = value[:200].replace(",", " ").split()
    integer("The number of entries of W_0", len(texts), (1, MAX_DIM))
    return np.array([number("An entry of W_0", text, VALUES) for text in texts])
