"""Several servers behind one port: who comes to which, and what happens where one dies."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from threading import Event, Thread
from urllib.request import urlopen

import psutil
import pytest

from benchmarks.classroom.__main__ import completed
from benchmarks.classroom.tab import Tab
from benchmarks.serving import ROOT
from icl_core.errors import InputError
from replicas.__main__ import main
from replicas.keeper import Keeper
from replicas.proxy import MISSING, configuration, program
from tests.hostile import assert_one_sentence
from tests.ui.hanging import TOKEN, fetched, metric, server_with_page

COOKIE, VISITORS, BASE = "icl_server", 10, "/class/room"
ILL = """
import http.server, sys

class Ill(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Ill.asked += 1
        self.send_response(200 if Ill.asked == 1 else 503)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ill).serve_forever()
"""
needs_proxy = pytest.mark.skipif(not shutil.which("haproxy"), reason="no HAProxy")


@dataclass(frozen=True)
class Running:
    """Two servers: the process that keeps them, its log, and the address of the app."""

    process: subprocess.Popen[bytes]
    log: Path
    address: str

    def metric(self, server: str, name: str) -> float:
        """Of one server's metrics page."""
        return metric(self.address, name, f"?server={server}")

    def server(self, name: str) -> psutil.Process:
        """The process of a server."""
        began = self.metric(name, "process_start_time_seconds")
        children = psutil.Process(self.process.pid).children()
        return min(children, key=lambda child: abs(child.create_time() - began))


def free_port() -> int:
    """One with two free ones above it."""
    while True:
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                third.bind(("127.0.0.1", port + 2))
            except (OSError, OverflowError):
                continue
            return port


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    """The real server with a page of its own, below a path, with logs of JSON lines."""
    folder, port = tmp_path_factory.mktemp("replicas"), free_port()
    server_with_page(folder)
    (folder / ".streamlit").symlink_to(ROOT / ".streamlit")
    given = {
        "PYTHONPATH": str(ROOT),
        "ICL_SERVERS": "2",
        "ICL_LOG": "json",
        "ICL_METRICS_TOKEN": TOKEN,
        "ICL_DATA_DIR": str(folder / "data"),
        "STREAMLIT_SERVER_BASE_URL_PATH": BASE,
    }
    log, command = folder / "log", [sys.executable, "-m", "replicas", "--port", str(port)]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=folder, env=os.environ | given, stdout=out, stderr=out
        ) as process,
    ):
        found = Running(process, log, f"http://127.0.0.1:{port}{BASE}")
        try:
            until(lambda: "servers answer at" in log.read_text(), 60)
            until(lambda: all(served(found, name) for name in ("s1", "s2")), 60)
            yield found
        finally:
            process.terminate()


def served(running: Running, name: str) -> bool:
    """Whether that server answers."""
    page = f"{running.address}/_stcore/metrics?server={name}"
    try:
        return fetched(page, Authorization=f"Bearer {TOKEN}")[0] == 200
    except OSError:  # nobody listens yet, or not soon enough
        return False


def until(happens, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.05)


