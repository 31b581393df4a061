"""Runs on disk: killed anywhere, they go on as if never stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.files import claimed
from icl_core.lessons.train import runs
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.runs import resumed

SMALL = Train(dim=1, num_context=10, sigma=1.0, layers=1, seconds=300.0)
TASK, CONFIG = SMALL.task(), SMALL.training().replace(restarts=4, refine_steps=60)
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.engine.lessons.test_runs import CONFIG, TASK
from icl_core.lessons.train import runs
runs.EVERY, count = 0.0, 0
write = runs.write_atomic
def counted(path, data):
    global count
    count += 1
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, data)
runs.write_atomic = counted
for frame in runs.resumed(TASK, CONFIG, Path(sys.argv[1])):
    pass
"""


@pytest.mark.parametrize("write", [1, 7])
def test_it_goes_on_where_it_was_killed(tmp_path: Path, write: int) -> None:
    """In the middle of a save: the frames are there, and the state is the one before."""
    whole = list(resumed(TASK, CONFIG, tmp_path / "whole"))
    cut = tmp_path / "cut"
    done = subprocess.run([sys.executable, "-c", KILLED, cut, str(write)], check=False)
    assert done.returncode == -signal.SIGKILL
    again = list(resumed(TASK, CONFIG, cut))
    assert [frame.step for frame in again] == [frame.step for frame in whole]
    assert [frame.loss for frame in again] == [frame.loss for frame in whole]
    np.testing.assert_array_equal(again[-1].model.P, whole[-1].model.P)
    once_more = list(resumed(TASK, CONFIG, cut))
    assert [frame.losses for frame in once_more] == [frame.losses for frame in again]
    np.testing.assert_array_equal(once_more[3].model.Q, again[3].model.Q)


def test_one_run_goes_on_too_and_keeps_what_it_found(tmp_path: Path) -> None:
    """Of Adam; one that has diverged has ended."""
    config = SMALL.replace(recipe="adam", steps=40).training()
    whole = list(resumed(TASK, config, tmp_path))
    again = list(resumed(TASK, config, tmp_path))
    assert [frame.loss for frame in again] == [frame.loss for frame in whole]
    assert again[-1].phase == "finished"
    wild = config.replace(learning_rate=5.0)
    *_, last = resumed(TASK, wild, tmp_path / "wild")
    *_, same = resumed(TASK, wild, tmp_path / "wild")
    assert (same.phase, same.holds) == ("diverged", last.holds)
    assert 0 < last.holds < 5


def test_damaged_or_other_files_begin_anew(tmp_path: Path) -> None:
    whole = list(resumed(TASK, CONFIG, tmp_path))
    (tmp_path / "state.safetensors").write_bytes(b"half")
    assert [frame.loss for frame in resumed(TASK, CONFIG, tmp_path)] == [f.loss for f in whole]
    other = CONFIG.replace(seed=1)
    assert next(iter(resumed(TASK, other, tmp_path))).step == 0


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(InputError, match="Another server process"):
        next(iter(resumed(TASK, CONFIG, tmp_path)))


def test_old_and_surplus_runs_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(runs, "KEPT", 2)
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
