"""One tab of a browser, as far as Streamlit's server sees it: a websocket session.

Speaks BackMsg and ForwardMsg over /_stcore/stream, and sends what Streamlit's frontend sends: the
state of the widgets on the page, hashes of messages that it keeps, and questions of its own where a
fragment runs every second.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from benchmarks.classroom.page import Cache, Fault, Looks, Page
from benchmarks.classroom.widgets import Change

LIMIT = 60.0
"""Seconds within which every request must have its answer."""
GOODBYE, LARGEST = 2.0, 2**28
"""Seconds that a server has to close a connection, and bytes of a message."""


class LostError(Exception):
    """The connection was lost."""


class UnansweredError(Exception):
    """No end of the run that was asked for within the limit."""


@dataclass(frozen=True)
class _Question:
    """A request on its way; `fragment` is "" for the whole page."""

    fragment: str
    answer: asyncio.Future[None]


class Tab:
    """A session: `open` it, `go` to other pages, make a `change`, and `close` it.

    cookies: the browser's, which its tabs share; by one a proxy knows its server.
    """

    def __init__(self, base: str, cookies: SimpleCookie | None = None) -> None:
        self.base = base.rstrip("/")
        self.cookies = SimpleCookie() if cookies is None else cookies
        self.path = ""
        self.pages: dict[str, str] = {}
        """Every page of the app's navigation by its path, "" the first, with its hash."""
        self.page = Page()
        self.looks = Looks(LIMIT, self.page.faults.append)
        self._cache = Cache()
        self._query = self._hash = self._run = ""
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._question: _Question | None = None
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    # --- what a visitor does ---------------------------------------------------------------

    @property
    def connected(self) -> bool:
        return self._reader is not None and not self._reader.done()

    async def open(self, path: str) -> float:
        """The link is typed into a new tab; seconds until the page is there."""
        begun = time.monotonic()
        await self._connect()
        self.path = path
        await self._ask(page_name=path)
        return time.monotonic() - begun

    async def go(self, path: str, query: str = "") -> float:
        """A click on a link within the app; to the page itself, its widgets keep what they hold."""
        if path != self.path:
            self.page.states.clear()
            self.page.refused.clear()
        self.path, self._query, self._hash = path, query, self.pages[path]
        return await self._ask(states=())

    async def change(self, change: Change) -> float:
        """A widget changes, and the fragment that it stands in runs."""
        widget, states = change.element.widget, dict(self.page.states)
        states[widget] = change.state
        if change.state.WhichOneof("value") != "trigger_value":
            self.page.hold(change)
        return await self._ask(change.element.fragment, states=states.values())

    async def close(self) -> None:
        """Leave."""
        self._stop_timers(self._timers)
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            await self._socket.close()

    # --- out -------------------------------------------------------------------------------

    async def _connect(self) -> None:
        url = urlsplit(self.base)
        scheme = "wss" if url.scheme == "https" else "ws"
        held = self.cookies.output([], header="", sep=";")
        try:
            self._socket = await connect(
                f"{scheme}://{url.netloc}{url.path}/_stcore/stream",
                # The second stands for a token, which only an app with accounts looks at.
                subprotocols=[Subprotocol("streamlit"), Subprotocol("none")],
                additional_headers=[("Cookie", held.strip())] if held else (),
                max_size=LARGEST,
                open_timeout=LIMIT,
                ping_timeout=2 * LIMIT,
                close_timeout=GOODBYE,
                proxy=None,
                compression=None,
            )
        except TimeoutError:
            raise UnansweredError(f"no connection within {LIMIT:g} s") from None
        except (OSError, WebSocketException) as error:
            raise LostError(f"{type(error).__name__}: {error}") from None
        if (answer := self._socket.response) is not None:
            for given in answer.headers.get_all("Set-Cookie"):
                self.cookies.load(given)
        self._reader = asyncio.create_task(self._read(self._socket))

    async def _ask(
        self, fragment: str = "", page_name: str = "", states: Iterable[WidgetState] | None = None
    ) -> float:
        """Send a request and wait for the end of its run; the seconds it took."""
        question = _Question(fragment, asyncio.get_running_loop().create_future())
        self._question = question
        begun = time.monotonic()
        try:
            await self._send(fragment, page_name=page_name, states=states)
            await asyncio.wait_for(question.answer, LIMIT)
        except TimeoutError:
            raise UnansweredError(f"no answer within {LIMIT:g} s") from None
        finally:
            self._question = None
        return time.monotonic() - begun

    async def _send(
        self,
        fragment: str,
        *,
        page_name: str = "",
        states: Iterable[WidgetState] | None = None,
        by_itself: bool = False,
    ) -> None:
        message = BackMsg()
        request, alive = message.rerun_script, self.page.alive()
        request.query_string, request.page_script_hash = self._query, self._hash
        request.page_name, request.fragment_id = page_name, fragment
        request.is_auto_rerun = by_itself
        for state in self.page.states.values() if states is None else states:
            if state.id in alive:
                request.widget_states.widgets.append(state)
        request.cached_message_hashes.extend(self._cache.hashes())
        context = request.context_info
        context.timezone, context.locale, context.color_scheme = "UTC", "en-US", "light"
        context.url = f"{self.base}/{self.path}"
        if self._socket is None or not self.connected:
            raise LostError("not connected")
        try:
            await self._socket.send(message.SerializeToString())
        except ConnectionClosed as error:
            raise LostError(str(error)) from None

    async def _look(self, fragment: str, interval: float) -> None:
        """A fragment that runs every so often."""
        while True:
            await asyncio.sleep(interval)
            self.looks.asked(fragment)
            try:
                await self._send(fragment, by_itself=True)
            except LostError:
                return

    def _stop_timers(self, fragments: Iterable[str]) -> None:
        for fragment in list(fragments):
            if (timer := self._timers.pop(fragment, None)) is not None:
                timer.cancel()

    # --- in --------------------------------------------------------------------------------

    async def _read(self, socket: ClientConnection) -> None:
        why = "closed by the server"
        try:
            async for data in socket:
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                if (whole := self._cache.whole(message)) is None:
                    self._complain("protocol", "a reference to a message that was not sent")
                else:
                    self._take(whole)
        except (ConnectionClosed, DecodeError) as error:
            why = f"{type(error).__name__}: {error}"
        except Exception as error:
            why = f"the load test failed: {error!r}"
            self._complain("protocol", why)
        finally:
            self._stop_timers(self._timers)
            if self._question is not None and not self._question.answer.done():
                self._question.answer.set_exception(LostError(why))

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "delta":
                self.page.add(tuple(message.metadata.delta_path), message.delta, self._run)
            case "new_session":
                self._begin(message)
            case "script_finished":
                self._end(message)
            case "navigation":
                self._hash = message.navigation.page_script_hash
                self.pages = {
                    "" if page.is_default else page.url_pathname: page.page_script_hash
                    for page in message.navigation.app_pages
                }
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "page_not_found":
                self._complain("error", f"no page {self.path!r}")
            case "auto_rerun":
                fragment = message.auto_rerun.fragment_id
                self._stop_timers([fragment])
                look = self._look(fragment, message.auto_rerun.interval)
                self._timers[fragment] = asyncio.create_task(look)
            case "stop_auto_rerun":
                self._stop_timers(message.stop_auto_rerun.fragment_ids)
            case "session_event":
                event = message.session_event
                if event.WhichOneof("type") == "script_compilation_exception":
                    self._complain("exception", event.script_compilation_exception.message)

    def _begin(self, message: ForwardMsg) -> None:
        session = message.new_session
        self._hash = session.page_script_hash
        self._run = message.metadata.run.script_run_id
        self._cache.longest = session.config.max_cached_message_age or self._cache.longest
        if not message.metadata.run.fragment_ids:
            self._stop_timers(self._timers)
            self.looks.forget()

    def _end(self, message: ForwardMsg) -> None:
        """Another run may follow at once: then this was no answer."""
        if (status := message.script_finished) == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        fragments = set(message.metadata.run.fragment_ids)
        whole = status != ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        if status != ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.page.drop_stale(self._run, None if whole else fragments)
        if whole:
            self._cache.run_ended()
        self.looks.answered(fragments)
        question = self._question
        # A whole page that a fragment asks for ends the fragment's question too.
        answers = question is not None and (whole or question.fragment in fragments)
        if question is not None and answers and not question.answer.done():
            question.answer.set_result(None)

    def _complain(self, kind: str, said: str) -> None:
        self.page.faults.append(Fault(kind=kind, said=said))
