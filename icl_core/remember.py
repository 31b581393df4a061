"""Results that are computed once for the arguments they follow from, within a bound."""

import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(eq=False)
class _Place:
    """Where one result stands; who holds the lock computes it."""

    lock: Lock = field(default_factory=Lock)
    results: list[Any] = field(default_factory=list)


def remember(
    maxsize: int, version: Callable[[Mapping[str, Any]], Hashable] = lambda arguments: None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the `maxsize` results of a function that were asked for last.

    As `functools.lru_cache`, but threads that ask for the same at once wait for one of them and are
    given the same object, and a result is computed anew when `version` of the arguments (by name,
    defaults included) has changed. Arguments are hashable; results are shared, not to be changed.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature, finding = inspect.signature(function), Lock()

        @lru_cache(maxsize=maxsize)
        @wraps(function)
        def place(*key: Hashable) -> _Place:
            return _Place()

        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            key = version(bound.arguments), *bound.arguments.values()
            with finding:
                own = place(*key)
            with own.lock:
                if not own.results:
                    own.results.append(function(*args, **kwargs))
                return own.results[0]

        return remembered

    return decorate
