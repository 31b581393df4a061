"""Processes that train: started, named by an address, ended; and their memory."""

import os
import subprocess
import sys

import pytest

from icl_core.cluster import ROOT, Cluster, call
from icl_core.errors import InputError
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.trainer import LostError, Trainer
from tests.hostile import assert_one_sentence

FAULTS = """
import resource, sys
import numpy as np
from icl_core.runtime import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    np.ones(1_000_000)
before = faults()
for _ in range(50):
    np.ones(1_000_000)
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of glibc")
def test_a_worker_keeps_the_memory_that_dask_would_have_it_return():
    def faults(how: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", FAULTS, how],
            env=os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout)

    assert faults("keep") < 0.1 * faults("return")


def test_a_running_cluster_takes_trainings_by_its_address_and_outlasts_who_sent_them():
    config = Train(dim=1, num_context=10, sigma=1.0, layers=1, seconds=300.0)
    with Cluster() as running:
        client = running.client()
        client.wait_for_workers(1, timeout=200)
        (worker,) = client.run(os.getpid).values()
        for _ in range(2):
            with Cluster(client.scheduler.address) as named:
                *frames, _, (what, _) = Trainer(named).train(config, str)
                assert what == "measured"
                assert len(frames) > 10
        assert client.submit(call, "os:getpid").result() == worker


def test_a_scheduler_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr("icl_core.cluster.PATIENCE", "1s")
    with pytest.raises(InputError, match="No scheduler answers") as caught:
        Cluster("tcp://127.0.0.1:1").client()
    assert_one_sentence(str(caught.value))
    with pytest.raises(LostError, match="No scheduler answers"):
        list(Trainer(Cluster("tcp://127.0.0.1:1")).train(Train(), str))
