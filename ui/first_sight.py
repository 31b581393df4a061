"""A picture that is there before Streamlit has started in the browser.

The first visit to a page takes a browser some two seconds: Streamlit's own program, then plotly.js.
The server keeps the title and a sketch of the first figure of every page that somebody has opened
in its default state, puts both into the page's HTML, and has plotly.js fetched at once.

Every page is told besides where the app lies, and how to bear a translator.
"""

import base64
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from icl_core.live import Points, Switch
from icl_core.live.bundle import bundled
from icl_core.live.message import Finished
from ui.live import assets

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEAD = Path(__file__).with_name("head.html").read_bytes()
TEMPLATE = Path(__file__).with_name("first_sight.html")
PLAY = """<script>(() => {{
{}
const sight = document.getElementById("first-sight");
sight.handOver = icl_first.play(sight, {});
}})();</script>"""
"""Not a module: those wait for Streamlit's."""
LARGEST = 50_000
"""Bytes of an engine that the page's HTML takes along."""
TITLE = "first sight: title"


@dataclass(frozen=True)
class Sight:
    """What a page shows first."""

    title: str
    svg: str
    play: str = ""
    """What `play` in frontend/first.mjs reads, where an engine moves what is drawn."""
    said: str = ""

    def html(self) -> str:
        """To stand at the end of the page's body."""
        names = {
            "TITLE": escape(self.title),
            "PICTURE": self.svg,
            "PLAY": PLAY.format(bundled("first"), self.play) if self.play else "",
            "SAID": said_in_html(self.said) if self.play else "",
            "FRONTEND": f"{assets.__name__}.{assets.FRONTEND_NAME}",
            "PLOTLY": f"{assets.__name__}.{assets.PLOTLY_NAME}",
        }
        text = TEMPLATE.read_text(encoding="utf-8")
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        return text


_SIGHTS: dict[str, Sight] = {}
"""By the last part of the page's address."""


def note_title(title: str) -> None:
    """Told by every page."""
    st.session_state[TITLE] = title


def remember(svg: str, shown: Finished) -> None:
    """Told of the first picture of a visit, by which a page in its default state is known."""
    address = _address()
    if address and not st.query_params and _page(address) not in _SIGHTS:
        title = st.session_state.get(TITLE, "")
        _SIGHTS[_page(address)] = Sight(title, svg, playable(shown), shown.said)


def playable(shown: Finished) -> str:
    """What the page's HTML takes of a view whose points can be dragged and which an engine moves;
    nothing of any other."""
    points = [control for control in shown.controls if isinstance(control, Points)]
    if not points or shown.source is None or len(shown.source) > LARGEST:
        return ""
    message = json.loads(shown.body)
    traces = json.loads(message["figure"])["data"]
    told = {
        "packed": base64.b64encode(shown.source).decode(),
        "values": message["values"],
        "points": [control.sent() for control in points],
        "switches": [each.sent() for each in shown.controls if isinstance(each, Switch)],
        "x": {trace["uid"]: trace["x"] for trace in traces},
    }
    return json.dumps(told).replace("<", r"\u003c")


def said_in_html(said: str) -> str:
    """A sentence with its **strong** words, as frontend/said.mjs has it."""
    parts = escape(said).split("**")
    return "".join(f"<b>{part}</b>" if i % 2 else part for i, part in enumerate(parts))


def _address() -> str | None:
    return st.context.url


def _page(address: str) -> str:
    """The last part of a path, or of the path of a URL: the name of the page, "" of the first."""
    return urlsplit(address).path.rstrip("/").rpartition("/")[2]


class FirstSight:
    """ASGI middleware that puts `HEAD` into a page's HTML, and the page's `Sight` if it has one."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or "." in _page(scope["path"]):
            await self.app(scope, receive, send)
            return
        sight = None if scope["query_string"] else _SIGHTS.get(_page(scope["path"]))
        # Neither compressed nor answered by "not modified": the picture may be newer than the page.
        unwanted = (b"accept-encoding", b"if-none-match", b"if-modified-since")
        kept = [(name, value) for name, value in scope["headers"] if name not in unwanted]
        insertion = _Insertion(send, sight.html().encode() if sight else b"")
        await self.app(dict(scope, headers=kept), receive, insertion)


class _Insertion:
    """Sends an HTML answer with `HEAD` and a piece ending its body; any other as it comes."""

    def __init__(self, send: Send, piece: bytes) -> None:
        self.send, self.piece = send, piece
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if b"text/html" in dict(message["headers"]).get(b"content-type", b""):
                self.start = message
            else:
                await self.send(message)
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self.start)

    async def _finish(self, start: Message) -> None:
        # Before Streamlit's own scripts, which read what it says.
        body = self.body.replace(b"<script", HEAD + b"<script", 1)
        body = body.replace(b"</body>", self.piece + b"</body>", 1)
        dropped = (b"content-length", b"etag", b"last-modified")
        headers = [(name, value) for name, value in start["headers"] if name not in dropped]
        headers.append((b"content-length", str(len(body)).encode()))
        await self.send({**start, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})
