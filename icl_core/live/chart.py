"""What a page needs of a view, made once for all who look at the same."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from icl_core.live.look import PLAIN, Look
from icl_core.live.message import Finished, finished
from icl_core.live.packing import digest_of
from icl_core.live.view import View
from icl_core.plots.sketch import sketch
from icl_core.remember import Store, bytes_of
from icl_core.settings import settings


def _size(key: Hashable, value: object) -> int:
    """Without the source of a message, which has a place of its own; it is asked for whenever the
    message is, so it does not go before."""
    apart = value.source if isinstance(value, Finished) else None
    return bytes_of((key, value)) - (0 if apart is None else bytes_of(apart))


FINISHED = Store(lambda: settings().chart_megabytes * 1e6, _size)
"""Messages and sketches of all lessons, and what charts draw from, shared between sessions."""


def _shared(source: bytes | None) -> bytes | None:
    """The one copy of a source, by its digest: it is the same wherever a chart's controls stand."""
    if source is None:
        return None
    return FINISHED.get(("source", digest_of(source)), lambda: source)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A view that is built only when something of it is not at hand.

    `key` names all that the view follows from, so that what is made of it is kept; None where the
    view follows from what may change.
    """

    build: Callable[[], View]
    key: Hashable = None

    @classmethod
    def of(cls, view: View) -> "Chart":
        """A view that somebody has built."""
        return cls(build=lambda: view)

    def ready(self, *, sketched: bool = False, look: Look = PLAIN) -> tuple[Finished, str | None]:
        """The finished message, which begins with this look, and, if it is asked for, the sketch;
        the view is built once at most.

        Raises:
            InputError: The parts of the view do not fit together, or the figure is too large.
        """
        built: list[View] = []

        def view() -> View:
            if not built:
                built.append(self.build())
            return built[0]

        def picture() -> str:
            return sketch(view().figure)

        if self.key is None or look != PLAIN:
            return finished(view(), look), picture() if sketched else None

        def message() -> Finished:
            made = finished(view())
            return replace(made, source=_shared(made.source))

        told = FINISHED.get(("message", self.key), message)
        _shared(told.source)
        return told, FINISHED.get(("sketch", self.key), picture) if sketched else None
