"""Views that are built once for the choices that they depend on."""

from collections.abc import Callable
from typing import Any, TypeVar

from icl_core.live import View
from icl_core.remember import remember
from icl_core.validation import Config

C = TypeVar("C", bound=Config)
KEPT = 16
"""Of each view: a visitor who goes to and fro, and some others beside."""


def kept(*names: str) -> Callable[[Callable[[C, Any], View]], Callable[[C, Any], View]]:
    """A view that reads no other choices than `names` and the result.

    It is given the defaults of all others, so that it cannot depend on them. Results are told apart
    by identity.
    """

    def decorate(build: Callable[[C, Any], View]) -> Callable[[C, Any], View]:
        known = remember(KEPT)(build)

        def view(config: C, result: Any) -> View:
            return known(type(config)(**{name: getattr(config, name) for name in names}), result)

        return view

    return decorate
