"""Runs on disk: killed anywhere, they go on as if never stopped."""

import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from icl_core.lessons.train import runs
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame, Saved
from icl_core.lessons.train.measure import train_in
from icl_core.lessons.train.runs import SAVED, read_saved, write_saved

SMALL = Train(dim=1, num_context=10, sigma=1.0, layers=1, seconds=300.0)
BEYOND = Train(system="softmax", heads=1, seconds=300.0)
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.engine.lessons.test_runs import SMALL, train_and_save
from icl_core import files
replace, count = os.replace, 0
def counted(*paths):
    global count
    count += 1
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*paths)
files.os.replace = counted
train_and_save(SMALL, Path(sys.argv[1]))
"""


def train_and_save(config: Train, folder: Path) -> list[Frame]:
    """All frames, or the first three, those that were saved among them; every one is saved."""
    saved = read_saved(folder)
    frames = list(saved.frames) if saved else []
    left = 3 - len(frames) if config == BEYOND else None
    for frame in islice(train_in(config, config.seconds, saved), left):
        if not frame.step:
            frames.clear()
        frames.append(frame)
        assert frame.save is not None
        write_saved(folder, Saved(frames, frame.save()))
    return frames


@pytest.mark.parametrize(("config", "write"), [(SMALL, 2), (SMALL, 4), (BEYOND, 4)])
def test_it_goes_on_where_it_was_killed(tmp_path: Path, write: int, config: Train) -> None:
    """In the middle of a save: what was saved before it is there."""
    whole = train_and_save(config, tmp_path / "whole")
    cut = tmp_path / "cut"
    code = KILLED.replace("SMALL", "SMALL" if config is SMALL else "BEYOND")
    done = subprocess.run([sys.executable, "-c", code, cut, str(write)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (write == 2) == (read_saved(cut) is None)
    again = train_and_save(config, cut)
    assert [frame.step for frame in again] == [frame.step for frame in whole]
    assert [frame.loss for frame in again] == [frame.loss for frame in whole]
    once_more = train_and_save(config, cut)
    assert [frame.losses for frame in once_more] == [frame.losses for frame in again]
    for name, values in once_more[1].model.tensors().items():
        np.testing.assert_array_equal(values, whole[1].model.tensors()[name])


def test_one_run_goes_on_too_and_keeps_what_it_found(tmp_path: Path) -> None:
    """Of Adam; one that has diverged has ended."""
    config = SMALL.replace(recipe="adam", steps=40)
    whole = train_and_save(config, tmp_path)
    assert whole[-1].phase == "finished"
    again = train_and_save(config, tmp_path)
    assert [frame.loss for frame in again] == [frame.loss for frame in whole]
    wild = config.replace(rate=5.0)
    *_, last = train_and_save(wild, tmp_path / "wild")
    *_, same = train_and_save(wild, tmp_path / "wild")
    assert (same.phase, same.holds) == ("diverged", last.holds)
    assert 0 < last.holds < 5


def test_damaged_or_other_files_begin_anew(tmp_path: Path) -> None:
    whole = train_and_save(SMALL, tmp_path)
    path = tmp_path / SAVED
    data = path.read_bytes()
    for half in (b"", b"half", data[:100], data[: len(data) // 2]):
        path.write_bytes(half)
        saved = read_saved(tmp_path)
        if saved is not None:  # the frames are whole, the state is not
            saved = Saved(saved.frames[:-1], saved.state)
        assert [frame.loss for frame in train_in(SMALL, 300.0, saved)] == [f.loss for f in whole]
    path.write_bytes(data)
    saved = read_saved(tmp_path)
    assert saved is not None
    before = Saved(saved.frames[:-1], saved.state)
    assert next(iter(train_in(SMALL.replace(seed=1), 300.0, before))).step == 0


def test_old_and_surplus_runs_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ICL_RUNS", "2")
    made = [runs.Run(id=f"run {k}", config=SMALL) for k in range(3)]
    for age, run in zip((300, 200, 100), made, strict=True):
        runs.note(run)
        os.utime(run.folder, (time.time() - age,) * 2)
    runs.note(runs.Run(id="last", config=SMALL))
    assert runs.find_run("run 0") is None
    assert runs.find_run("last") is not None
    assert runs.find_run("run 2") == made[2]
    (made[2].folder / "run.json").write_text("{")
    assert runs.find_run("run 2") is None
