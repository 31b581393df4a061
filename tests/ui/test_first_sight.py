"""What is in a page's HTML before Streamlit has started."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit

from ui import first_sight
from ui.first_sight import HEAD, FirstSight, Sight

HTML = b"<html><head><script>1</script></head><body><div id='root'></div></body></html>"
TOLD = HTML.replace(b"<script>1", HEAD + b"<script>1")


@pytest.fixture
def seen(monkeypatch):
    """One page has been opened in its default state."""
    sight = Sight(title="Noise & depth", svg="<svg id='picture'></svg>")
    monkeypatch.setattr(first_sight, "_SIGHTS", {"noise_and_depth": sight, "": sight})


async def inner(scope, receive, send):
    """What Streamlit answers: its one HTML page, or a script, in two pieces."""
    assert b"if-none-match" not in dict(scope["headers"]) or scope["path"].endswith(".js")
    html = not scope["path"].endswith(".js")
    kind = b"text/html; charset=utf-8" if html else b"text/javascript"
    headers = [(b"content-type", kind), (b"content-length", b"60"), (b"etag", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": HTML[:20], "more_body": True})
    await send({"type": "http.response.body", "body": HTML[20:]})


def answer(path, query=b"", method="GET"):
    """Headers and body of the answer to a request."""
    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"if-none-match", b"1"), (b"accept", b"text/html")]
    scope = {"type": "http", "method": method, "path": path, "query_string": query}
    run = FirstSight(inner)(scope | {"headers": headers}, None, send)
    # A loop of its own: the browser tests leave one running in this thread.
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, run).result()
    return dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize("path", ["/noise_and_depth", "/course/noise_and_depth/", "/"])
def test_a_page_known_shows_its_title_and_picture(seen, path):
    headers, body = answer(path)
    assert body.startswith(TOLD[:-14])
    assert body.endswith(b"</body></html>")
    assert b"<h1>Noise &amp; depth</h1>" in body
    assert b"<svg id='picture'></svg>" in body
    assert b"icl_first" not in body
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"etag" not in headers
    assert b"{" + b"FRONTEND}" not in body


@pytest.mark.parametrize(("path", "query"), [("/weights", b""), ("/noise_and_depth", b"v=1")])
def test_other_pages_and_links_with_choices_have_no_picture(seen, path, query):
    headers, body = answer(path, query)
    assert body == TOLD
    assert headers[b"content-length"] == str(len(body)).encode()


def test_what_a_page_is_told_comes_before_the_scripts_that_read_it():
    index = Path(streamlit.__file__).with_name("static").joinpath("index.html").read_bytes()
    assert index.count(b"<head>") == 1
    assert index.index(b"<head>") < index.index(b"<script") < index.index(b"</head>")


def test_what_is_not_html_comes_as_it_is(monkeypatch, seen):
    monkeypatch.setitem(first_sight._SIGHTS, "live.js", first_sight._SIGHTS[""])
    headers, body = answer("/live.js")
    assert body == HTML
    assert headers[b"etag"] == b"1"


def test_pages_tell_of_their_first_picture(monkeypatch, open_page):
    found = {}
    monkeypatch.setattr(first_sight, "_SIGHTS", found)
    open_page("noise_and_depth")
    assert not found, "a test has no address"
    monkeypatch.setattr("ui.first_sight._address", lambda: "http://localhost/noise_and_depth")
    open_page("noise_and_depth", v="1", layers="2")
    assert not found, "only the default state"
    open_page("noise_and_depth")
    assert list(found) == ["noise_and_depth"]
    assert found["noise_and_depth"].title == "Noise and depth"
    assert found["noise_and_depth"].svg.startswith("<svg")
