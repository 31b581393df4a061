"""Trainings in a process of their own: the same numbers, and an end in every case."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

from icl_core.cluster import ROOT, Cluster
from icl_core.errors import InputError
from icl_core.files import TakenError, claimed
from icl_core.lessons.train import runs
from icl_core.lessons.train import trainer as module
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import CANCEL, PAUSE, Frame
from icl_core.lessons.train.noise import measure_model
from icl_core.lessons.train.trainer import LostError, Trainer
from icl_core.training import train_in_rounds

SMALL = Train(dim=1, num_context=10, sigma=1.0, layers=1, seconds=300.0)
LONG = Train(seconds=300.0)


def until(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process of that number runs; one that waits to be buried does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return not done.stdout.strip().startswith(("Z", "X")) and done.returncode == 0


@pytest.fixture(scope="module")
def trainer() -> Iterator[Trainer]:
    """With one worker process, which stays warm from test to test."""
    with Cluster(nice=10) as cluster:
        yield Trainer(cluster)


def nothing() -> str:
    """No order."""
    return ""


def pid_of(trainer: Trainer) -> int:
    """The process of the one worker."""
    (pid,) = trainer.cluster.client().run(os.getpid).values()
    return pid


def begun(trainer: Trainer, config: Train, order=nothing, folder=None) -> tuple[Iterator, int]:
    """A training that has come to its first snapshot, and its process."""
    messages = trainer.train(config, order, folder)
    assert next(messages)[0] == "frame"
    return messages, pid_of(trainer)


def test_a_worker_trains_the_same_model_bit_for_bit_and_is_warm_for_the_next(trainer):
    here = [Frame.of(snapshot) for snapshot in train_in_rounds(SMALL.task(), SMALL.training())]
    measured = measure_model(here[-1].model, SMALL.task())
    used = set()
    for _ in range(2):
        *shots, measuring, last = trainer.train(SMALL, nothing)
        used.add(pid_of(trainer))
        assert [what for what, _ in shots] == ["frame"] * len(here)
        assert measuring == ("measuring", None)
        for (_, there), expected in zip(shots, here, strict=True):
            assert (there.step, there.phase, there.loss) == (
                expected.step,
                expected.phase,
                expected.loss,
            )
            assert (there.losses, there.floor) == (expected.losses, expected.floor)
            for name in ("P", "Q"):
                matrices = getattr(there.model, name)
                assert type(matrices) is np.ndarray
                np.testing.assert_array_equal(matrices, getattr(expected.model, name))
        what, losses = last
        assert what == "measured"
        assert losses.keys() == measured.keys()
        for method, loss in losses.items():
            assert type(loss.mean) is np.ndarray
            np.testing.assert_array_equal(loss.mean, measured[method].mean)
    assert len(used) == 1


QUIET = """
from jax._src import xla_bridge
from icl_core.cluster import Cluster
from icl_core.lessons.train.trainer import Trainer
from icl_core.lessons.train.config import Train
config = Train(dim=1, num_context=10, sigma=1.0, layers=1)
with Cluster() as cluster:
    count = len([*Trainer(cluster).train(config, str)])