@needs_proxy
def test_a_class_behind_one_address_is_spread_stays_and_survives_a_server(running):
    async def opened(cookies: SimpleCookie | None = None) -> Tab:
        await (tab := Tab(running.address, cookies)).open("")
        return tab

    def servers(tabs: list[Tab]) -> list[str]:
        return [tab.cookies[COOKIE].value for tab in tabs]

    async def lesson() -> None:
        tabs = [await opened() for _ in range(VISITORS)]
        before = servers(tabs)
        assert Counter(before) == {"s1": VISITORS // 2, "s2": VISITORS // 2}
        for server in ("s1", "s2"):
            assert running.metric(server, "icl_sessions") == VISITORS / 2
            assert running.metric(server, "icl_answer_seconds_count") >= VISITORS / 2
        for tab in tabs:
            await tab.close()
        tabs = [await opened(tab.cookies) for tab in tabs]
        assert servers(tabs) == before
        until(lambda: running.metric("s1", "icl_sessions") == VISITORS / 2)

        running.server("s1").kill()
        while any(tab.connected for tab in tabs[::2]):
            await asyncio.sleep(0.05)
        for tab in tabs[1::2]:
            await tab.go("")
        again = await asyncio.gather(*(opened(tab.cookies) for tab in tabs[::2]))
        assert servers(again) == ["s2"] * (VISITORS // 2)
        assert running.metric("s2", "icl_sessions") == VISITORS
        for tab in (*tabs, *again):
            await tab.close()

    completed(lesson())
    until(lambda: served(running, "s1"), 60)
    text = running.log.read_text()
    assert "Server s1 is started again: its process ended with -9." in text
    assert "Traceback" not in text


@needs_proxy
def test_the_app_is_whole_below_a_path(running):
    """The page says where it lies, and what it fetches is there."""
    with urlopen(f"{running.address}/weights", timeout=10) as page:
        html = page.read().decode()
    assert set(re.findall(r'(?:src|href)="(?:\./)?(static/\S+?)"', html))
    for path in set(re.findall(r'(?:src|href)="(?:\./)?(static/\S+?)"', html)):
        with urlopen(f"{running.address}/{path}", timeout=10) as found:
            assert found.status == 200


@needs_proxy
def test_a_stop_ends_everything_and_every_line_of_the_log_is_json(running):
    children = psutil.Process(running.process.pid).children(recursive=True)
    assert len(children) == 3
    running.process.terminate()
    assert running.process.wait(20) == 0
    assert not [child for child in children if child.is_running()]
    lines = [line for line in running.log.read_text().splitlines() if line.startswith("{")]
    said = [json.loads(line) for line in lines]
    assert {"icl.replicas"} <= {entry["logger"] for entry in said}
    assert all({"time", "level", "message"} <= entry.keys() for entry in said)


@pytest.fixture
def ill(tmp_path) -> Iterator[Keeper]:
    """A server that passes one health check and no other."""
    script = tmp_path / "ill.py"
    script.write_text(ILL)
    port, stopping = free_port(), Event()
    health = f"http://127.0.0.1:{port}/"
    keeper = Keeper("It", [sys.executable, str(script), str(port)], stopping, health=health)
    yield keeper
    stopping.set()


def test_a_server_that_fails_its_health_check_is_replaced(ill, monkeypatch, caplog):
    monkeypatch.setattr("replicas.keeper.EVERY", 0.1)
    monkeypatch.setattr("replicas.keeper.PAUSE", 0.1)
    Thread(target=ill.keep, daemon=True).start()
    assert ill.up.wait(20)
    first = ill.process
    until(lambda: ill.process is not first)
    assert first.poll() == -signal.SIGTERM
    assert "It is started again: its health check failed 3 times in a row." in caplog.text


def test_what_never_starts_stops_all(caplog):
    keeper = Keeper("It", [sys.executable, "-c", "raise SystemExit(7)"], Event(), health="http://x")
    keeper.keep()
    assert keeper.failed.is_set()
    assert "It did not start: its process ended with 7." in caplog.text


def test_the_proxy_is_told_of_every_server():
    text = configuration(80, [81, 82, 83], "/app")
    assert len(re.findall(r"^    server s\d 127\.0\.0\.1:8\d cookie s\d$", text, re.MULTILINE)) == 3
    assert "bind *:80" in text
    assert "GET /app/_stcore/health" in text
    assert "$" not in text


def test_without_the_proxy_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setenv("ICL_SERVERS", "2")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match="apt-get install haproxy"):
        program()
    assert main([]) == 2
    assert capsys.readouterr().err.strip() == MISSING


@pytest.mark.parametrize(
    ("servers", "port", "said"),
    [
        ("many", "8501", "ICL_SERVERS is 'many'"),
        ("65", "8501", "ICL_SERVERS is '65', out of range"),
        ("2", "0", "--port is '0', out of range"),
        ("2", "65534", "--port is '65534', out of range"),
        ("2", "80; rm", "--port is '80; rm', which is no whole number"),
    ],
)
def test_bad_input_is_one_sentence(monkeypatch, capsys, servers, port, said):
    monkeypatch.setenv("ICL_SERVERS", servers)
    assert main(["--port", port]) == 2
    sentence = capsys.readouterr().err.strip()
    assert said in sentence
    assert_one_sentence(sentence)
