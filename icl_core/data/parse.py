"""Tables as people paste or upload them: what can be read is read, what cannot is named.

Columns stand apart by tabs, semicolons, bars or commas: by the first of this list that is in the
first line, else by spaces. (csv.Sniffer guesses among letters too, and takes the comma of decimals
for a delimiter.) Decimals have a point or, where no comma stands between columns, a comma. The
first line is a header if at least half of its cells are words.
"""

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icl_core.data.table import Table
from icl_core.errors import InputError
from icl_core.typed import typed
from icl_core.validation import LIMITS

DELIMITERS = "\t;|,"
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "."})
"""What stands for no value, in any case of letters."""
LARGEST = 1e50
"""Of values: their products stay far from overflow."""
WORDS = 0.5
"""Share of a column's cells that are no numbers from which on it is the column that goes."""
NAMED = 4
"""Cells of a column that have a sentence each; others are counted."""
NAME = 40
"""Letters shown of a name or a cell."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a text holds: a sentence for every problem, and the table without the rows and columns
    that have one."""

    table: Table
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """Cells as text, the line of the file that each row ends in, and the columns' names."""

    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    names: tuple[str, ...]
    decimal_comma: bool

    def column(self, index: int) -> str:
        return f"column {index + 1} ({self.names[index]!r})"


def read(data: bytes | str) -> Reading:
    """The table of a CSV or TSV file.

    Raises:
        InputError: No table can be made of it; the sentence names row and column where it can.
    """
    cells = _cells(_text(data))
    columns, problems = [], []
    for index in range(len(cells.names)):
        values, said = _column(cells, index)
        columns.append(values)
        problems += said
    sound = np.array([values is not None for values in columns])
    if not sound.any():
        raise InputError(f"No column holds numbers. {problems[0]}")
    values = np.column_stack([column for column in columns if column is not None])
    whole = ~np.isnan(values).any(axis=1)
    values, names = values[whole], np.array(cells.names, object)[sound]
    moving = np.ones(len(names), bool)
    for index, place in enumerate(np.flatnonzero(sound).tolist()):
        if len(values) and _is_constant(values[:, index]):
            moving[index] = False
            problems.append(
                f"C{cells.column(place)[1:]} is {values[0, index]:g} in every row: a constant says "
                "nothing about a target, so leave the column out."
            )
    count, varying = len(values), int(moving.sum())
    lowest, fewest = (int(LIMITS[name][0]) for name in ("table_rows", "table_columns"))
    if count < lowest or varying < fewest:
        raise InputError(
            f"Rows that are whole: {count}, columns of numbers that vary: {varying}; expected at "
            f"least {lowest} rows, and {fewest} columns for a target and a feature. "
            f"{problems[0] if problems else 'Add some.'}"
        )
    return Reading(
        table=Table(names=tuple(names[moving]), values=values[:, moving]),
        problems=tuple(problems),
    )


