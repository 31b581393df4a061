"""Results that are computed once for what they follow from, for all threads, within a bound."""

import inspect
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from threading import Lock
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
V = TypeVar("V")
SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, property)
"""Kinds of objects that a program has anyway, whoever holds one."""


@dataclass(eq=False)
class _Place:
    """Where one result stands; who holds the lock computes it."""

    lock: Lock = field(default_factory=Lock)
    results: list[Any] = field(default_factory=list)
    size: float = 0.0


class Store:
    """Results by key: threads that ask for the same at once wait for one of them and are given the
    same object, which is not to be changed.

    What was not asked for longest goes as soon as the sizes of all, by `size` of key and result,
    are more than `limit()`. An error is not kept.
    """

    def __init__(self, limit: Callable[[], float], size: Callable[[Hashable, Any], float]) -> None:
        self._limit, self._size = limit, size
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()
        self._finding = Lock()
        self.held = 0.0
        """The sizes of all that is kept."""

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """What is kept under `key`, which names all that the result of `make` follows from."""
        with self._finding:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
        with place.lock:
            if not place.results:
                try:
                    place.results.append(make())
                    size = self._size(key, place.results[0])
                except BaseException:
                    with self._finding:
                        if self._places.get(key) is place:
                            del self._places[key]
                    raise
                self._keep(key, place, size)
            return place.results[0]

    def _keep(self, key: Hashable, place: _Place, size: float) -> None:
        limit = self._limit()
        with self._finding:
            if self._places.get(key) is place:
                place.size = size
                self.held += size
            while self.held > limit and self._places:
                self.held -= self._places.popitem(last=False)[1].size


def bytes_of(value: Any) -> int:
    """The memory that a value takes with all that it holds, in bytes; what it holds twice counts
    once, classes and functions not at all."""
    seen: dict[int, Any] = {}
    waiting = [value]
    total = 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, SHARED):
            continue
        seen[id(one)] = one  # held, lest another object take its id
        total += sys.getsizeof(one)
        if isinstance(one, np.ndarray):
            # A view counts the whole array whose numbers it shows.
            waiting += [one.base] if one.base is not None else []
            waiting += list(one.flat) if one.dtype == object else []
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        waiting += [vars(one)] if hasattr(one, "__dict__") else []
        slots = getattr(type(one), "__slots__", ())
        waiting += [getattr(one, name) for name in slots if hasattr(one, name)]
    return total


def remember(
    maxsize: int, version: Callable[[Mapping[str, Any]], Hashable] = lambda arguments: None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the `maxsize` results of a function that were asked for last.

    As `functools.lru_cache`, but by a `Store`, and a result is computed anew when `version` of the
    arguments (by name, defaults included) has changed. Arguments are hashable.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature, known = (
            inspect.signature(function),
            Store(lambda: maxsize, lambda key, result: 1),
        )

        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            key = version(bound.arguments), *bound.arguments.values()
            return known.get(key, lambda: function(*args, **kwargs))

        return remembered

    return decorate
