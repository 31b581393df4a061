"""A table of numbers, known by its content; those of visitors are kept while the server lives."""

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from threading import Lock

import numpy as np
from jaxtyping import Float
from sklearn.datasets import load_diabetes

from icl_core.errors import InputError

EXAMPLE = "diabetes"
"""The key of the table that every server has."""
KEY_DIGITS = 16
KEPT_BYTES = 64_000_000
"""Of all kept tables together; the one that was asked for least recently goes first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Rows of numbers in named columns: values [rows, columns], float64, not to be written to."""

    names: tuple[str, ...]
    values: Float[np.ndarray, "rows columns"]
    key: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Without a key, the content gives it: the first 16 hexadecimal digits of its SHA-256."""
        values = np.array(self.values, np.float64, order="C")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        if not self.key:
            content = repr((self.names, values.shape)).encode() + values.tobytes()
            object.__setattr__(self, "key", sha256(content).hexdigest()[:KEY_DIGITS])


@cache
def example() -> Table:
    """scikit-learn's diabetes data: 442 patients, ten measures, and the progression of their
    illness a year later (Efron et al. 2004), in their own units."""
    found = load_diabetes(scaled=False)
    return Table(
        names=(*found.feature_names, "progression"),
        values=np.column_stack([found.data, found.target]),
        key=EXAMPLE,
    )


_kept: OrderedDict[str, Table] = OrderedDict()
_lock = Lock()


def keep(table: Table) -> str:
    """Keep a table in memory, within KEPT_BYTES; returns the key that finds it again."""
    with _lock:
        _kept[table.key] = table
        _kept.move_to_end(table.key)
        while len(_kept) > 1 and sum(t.values.nbytes for t in _kept.values()) > KEPT_BYTES:
            _kept.popitem(last=False)
    return table.key


def is_known(key: str) -> bool:
    """Whether `find` has a table of that key."""
    return key == EXAMPLE or key in _kept


def find(key: str) -> Table:
    """The example, or a table that was kept."""
    if key == EXAMPLE:
        return example()
    with _lock:
        if key not in _kept:
            raise InputError(
                f"The data {key!r} are not known here, for what is pasted is kept in the server's "
                "memory only: paste them again on the page of your data."
            )
        _kept.move_to_end(key)
        return _kept[key]
