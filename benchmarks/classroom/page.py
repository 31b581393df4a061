"""What a browser would show of a page: its elements by their place, and what its widgets hold."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.classroom.widgets import REFUSED, Change, Element, another, held

Place = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that a visitor must not meet."""

    kind: str
    said: str


@dataclass
class Page:
    """Built up from the server's messages, as Streamlit's own frontend does it."""

    elements: dict[Place, Element] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    refused: dict[str, WidgetState] = field(default_factory=dict)
    """What widgets held that hold now what the page must refuse."""

    def of_kind(self, kind: str) -> list[Element]:
        """All elements of a kind."""
        return [element for element in self.elements.values() if element.kind == kind]

    def labelled(self, kind: str, label: str) -> Element | None:
        """The element of a kind with that label."""
        return next((e for e in self.of_kind(kind) if e.proto.label == label), None)

    def alive(self) -> set[str]:
        """The widgets on the page."""
        return {element.widget for element in self.elements.values() if element.widget}

    def other(self, element: Element, rng: random.Random) -> Change | None:
        """Another value for a control at random: where the page refuses the present one, the one
        before it."""
        if (before := self.refused.get(element.widget)) is not None:
            return Change(element=element, state=before)
        return another(element, self.states.get(element.widget), rng)

    def hold(self, change: Change) -> None:
        """The visitor's value of a widget."""
        widget = change.element.widget
        before = self.refused.pop(widget, self.states.get(widget, WidgetState(id=widget)))
        if change.refused:
            self.refused[widget] = before
        self.states[widget] = change.state

    def add(self, place: Place, delta: Delta, run: str) -> None:
        """A new element, or a container: among those only a menu is a widget."""
        match delta.WhichOneof("type"):
            case "new_element":
                kind = delta.new_element.WhichOneof("type") or ""
                proto = getattr(delta.new_element, kind)
            case "add_block":
                block = delta.add_block
                menu = block.WhichOneof("type") == "popover"
                kind, proto = ("popover", block.popover) if menu else ("block", block)
            case _:
                return
        element = Element(kind=kind, proto=proto, fragment=delta.fragment_id, run=run)
        self.elements[place] = element
        self._judge(element)
        known = element.widget in self.states and not getattr(proto, "set_value", False)
        if element.widget and not known and (state := held(element)) is not None:
            self.states[element.widget] = state

    def _judge(self, element: Element) -> None:
        if element.kind == "exception":
            said = f"{element.proto.type}: {element.proto.message}"
            self.faults.append(Fault(kind="exception", said=said))
        error = element.kind == "alert" and element.proto.format == Alert.ERROR
        if error and REFUSED not in element.proto.body:
            self.faults.append(Fault(kind="error", said=element.proto.body))

    def drop_stale(self, run: str, fragments: set[str] | None) -> None:
        """What a run that has ended did not draw again goes: of the whole page, or of `fragments`
        and what is nested in them."""
        roots = [()] if fragments is None else list(self._roots(run, fragments))
        for place, element in list(self.elements.items()):
            within = any(place[: len(root)] == root for root in roots)
            if element.run != run and (within or element.fragment in (fragments or ())):
                del self.elements[place]
        alive = self.alive()
        self.states = {widget: state for widget, state in self.states.items() if widget in alive}
        self.refused = {widget: state for widget, state in self.refused.items() if widget in alive}

    def _roots(self, run: str, fragments: set[str]) -> Iterator[Place]:
        """Where fragments begin that have run."""
        for fragment in fragments:
            drawn = [
                place
                for place, element in self.elements.items()
                if element.fragment == fragment and element.run == run
            ]
            if drawn:
                yield min(drawn, key=len)


class Cache:
    """Messages that the server sends once, and then by their hash."""

    def __init__(self) -> None:
        self.longest = 2
        """Runs that a message is kept for."""
        self._runs = 0
        self._known: dict[str, tuple[ForwardMsg, int]] = {}

    def hashes(self) -> list[str]:
        """What need not be sent again."""
        return list(self._known)

    def whole(self, message: ForwardMsg) -> ForwardMsg | None:
        """The message that a reference stands for, with the reference's own metadata."""
        if message.WhichOneof("type") != "ref_hash":
            if message.metadata.cacheable and message.hash:
                self._known[message.hash] = message, self._runs
            return message
        known = self._known.get(message.ref_hash)
        if known is None:
            return None
        self._known[message.ref_hash] = known[0], self._runs
        full = ForwardMsg()
        full.CopyFrom(known[0])
        full.metadata.CopyFrom(message.metadata)
        return full

    def run_ended(self) -> None:
        """A whole page was drawn: old messages go."""
        self._runs += 1
        self._known = {
            key: (message, run)
            for key, (message, run) in self._known.items()
            if self._runs - run <= self.longest
        }


class Looks:
    """Questions that a page asks by itself, and how long their answers took."""

    def __init__(self, limit: float, complain: Callable[[Fault], Any]) -> None:
        self.seconds: list[float] = []
        self._limit, self._complain = limit, complain
        self._since: dict[str, float] = {}

    def asked(self, fragment: str) -> None:
        """Sent; an earlier one may still be without its answer."""
        now = time.monotonic()
        if now - self._since.setdefault(fragment, now) > self._limit:
            self._since[fragment] = now
            said = f"a page's own look had no answer within {self._limit:g} s"
            self._complain(Fault(kind="unanswered", said=said))

    def answered(self, fragments: set[str]) -> None:
        """These fragments ran."""
        now = time.monotonic()
        self.seconds += [
            now - self._since.pop(fragment) for fragment in fragments & self._since.keys()
        ]

    def forget(self) -> None:
        """The whole page runs: nothing of the old one is waited for."""
        self._since.clear()