def _text(data: bytes | str) -> str:
    limit = int(LIMITS["table_bytes"][1])
    if len(data) > limit:
        raise InputError(
            f"The data have {len(data):,} bytes: expected at most {limit:,}; take fewer rows."
        )
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") or b"\0" in data[:1000].replace(
        b"\xff", b""
    ):
        raise InputError(
            "The file is no text but looks like a workbook: save it as CSV, then upload that."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Western spreadsheets write where they do not write UTF-8.
        return data.decode("cp1252", errors="replace")


def _cells(text: str) -> _Cells:
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise InputError("The data are empty: paste rows of numbers, a column for each quantity.")
    delimiter = next((mark for mark in DELIMITERS if mark in first), None)
    rows, lines = _rows(text, delimiter)
    width = len(rows[0])
    highest = int(LIMITS["table_columns"][1])
    if not 1 < width <= highest:
        raise InputError(
            f"Row {lines[0]} has {width} columns: expected 2 to {highest}, apart by commas, "
            "semicolons, tabs or spaces."
        )
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            raise InputError(
                f"Row {line} has {len(row)} values: expected {width}, as in row {lines[0]}; add "
                "or remove a delimiter there, or put text that holds one in quotes."
            )
    words = sum(_is_word(cell) for cell in rows[0])
    named = 2 * words >= width
    names = rows[0] if named else [""] * width
    names = tuple(_clean(name) or f"column {at + 1}" for at, name in enumerate(names))
    if twice := [name for index, name in enumerate(names) if name in names[:index]]:
        at = [index + 1 for index, name in enumerate(names) if name == twice[0]]
        raise InputError(
            f"Columns {at[0]} and {at[1]} of row {lines[0]} are both called {twice[0]!r}: "
            "give each column a name of its own."
        )
    rows, lines = (rows[1:], lines[1:]) if named else (rows, lines)
    highest = int(LIMITS["table_rows"][1])
    if len(rows) > highest:
        raise InputError(
            f"The data have {len(rows):,} rows: expected at most {highest:,}; take fewer."
        )
    decimal_comma = delimiter != "," and any(_has_decimals(cell) for row in rows for cell in row)
    return _Cells(rows=rows, lines=lines, names=names, decimal_comma=decimal_comma)


def _clean(name: str) -> str:
    """A name without what Markdown, HTML or a formula would make something else of."""
    return " ".join(re.sub(r"[^\w .,%/()°+:-]", " ", name).split())[:NAME]


def _rows(text: str, delimiter: str | None) -> tuple[list[list[str]], list[int]]:
    """Cells without blank lines, and the line of the file that each row ends in."""
    if delimiter is None:
        found = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1)]
    else:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
        except csv.Error as error:
            raise InputError(
                f"Row {reader.line_num} cannot be read ({error}): look for a quotation mark that "
                "is not closed."
            ) from None
    full = [(number, row) for number, row in found if any(row)]
    if not full:
        raise InputError("The data hold delimiters and no values: paste rows of numbers.")
    return [row for _, row in full], [number for number, _ in full]


def _is_missing(cell: str) -> bool:
    return cell.lower() in MISSING


def _is_word(cell: str) -> bool:
    """Whether it is neither a number nor the sign of a missing one."""
    return not _is_missing(cell) and math.isnan(_number(cell, decimal_comma=True))


def _has_decimals(cell: str) -> bool:
    """Whether a comma in it can only mark decimals: 1,5 and not 1,500."""
    try:
        return "," in cell and math.isfinite(typed(cell))
    except ValueError:  # InputError too
        return False


def _number(cell: str, *, decimal_comma: bool) -> float:
    """The number that a cell stands for, NaN if none, or if it may be one of two."""
    if decimal_comma and cell.count(",") == 1 and "." not in cell:
        cell = cell.replace(",", ".")
    try:
        return typed(cell)
    except ValueError:
        return math.nan


def _column(cells: _Cells, index: int) -> tuple[np.ndarray | None, list[str]]:
    """A column's numbers, NaN where a row has none, with what is wrong; None for one of words."""
    texts = pd.Series([row[index] for row in cells.rows], dtype=object)
    known = {text: _number(text, decimal_comma=cells.decimal_comma) for text in texts.unique()}
    values = texts.map(known).to_numpy(float)
    missing = texts.map({text: _is_missing(text) for text in known}).to_numpy(bool)
    words = np.isnan(values) & ~missing
    where = cells.column(index)
    if words.any() and words.sum() >= WORDS * (~missing).sum():
        row = int(np.flatnonzero(words)[0])
        return None, [
            f"Row {cells.lines[row]}, {where}: {texts[row][:NAME]!r} is no number, nor are most of "
            "the column: leave the column out, or write its kinds as 0 and 1."
        ]
    if missing.all():
        return None, [f"C{where[1:]} has no value in any row: leave the column out."]
    wide = np.abs(np.where(np.isnan(values), 0, values)) > LARGEST
    bad = np.flatnonzero(words | missing | wide)
    said = [
        f"Row {cells.lines[row]}, {where}: "
        + (
            "the value is missing: write a number there, or leave the row out."
            if missing[row]
            else f"{texts[row][:NAME]!r} is no number that can be used: expected one like 3 or "
            f"-1.5, of at most {LARGEST:g}; write one, or leave the row out."
        )
        for row in bad[:NAMED]
    ]
    if len(bad) > NAMED:
        said.append(f"C{where[1:]} has such cells in {len(bad) - NAMED} more rows.")
    return np.where(wide, np.nan, values), said


def _is_constant(values: np.ndarray) -> bool:
    """Whether nothing but rounding tells its values apart."""
    return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())
