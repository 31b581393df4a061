"""Words and numbers of a unit, the file that holds them, and what differs between two of them."""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from icl_core.errors import InputError
from icl_core.files import write_atomic

VERSION = 1
SMALL = 1e-6
"""Of the largest number of an array: what is smaller is held against this share of it, for there a
relative difference of 1e-9 is the rounding of the large ones."""


@dataclass(eq=False)
class Facts:
    """Texts and arrays by name."""

    words: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, name: str, value: Any) -> None:
        """Anything that JSON or plotly can hold, leaf by leaf: "NAME.key" in a mapping,
        "NAME[index]" in a list, or "NAME[name]" where its entries have names of their own."""
        value = _decoded(value)
        array = _numbers(value)
        if array is not None:
            self.numbers[name] = array
        elif isinstance(value, Mapping):
            for key, entry in value.items():
                self.add(f"{name}.{key}", entry)
        elif isinstance(value, list | tuple) and any(_is_branch(entry) for entry in value):
            for key, entry in zip(_keys(value), value, strict=True):
                self.add(f"{name}[{key}]", entry)
        elif isinstance(value, str):
            self.words[name] = value
        else:
            self.words[name] = json.dumps(value, ensure_ascii=False, default=str)


def _decoded(value: Any) -> Any:
    """Plotly's base64 arrays as numpy's; arrays of no numbers as lists."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "iuf":
        return value.tolist()
    if not isinstance(value, Mapping) or "bdata" not in value:
        return value
    flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype="<" + value["dtype"])
    shape = value.get("shape", flat.size)
    lengths = shape.split(",") if isinstance(shape, str) else np.atleast_1d(shape)
    return flat.reshape([int(length) for length in lengths])


def _numbers(value: Any) -> np.ndarray | None:
    """A number, or an array or (nested) list of numbers where None is a gap; else None."""
    if not isinstance(value, int | float | list | tuple | np.ndarray):
        return None
    try:
        array = np.asarray(value)
    except ValueError:  # lists of several lengths
        return None
    if array.dtype == object:
        kinds = {type(entry) for entry in array.ravel()}
        fit = kinds <= {int, float, type(None)} and kinds != {type(None)}
    else:
        fit = array.dtype.kind in "iuf"
    return array.astype(np.float64) if fit and array.size else None


def _is_branch(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple | np.ndarray)


def _keys(entries: Sequence[Any]) -> list[Any]:
    """Names of a list's entries, which stay where one is put between them; else their places."""
    for key in ("name", "claim"):
        if all(isinstance(entry, Mapping) and isinstance(entry.get(key), str) for entry in entries):
            names = [entry[key] for entry in entries]
            if len(set(names)) == len(names):
                return names
    return list(range(len(entries)))


Record = dict[str, Facts]
"""Facts by the name of their unit."""


def save(path: Path, record: Record) -> None:
    """One .npz: all numbers in a row, and JSON that says what they are."""
    index: dict[str, Any] = {}
    arrays, start = [], 0
    for unit, facts in record.items():
        places = {}
        for name, array in facts.numbers.items():
            places[name] = [start, list(array.shape)]
            arrays.append(array.ravel())
            start += array.size
        index[unit] = {"words": facts.words, "numbers": places}
    text = json.dumps({"version": VERSION, "units": index}, ensure_ascii=False).encode()
    file = io.BytesIO()
    values = np.concatenate(arrays) if arrays else np.empty(0)
    np.savez_compressed(file, index=np.frombuffer(text, np.uint8), values=values)
    write_atomic(path, file.getvalue())


def load(path: Path) -> Record:
    """The inverse of `save`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            text, values = file["index"].tobytes(), file["values"]
        whole = json.loads(text)
        if whole["version"] != VERSION:
            raise ValueError(f"its version is {whole['version']}")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path.name} is no record of this kind ({error}): write one.") from error
    record: Record = {}
    for unit, facts in whole["units"].items():
        numbers = {
            name: values[start : start + int(np.prod(shape, dtype=int))].reshape(shape)
            for name, (start, shape) in facts["numbers"].items()
        }
        record[unit] = Facts(words=facts["words"], numbers=numbers)
    return record


class Difference(NamedTuple):
    """What differs: `size` is the largest relative difference, infinite where there is none."""

    name: str
    size: float
    said: str


def differences(before: Facts, now: Facts, rtol: float) -> list[Difference]:
    """What is gone, new, said otherwise, or further from what it was than `rtol`."""
    had, have = before.words | before.numbers, now.words | now.numbers
    found = [Difference(name, np.inf, "is gone") for name in had if name not in have]
    found += [Difference(name, np.inf, "is new") for name in have if name not in had]
    for name in (name for name in had if name in have):
        old, new = had[name], have[name]
        if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
            size = distance(old, new)
            if size > rtol:
                found.append(Difference(name, size, _numbers_said(old, new)))
        elif isinstance(old, np.ndarray) or isinstance(new, np.ndarray) or old != new:
            found.append(Difference(name, np.inf, _words_said(str(old), str(new))))
    return found


def distance(old: np.ndarray, new: np.ndarray) -> float:
    """Largest relative difference of two arrays; infinite where one has another shape or other
    gaps."""
    if old.shape != new.shape:
        return np.inf
    finite = np.isfinite(old)
    if not np.array_equal(finite, np.isfinite(new)):
        return np.inf
    if not np.array_equal(old[~finite], new[~finite], equal_nan=True):
        return np.inf
    old, new = old[finite], new[finite]
    if np.array_equal(old, new):
        return 0.0
    size = np.maximum(np.abs(old), np.abs(new))
    return float(np.max(np.abs(old - new) / np.maximum(size, SMALL * size.max())))


def _numbers_said(old: np.ndarray, new: np.ndarray) -> str:
    if old.shape != new.shape:
        return f"shape {list(old.shape)} -> {list(new.shape)}"
    where = np.flatnonzero(~((old == new) | (np.isnan(old) & np.isnan(new))))
    first = where[0]
    return (
        f"{len(where)} of {old.size} numbers, as {old.ravel()[first]!r:.40} -> "
        f"{new.ravel()[first]!r:.40}"
    )


def _words_said(old: str, new: str) -> str:
    """From shortly before the first letter that differs."""
    same = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    start = max(0, same - 30)
    return f"{old[start : same + 60]!r} -> {new[start : same + 60]!r}"
