"""Views that are kept for the choices that they depend on."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from icl_core.live import View
from icl_core.validation import Config

C = TypeVar("C", bound=Config)


def kept(*names: str) -> Callable[[Callable[[C, Any], View]], Callable[[C, Any], View]]:
    """A view that reads no other choices than `names` and the result, and is made once for them.

    It is given the defaults of all others, so that it cannot depend on them.
    """

    def decorate(build: Callable[[C, Any], View]) -> Callable[[C, Any], View]:
        @wraps(build)
        def view(config: C, result: Any) -> View:
            return build(type(config)(**{name: getattr(config, name) for name in names}), result)

        view.kept = names  # type: ignore[attr-defined]
        return view

    return decorate


def kept_names(view: Callable[..., View]) -> tuple[str, ...] | None:
    """The choices that a view says it reads; None if it says nothing."""
    return getattr(view, "kept", None)
