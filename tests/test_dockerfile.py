"""No Docker engine is at hand: the Dockerfile's COPY list and commands, run in an empty folder."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COPIES = [line.split()[1:] for line in TEXT.splitlines() if line.startswith("COPY ")]


def command(kind: str) -> list[str]:
    """The exec-form command of HEALTHCHECK or CMD."""
    (found,) = re.findall(rf"^{kind}.*?(\[.*\])$", TEXT, flags=re.MULTILINE)
    return json.loads(found)


def test_what_is_copied_is_there_and_reaches_the_builder():
    admitted = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    sources = {source for *given, _ in COPIES for source in given}
    assert sources == admitted
    assert all((ROOT / source).exists() for source in sources)


def test_the_server_does_not_run_as_root():
    steps = [line.split()[0] for line in TEXT.splitlines() if re.match("[A-Z]+ ", line)]
    assert steps.index("USER") < steps.index("CMD")
    assert "USER explorer" in TEXT


@pytest.mark.slow
def test_the_copied_tree_serves_and_the_health_check_tells(tmp_path):
    for *sources, target in COPIES:
        for source in sources:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, tmp_path / target, ignore=ignored)
            else:
                shutil.copy(ROOT / source, tmp_path / target)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])

    def here(kind: str) -> list[str]:
        _, *arguments = (part.replace("8501", port) for part in command(kind))
        return [sys.executable, *arguments]

    def healthy() -> bool:
        done = subprocess.run(here("HEALTHCHECK"), capture_output=True, check=False)
        return done.returncode == 0

    assert not healthy()
    with subprocess.Popen(
        here("CMD"), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            deadline = time.monotonic() + 60
            while not healthy():
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.5)
        finally:
            server.terminate()
