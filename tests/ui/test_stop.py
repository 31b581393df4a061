"""What a signal to end does to a server in the midst of work."""

import os
import signal
import time

import psutil

from benchmarks.serving import served
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.runs import SAVED, Run, note, read_saved, unfinished
from tests.ui.hanging import server_with_page
from tests.ui.visitor import visiting

LIMIT = 90.0
"""Seconds that a training has to save: on a busy machine snapshots are far apart."""


def test_a_server_that_is_asked_to_end_saves_its_training_and_waits_for_no_answer(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ICL_STOP_SECONDS", str(LIMIT))
    run = Run(id="left", config=Train(seconds=300.0))
    note(run)
    file = run.folder / SAVED
    with served(server_with_page(tmp_path)) as server:
        end = time.monotonic() + 200
        while not file.exists():
            assert time.monotonic() < end, "it does not go on with what was left"
            time.sleep(0.1)
        with visiting(server.address) as visitor:
            visitor.open("do=lock")
            visitor.wait_for("process ", 60)
            process, asked = psutil.Process(server.pid), time.time()
            workers = process.children(recursive=True)
            os.kill(server.pid, signal.SIGTERM)
            psutil.wait_procs([process], 2 * LIMIT)
        assert file.stat().st_mtime > asked
        assert not psutil.wait_procs(workers, 5)[1]
        assert "Traceback" not in server.log.read_text()
    assert read_saved(run.folder).frames
    assert [left.id for left in unfinished()] == ["left"]
