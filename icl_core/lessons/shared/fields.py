"""Checks of what only a lesson's config holds: lists of names and switches, or their text."""

from collections.abc import Iterable
from typing import Any, ClassVar

from icl_core.errors import InputError
from icl_core.lessons.shared.shipped import Kin
from icl_core.validation import Config, choice


class OfModel(Config):
    """Choices of a lesson that shows a model of whatever task: `task` names its family.

    Several lessons show only shipped models of the first seed, or of one head.
    """

    task: str
    of_first_seed: ClassVar[bool] = True
    of_one_head: ClassVar[bool] = False

    @staticmethod
    def picks(kin: Kin, layers: int) -> dict[str, Any]:
        """The choices, beside the task, that open a model of its family."""
        raise NotImplementedError


def names(what: str, value: Any, allowed: Iterable[str]) -> tuple[str, ...]:
    """One or more different names out of `allowed`, in its order; "a,b" is ("a", "b")."""
    options = tuple(allowed)
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or len(given) > 4 * len(options):
        raise InputError(f"{what} is {value!r:.60}: expected names from {', '.join(options)}.")
    chosen = [choice(what, name, options) for name in given]
    if not chosen:
        raise InputError(f"{what} is empty: choose at least one of {', '.join(options)}.")
    return tuple(option for option in options if option in chosen)


def name_or_none(what: str, value: Any) -> str:
    """A short name, or "" for none."""
    return "" if value == "" else text(what, value)


def switch(what: str, value: Any) -> bool:
    """True or False; "1" and "0", "true" and "false" in a link."""
    if isinstance(value, bool):
        return value
    known = {"1": True, "true": True, "0": False, "false": False}
    if not isinstance(value, str) or value.lower() not in known:
        raise InputError(f"{what} is {value!r:.60}: expected true or false.")
    return known[value.lower()]


def text(what: str, value: Any, longest: int = 80) -> str:
    """A short name; whether it exists is for its reader to say."""
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise InputError(f"{what} is {value!r:.60}: expected a name of at most {longest} letters.")
    return value
