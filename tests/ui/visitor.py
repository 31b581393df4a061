"""A visitor without a browser: Streamlit's own messages, over its websocket."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect


class Visitor:
    """One session; `seen` holds the text of every element that was sent."""

    def __init__(self, socket) -> None:
        self.socket = socket
        self.seen: list[str] = []
        self.buttons: dict[str, tuple[str, str]] = {}
        self.finished = 0

    def open(self, query: str = "") -> None:
        """Ask for a run of the page."""
        message = BackMsg()
        message.rerun_script.query_string = query
        self.socket.send(message.SerializeToString())

    def press(self, label: str) -> None:
        """Press a button in a fragment."""
        message = BackMsg()
        run = message.rerun_script
        widget, run.fragment_id = self.buttons[label]
        run.widget_states.widgets.add(id=widget, trigger_value=True)
        self.socket.send(message.SerializeToString())

    def wait_for(self, text: str, seconds: float = 15) -> None:
        """Until an element says `text`."""
        self._listen(lambda: any(text in said for said in self.seen), seconds, text)

    def wait_for_end(self, seconds: float = 15) -> None:
        """Until the next run has ended."""
        before = self.finished
        self._listen(lambda: self.finished > before, seconds, "the end")

    def _listen(self, heard: Callable[[], bool], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while not heard():
            left = end - time.monotonic()
            assert left > 0, f"never came: {what}; but {self.seen[1:]}"
            with suppress(TimeoutError):
                self._hear(self.socket.recv(timeout=left))

    def _hear(self, data: bytes) -> None:
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        self.finished += kind == "script_finished"
        if kind == "delta":
            element = message.delta.new_element
            name = element.WhichOneof("type")
            if name == "button":
                self.buttons[element.button.label] = element.button.id, message.delta.fragment_id
            elif name is not None:
                self.seen.append(getattr(getattr(element, name), "body", ""))


@contextmanager
def visiting(address: str) -> Iterator[Visitor]:
    """A session of its own."""
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    with connect(stream, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        yield Visitor(socket)
