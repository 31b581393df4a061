"""Trainings in a process of their own: the same numbers, and an end in every case."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.lessons.train import trainer as module
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.noise import measure_model
from icl_core.lessons.train.trainer import ROOT, Trainer
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


@pytest.fixture
def trainer() -> Iterator[Trainer]:
    worker = Trainer()
    yield worker
    worker.close()


def begun(trainer: Trainer, config: Train, cancelled: Event) -> tuple[Iterator, int]:
    """A training that has come to its first snapshot, and its process."""
    messages = trainer.train(config, cancelled)
    assert next(messages)[0] == "frame"
    assert trainer.pid
    return messages, trainer.pid


def test_a_worker_trains_the_same_model_bit_for_bit_and_is_warm_for_the_next(trainer):
    here = [Frame.of(snapshot) for snapshot in train_in_rounds(SMALL.task(), SMALL.training())]
    measured = measure_model(here[-1].model, SMALL.task())
    used = set()
    for _ in range(2):
        *shots, measuring, last = trainer.train(SMALL, Event())
        used.add(trainer.pid)
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
from threading import Event
from jax._src import xla_bridge
from icl_core.lessons.train.trainer import Trainer
from icl_core.lessons.train.config import Train
config = Train(dim=1, num_context=10, sigma=1.0, layers=1)
print(len([*Trainer().train(config, Event())]), xla_bridge.backends_are_initialized())
"""


def test_no_xla_runs_in_the_process_that_asks():
    done = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, text=True, timeout=200, cwd=ROOT
    )
    count, awake = done.stdout.split()
    assert (int(count) > 10, awake) == (True, "False"), done.stderr


def test_a_worker_lets_pages_come_first(trainer):
    _, pid = begun(trainer, SMALL, Event())
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(own + 10, 19)


def test_a_worker_that_is_killed_is_told_in_one_sentence_and_the_next_training_runs(trainer):
    messages, pid = begun(trainer, LONG, Event())
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(InputError, match=r"^The process that trained has ended .*\.$"):
        list(messages)
    *_, (what, _) = trainer.train(SMALL, Event())
    assert what == "measured"
    assert trainer.pid != pid


def test_a_worker_killed_while_it_is_idle_costs_nothing(trainer):
    *_, (what, _) = trainer.train(SMALL, Event())
    os.kill(trainer.pid, signal.SIGKILL)
    os.waitid(os.P_PID, trainer.pid, os.WEXITED | os.WNOWAIT)
    *_, (what, _) = trainer.train(SMALL, Event())
    assert what == "measured"


def test_a_worker_that_falls_silent_is_ended(trainer, monkeypatch):
    list(trainer.train(SMALL, Event()))  # compiled, so that three seconds are plenty
    monkeypatch.setattr(module, "SILENCE", 3 - SMALL.seconds)
    messages, pid = begun(trainer, SMALL, Event())
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(InputError, match=r"no sign of life for 3 s"):
        list(messages)
    assert not alive(pid)


def test_a_cancelled_training_stops_at_its_next_snapshot_and_is_measured(trainer, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 120.0)  # it may have to compile on a busy machine
    cancelled = Event()
    messages, pid = begun(trainer, LONG, cancelled)
    cancelled.set()
    rest = [what for what, _ in messages]
    assert rest.count("frame") < 5
    assert rest[-2:] == ["measuring", "measured"]
    assert trainer.pid == pid


def test_a_cancelled_training_that_does_not_listen_is_ended(trainer, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 1.0)
    cancelled = Event()
    messages, pid = begun(trainer, LONG, cancelled)
    os.kill(pid, signal.SIGSTOP)
    cancelled.set()
    assert [what for what, _ in messages if what != "frame"] == []
    assert not alive(pid)


@pytest.mark.parametrize(
    ("seed", "said"), [(0, "^too large.$"), (1, "our side"), (2, "ended before its time")]
)
def test_what_goes_wrong_in_a_worker_is_told_in_one_sentence(seed, said, capfd):
    faulty = Trainer("tests.engine.lessons.faulty_worker")
    for _ in range(2):
        with pytest.raises(InputError, match=said):
            list(faulty.train(SMALL.replace(seed=seed), Event()))
    faulty.close()
    assert ("RuntimeError: x" in capfd.readouterr().err) == (seed == 1)


PARENT = """
from threading import Event
from icl_core.lessons.train.trainer import Trainer
from tests.engine.lessons.test_trainer import LONG
trainer = Trainer()
for what, value in trainer.train(LONG, Event()):
    print(trainer.pid, flush=True)
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
