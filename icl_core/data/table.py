"""A table of numbers, known by its content; those of visitors are kept while the server lives."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from threading import Lock
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.datasets import load_diabetes, load_wine

from icl_core.errors import InputError
from icl_core.settings import settings

KEY_DIGITS = 16


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


def _diabetes() -> Table:
    """442 patients, ten measures, and the progression of their illness a year later (Efron et al.
    2004), in their own units."""
    found: Any = load_diabetes(scaled=False)
    return Table(
        names=(*found.feature_names, "progression"),
        values=np.column_stack([found.data, found.target]),
        key="diabetes",
    )


def _wine() -> Table:
    """178 wines, thirteen chemical measures, and which of three vineyards they are from (Forina et
    al. 1988)."""
    found: Any = load_wine()
    return Table(
        names=(*(name.replace("_", " ") for name in found.feature_names), "vineyard"),
        values=np.column_stack([found.data, found.target]),
        key="wine",
    )


EXAMPLES: Mapping[str, Callable[[], Table]] = {"diabetes": cache(_diabetes), "wine": cache(_wine)}
"""Tables that every server has, by key: scikit-learn brings them."""

_kept: OrderedDict[str, Table] = OrderedDict()
_lock = Lock()


def keep(table: Table) -> str:
    """Keep a table in memory, in the place of those that were asked for least recently where all
    would be too large; returns the key that finds it again."""
    limit = settings().table_megabytes * 1e6
    with _lock:
        _kept[table.key] = table
        _kept.move_to_end(table.key)
        while len(_kept) > 1 and sum(t.values.nbytes for t in _kept.values()) > limit:
            _kept.popitem(last=False)
    return table.key


def is_known(key: str) -> bool:
    """Whether `find` has a table of that key."""
    return key in EXAMPLES or key in _kept


def find(key: str) -> Table:
    """An example, or a table that was kept."""
    if key in EXAMPLES:
        return EXAMPLES[key]()
    with _lock:
        if key not in _kept:
            raise InputError(
                f"The data {key!r} are not known here, for what is pasted is kept in the server's "
                "memory only: paste them again on the page of your data."
            )
        _kept.move_to_end(key)
        return _kept[key]