print(count, xla_bridge.backends_are_initialized())
"""


def test_no_xla_runs_in_the_process_that_asks():
    done = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, text=True, timeout=200, cwd=ROOT
    )
    count, awake = done.stdout.split()
    assert (int(count) > 10, awake) == (True, "False"), done.stderr


def test_a_worker_lets_pages_come_first(trainer):
    messages, pid = begun(trainer, SMALL)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(own + 10, 19)
    list(messages)


def test_a_worker_that_is_killed_is_told_in_one_sentence_and_the_next_training_runs(trainer):
    messages, pid = begun(trainer, LONG)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(InputError, match=r"^The process that trained has ended .*\.$"):
        list(messages)
    *_, (what, _) = trainer.train(SMALL, nothing)
    assert what == "measured"
    assert pid_of(trainer) != pid


def test_a_worker_killed_while_it_is_idle_costs_nothing(trainer):
    *_, (what, _) = trainer.train(SMALL, nothing)
    os.kill(pid := pid_of(trainer), signal.SIGKILL)
    until(lambda: not alive(pid))
    *_, (what, _) = trainer.train(SMALL, nothing)
    assert what == "measured"


def test_a_worker_that_falls_silent_is_ended(trainer, monkeypatch):
    list(trainer.train(SMALL, nothing))  # compiled, so that three seconds are plenty
    monkeypatch.setattr(module, "SILENCE", 3 - SMALL.seconds)
    messages, pid = begun(trainer, SMALL)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(InputError, match=r"no sign of life for 3 s"):
        list(messages)
    assert not alive(pid)


def test_a_cancelled_training_stops_at_its_next_snapshot_and_is_measured(trainer, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 120.0)  # it may have to compile on a busy machine
    said = [""]
    messages, pid = begun(trainer, LONG, lambda: said[0])
    said[0] = CANCEL
    rest = [what for what, _ in messages]
    assert rest.count("frame") < 5
    assert rest[-2:] == ["measuring", "measured"]
    assert pid_of(trainer) == pid


@pytest.mark.parametrize("config", [LONG, Train(system="softmax", seconds=300.0)])
def test_a_paused_training_is_saved_and_goes_on_from_there(trainer, monkeypatch, tmp_path, config):
    """Of every system: what comes after a pause follows what was before it."""
    monkeypatch.setattr(module, "GRACE", 120.0)
    said = [""]
    messages, pid = begun(trainer, config, lambda: said[0], tmp_path)
    said[0] = PAUSE
    *frames, (what, _) = messages
    assert what == "paused"
    assert pid_of(trainer) == pid
    reached = frames[-1][1] if frames else None
    said[0] = ""
    again = trainer.train(config, lambda: said[0], tmp_path)
    what, saved = next(again)
    assert what == "saved"
    assert [frame.step for frame in saved][1:] == [frame.step for _, frame in frames]
    what, following = next(again)
    assert what == "frame"
    assert following.step > saved[-1].step
    if reached is not None:
        assert (saved[-1].step, saved[-1].loss) == (reached.step, reached.loss)
        assert following.seconds > reached.seconds
    said[0] = CANCEL
    assert [what for what, _ in again][-1] == "measured"


def test_one_process_at_a_time_has_a_training(trainer, tmp_path):
    with claimed(tmp_path), pytest.raises(TakenError, match="Another server process"):
        next(trainer.train(SMALL, nothing, tmp_path))


def test_a_full_disk_stops_no_training(trainer, tmp_path, monkeypatch, caplog):
    def full(path, data):
        raise InputError("saved.run could not be saved (No space left on device).")

    monkeypatch.setattr(runs, "write_atomic", full)
    told = list(trainer.train(SMALL, nothing, tmp_path))
    assert told[-1][0] == "measured"
    assert "A training is not saved" in caplog.text
    assert [value for what, value in told if what == "unsaved"] == [
        "saved.run could not be saved (No space left on device)."
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_that_is_killed_is_started_again(trainer):
    messages, pid = begun(trainer, LONG)
    os.kill(trainer.cluster._process.pid, signal.SIGKILL)
    with pytest.raises(LostError, match=r"^The process that trained has ended .*\.$"):
        list(messages)
    until(lambda: not alive(pid))
    *_, (what, _) = trainer.train(SMALL, nothing)
    assert what == "measured"


def test_a_cancelled_training_that_does_not_listen_is_ended(trainer, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 1.0)
    said = [""]
    messages, pid = begun(trainer, LONG, lambda: said[0])
    os.kill(pid, signal.SIGSTOP)
    said[0] = CANCEL
    assert [what for what, _ in messages if what != "frame"] == []
    assert not alive(pid)


@pytest.mark.parametrize(
    ("seed", "said"), [(0, "^too large.$"), (1, "our side"), (2, "ended before its time")]
)
def test_what_goes_wrong_in_a_worker_is_told_in_one_sentence(seed, said, capfd):
    with Cluster() as cluster:
        faulty = Trainer(cluster, "tests.engine.lessons.faulty_worker:work")
        for _ in range(2):
            with pytest.raises(InputError, match=said):
                list(faulty.train(SMALL.replace(seed=seed), nothing))
    assert ("RuntimeError: x" in capfd.readouterr().err) == (seed == 1)


PARENT = """
from icl_core.cluster import Cluster
from icl_core.lessons.train.trainer import Trainer
from tests.engine.lessons.test_trainer import LONG, nothing, pid_of
trainer = Trainer(Cluster())
for what, value in trainer.train(LONG, nothing):
    print(pid_of(trainer), flush=True)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_parent(end):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert alive(worker)
        parent.send_signal(end)
    until(lambda: not alive(worker))
