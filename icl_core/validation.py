"""Every value from outside (link, file, command line, environment) passes through here.

Each check returns the value in its proper type or raises `InputError` with one sentence: what is
wrong, what was expected. The limits of the whole project stand in `LIMITS`, once.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Self, TypeVar

from icl_core.errors import InputError
from icl_core.typed import apart, plain, typed

T = TypeVar("T")

LIMITS: Mapping[str, tuple[float, float]] = {
    "dim": (1, 64),
    "num_context": (1, 1_000_000),
    "num_layers": (1, 12),
    "num_heads": (1, 4),
    "sigma": (0.0, 100.0),
    "input_scale": (1e-3, 1e3),
    "condition": (1.0, 1e6),
    "prompts": (2, 1_000_000),
    "seed": (0, 2**31 - 1),
    "steps": (1, 1_000_000),
    "batch_size": (1, 65_536),
    "restarts": (1, 64),
    "seconds": (0.1, 86_400.0),
    "learning_rate": (1e-7, 10.0),
    "eta": (-1_000.0, 1_000.0),
    "gamma": (-100.0, 100.0),
    "table_rows": (12, 20_000),
    "table_columns": (2, 50),
    "table_bytes": (1, 2_000_000),
}
"""Inclusive (lowest, highest) value of every quantity a user can choose."""


class Reach(NamedTuple):
    """What a choice can be where that follows from data: its name, inclusive ends, and perhaps the
    only values between them. With `quiet` a default may stay beyond: nobody asked for it, and the
    views take the nearest.
    """

    label: str
    low: float
    high: float
    stops: tuple[float, ...] = ()
    quiet: bool = False

    def nearest(self, value: Any) -> Any:
        """`value` if it is within reach, else what is nearest to it."""
        if self.stops:
            stop = min(self.stops, key=lambda known: abs(known - value))
            return value if math.isclose(stop, value, rel_tol=1e-6, abs_tol=1e-9) else stop
        return type(value)(min(max(value, self.low), self.high))

    def __str__(self) -> str:
        between = f", in {len(self.stops) - 1} steps" if self.stops else ""
        return f"{self.low:.6g} to {self.high:.6g}{between}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _read(value: Any) -> Any:
    """What a text says, as a number; anything else as it came, but truth values are no numbers."""
    if isinstance(value, bool):
        raise ValueError
    if not isinstance(value, str):
        return value
    return int(plain(value)) if plain(value).removeprefix("-").isdecimal() else typed(value)


def number(name: str, value: Any, limits: str | tuple[float, float]) -> float:
    """`value` as a finite float within `limits` (a key of `LIMITS` or a pair)."""
    low, high = LIMITS[limits] if isinstance(limits, str) else limits
    expected = f"expected a number from {low:g} to {high:g}."
    try:
        result = float(_read(value))
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} is {_shown(value)}, which is no number: {expected}") from None
    if not math.isfinite(result):
        raise InputError(f"{name} is {_shown(value)}, which is no finite number: {expected}")
    if not low <= result <= high:
        raise InputError(f"{name} is {_shown(value)}, out of range: {expected}")
    return result


def numbers(name: str, text: str, limits: str | tuple[float, float]) -> tuple[float, ...]:
    """The numbers of a line of text, each checked: apart by spaces, by ", " or by semicolons."""
    try:
        parts = apart(text)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    return tuple(number(name, part, limits) for part in parts)


def integer(name: str, value: Any, limits: str | tuple[float, float]) -> int:
    """`value` as an integer within `limits`; 3.0 and "3" are integers, 3.5 and True are not."""
    low, high = LIMITS[limits] if isinstance(limits, str) else limits
    try:
        given = _read(value)
        result = given if isinstance(given, int) else int(float(given))
        if result != given:
            raise ValueError
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{name} is {_shown(value)}, which is no whole number: "
            f"expected one from {low:.0f} to {high:.0f}."
        ) from None
    if not low <= result <= high:
        raise InputError(
            f"{name} is {_shown(value)}, out of range: "
            f"expected a whole number from {low:.0f} to {high:.0f}."
        )
    return result


def choice(name: str, value: Any, allowed: Iterable[T]) -> T:
    """`value` if it is one of `allowed`."""
    options = list(allowed)
    if isinstance(value, (list, dict, set)) or value not in options:
        raise InputError(
            f"{name} is {_shown(value)}: expected one of {', '.join(map(str, options))}."
        )
    return value


def text(name: str, value: Any) -> str:
    """`value` as one printable line of at most 200 characters."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > 200:
        raise InputError(f"{name} is {_shown(value)}: expected one line of text.")
    return value


def mapping(name: str, value: Any) -> dict[str, Any]:
    """`value` as a dictionary with text keys."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InputError(f"{name} is {_shown(value)}: expected an object with named entries.")
    return dict(value)


def within_reach(config: "Config", reach: Mapping[str, Reach]) -> None:
    """Raise `InputError` if one of the choices, but for a quiet default, is out of reach."""
    default = type(config)()
    for field, limits in reach.items():
        value = getattr(config, field)
        idle = limits.quiet and value == getattr(default, field)
        if value is not None and not idle and limits.nearest(value) != value:
            raise InputError(
                f"{limits.label} is {_shown(value)}, out of reach here: expected {limits}."
            )


def checked(default: T, check: Callable[..., Any], name: str, *limits: Any) -> T:
    """A field of a `Config`: its value becomes `check(name, value, *limits)`.

    None is admitted where it is the default: the choice is then left to what shows it.
    """
    return dataclasses.field(default=default, metadata={"check": (check, name, limits)})


def required(check: Callable[..., Any], name: str, *limits: Any) -> Any:
    """A field of a `Config` as `checked` makes it, without a default."""
    return dataclasses.field(metadata={"check": (check, name, limits)})


class Config:
    """Base of the frozen, keyword-only dataclasses of plain values that describe a choice.

    A config is hashable (static jit argument, cache key) and JSON-able (manifest, link).
    """

    def __post_init__(self) -> None:
        """Check the fields that are declared by `checked` or `required`."""
        for field in self._fields():
            value = getattr(self, field.name)
            if "check" in field.metadata and not (value is None and field.default is None):
                check, name, limits = field.metadata["check"]
                self._set(**{field.name: check(name, value, *limits)})

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able values; `from_dict` is the inverse."""
        return {
            field.name: (value.to_dict() if isinstance(value, Config) else value)
            for field in self._fields()
            for value in [getattr(self, field.name)]
        }

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Build and validate; unknown or missing entries raise `InputError`."""
        given = mapping(cls.__name__, values)
        fields = {field.name: field for field in cls._fields()}
        if unknown := sorted(set(given) - set(fields)):
            raise InputError(
                f"{cls.__name__} has no entry {_shown(unknown[0])}: "
                f"expected {', '.join(fields)}; remove it."
            )
        missing = [
            name
            for name, field in fields.items()
            if name not in given
            and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        ]
        if missing:
            raise InputError(f"{cls.__name__} lacks the entry '{missing[0]}': add it.")
        return cls(**given)

    def replace(self, **changes: Any) -> Self:
        """A copy with some values changed, validated again."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]

    @classmethod
    def _fields(cls) -> tuple[dataclasses.Field[Any], ...]:
        return dataclasses.fields(cls)  # type: ignore[arg-type]

    def _set(self, **values: Any) -> None:
        """Store validated values from `__post_init__` of a frozen dataclass."""
        for name, value in values.items():
            object.__setattr__(self, name, value)
