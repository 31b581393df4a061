"""A server of its own, for benchmarks and for tests."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

import psutil

ROOT = Path(__file__).parents[1]
PATIENCE = 20
"""Seconds that a server has to stop."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running server: where it answers, its process, and the file that it writes to."""

    address: str
    pid: int
    log: Path


@contextmanager
def served(script: Path, *options: str, base_path: str = "") -> Iterator[Served]:
    """`script`, served by Streamlit as `make run` does, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none", *options]
    if base_path:
        command += ["--server.baseUrlPath", base_path]
    address = f"http://127.0.0.1:{port}{'/' + base_path if base_path else ''}"
    with TemporaryDirectory() as folder:
        log, data = Path(folder) / "server.log", os.environ.get("ICL_DATA_DIR", f"{folder}/data")
        environment = os.environ | {"PYTHONPATH": str(ROOT), "ICL_DATA_DIR": data}
        with log.open("wb") as out:
            server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        try:
            if not _answers(f"{address}/_stcore/health", server):
                raise RuntimeError(f"Streamlit did not start:\n{log.read_text()}")
            yield Served(address=address, pid=server.pid, log=log)
        finally:
            _stop(server)


def _answers(address: str, server: subprocess.Popen, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return True
        except (URLError, OSError):
            time.sleep(0.1)
    return False


def _stop(server: subprocess.Popen) -> None:
    """A server that does not heed the request, for it has frozen, is killed with all it started."""
    if server.poll() is not None:
        return
    children = psutil.Process(server.pid).children(recursive=True)
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        for process in (server, *children):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        server.wait()
