"""Measured results: pretrained/results/NAME.safetensors, with the settings that made them.

A result is a frozen dataclass. Its fields are arrays, or dataclasses of arrays, or None for what
was not measured; `Annotated[np.ndarray, "seeds steps"]` names the axes of a field, which come
before those that the fields of a nested dataclass have of their own. A tensor is called by its
path, "end.loss.mean". What is read back has every field, and axes of one name are of one size.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from safetensors.numpy import save as save_tensors

from icl_core.checkpoints import MAX_BYTES, read_tensors, sha256
from icl_core.errors import InputError
from icl_core.files import parse_json, read_bytes, write_atomic
from icl_core.validation import mapping
from icl_core.zoo.library import PRETRAINED, command

R = TypeVar("R")
Axis = tuple[str, dict[str, int]]
"""A name and the sizes of the axes beside which it was named."""


@dataclasses.dataclass(frozen=True)
class _Field:
    """What is known of a field: a dataclass of more fields, or an array if `nested` is None."""

    name: str
    nested: type[Any] | None
    axes: tuple[str, ...]
    optional: bool


@cache
def _fields(kind: type[Any]) -> tuple[_Field, ...]:
    found = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        optional = get_origin(hint) in (Union, UnionType)
        if optional:
            (hint,) = (part for part in get_args(hint) if part is not NoneType)
        axes: tuple[str, ...] = ()
        if get_origin(hint) is Annotated:
            hint, named = get_args(hint)
            axes = tuple(named.split())
        nested = None if hint is np.ndarray else hint
        found.append(_Field(name, nested, axes, optional))
    return tuple(found)


def _path(folder: Path, name: str) -> Path:
    return folder / "results" / f"{name}.safetensors"


def save_result(
    name: str, result: Any, settings: Mapping[str, Any], folder: Path = PRETRAINED
) -> str:
    """Write a result, numbers as they are, with the settings that made it; returns its SHA-256."""
    text = json.dumps(dict(settings), sort_keys=True)
    data = save_tensors(_tensors(result, ""), metadata={"settings": text})
    write_atomic(_path(folder, name), data)
    return sha256(data)


def _tensors(result: Any, prefix: str) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for field in _fields(type(result)):
        value = getattr(result, field.name)
        if field.nested and value is not None:
            found |= _tensors(value, f"{prefix}{field.name}.")
        elif value is not None:
            found[prefix + field.name] = np.asarray(value, order="C")
    return found


def load_result(kind: type[R], name: str, folder: Path = PRETRAINED) -> R:
    """The result of that name, which must be one of that kind."""
    tensors, _ = _read(name, folder)
    return _result(kind, name, tensors, "", ())


def _result(
    kind: type[R], name: str, tensors: Mapping[str, np.ndarray], prefix: str, axes: tuple[Axis, ...]
) -> R:
    values: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    for field in _fields(kind):
        path, known = prefix + field.name, (*axes, *((axis, sizes) for axis in field.axes))
        if field.optional and not any(f"{key}.".startswith(f"{path}.") for key in tensors):
            values[field.name] = None
        elif field.nested:
            values[field.name] = _result(field.nested, name, tensors, f"{path}.", known)
        else:
            values[field.name] = _array(name, path, tensors, known)
    return kind(**values)


def _array(
    name: str, path: str, tensors: Mapping[str, np.ndarray], axes: tuple[Axis, ...]
) -> np.ndarray:
    if path not in tensors:
        raise InputError(f"results/{name} lacks the entry {path!r}: {_again(name)}.")
    array = tensors[path]
    fits = array.ndim == len(axes) and all(
        sizes.setdefault(axis, size) == size
        for (axis, sizes), size in zip(axes, array.shape, strict=True)
    )
    if not fits:
        raise InputError(
            f"results/{name}: the entry {path!r} has the shape {array.shape}: expected the axes "
            f"({', '.join(axis for axis, _ in axes)}); {_again(name)}."
        )
    return array


def stacked(results: Sequence[R]) -> R:
    """Results of one kind as one whose arrays have a first axis more."""
    first = results[0]
    values: dict[str, Any] = {}
    for field in _fields(type(first)):
        parts = [getattr(result, field.name) for result in results]
        values[field.name] = stacked(parts) if field.nested else np.stack(parts)
    return type(first)(**values)


def load_stacked(kind: type[R], names: Iterable[str], folder: Path = PRETRAINED) -> R:
    """The results of those names, which must be of one kind, `stacked`."""
    return stacked([load_result(kind, name, folder) for name in names])


def load_settings(name: str, folder: Path = PRETRAINED) -> dict[str, Any]:
    """The settings that made a result."""
    _, metadata = _read(name, folder)
    if "settings" not in metadata:
        raise InputError(f"results/{name} does not say how it was made: {_again(name)}.")
    return mapping(f"results/{name}: settings", parse_json(name, metadata["settings"]))


def _read(name: str, folder: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    path = _path(folder, name)
    if not path.is_file():
        raise InputError(f"results/{path.name} is missing: {_again(name)} (`make zoo` makes all).")
    return read_tensors(path.name, read_bytes(path, limit=MAX_BYTES))


def _again(name: str) -> str:
    return f"restore it from the repository, or make it with `{command(name)}`"
