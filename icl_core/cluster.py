"""Processes that train: dask's cluster on this machine, or the one behind a scheduler's address.

The app's trainings, sweeps and `zoo build` send what they want to `Cluster.client()`, one way for
all. A cluster of this machine is a process of its own, `python -m icl_core.cluster WORKERS NICE`:
the scheduler, a nanny for every worker, and below it the workers, of one thread each. So a server
holds a client and nothing else, and no worker runs its main script, as those do that
`multiprocessing` starts. It ends, with all its workers, when its standard input does, in whatever
way the process at the other end has ended.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from icl_core.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

ROOT = Path(__file__).parents[1]
PATIENCE = "30s"
"""For a scheduler to answer."""
ENDING = 10.0
"""Seconds that a cluster has to stop its workers before it is killed."""
ANY_PORT = "127.0.0.1:0"
"""Of the scheduler's HTTP server, which cannot be switched off."""
CONFIG = {
    # What a dead worker was at is begun again by whoever asked for it, where it was.
    "distributed.scheduler.allowed-failures": 0,
    # Its nanny starts another, which on a busy machine takes longer than the 15 s after which the
    # cluster would give up nanny and worker.
    "distributed.deploy.lost-worker-timeout": "1 day",
}
QUIET = ("-W", "ignore:resource_tracker")
"""It would tell of what workers that are ended in the middle of their work leave behind."""


class Cluster:
    """Workers, started when somebody first asks for the client, anew where they were lost.

    scheduler: the address of a running one, "tcp://host:8786"; without it workers of this machine
    are started, `workers` of them, at a priority lowered by `nice`.
    """

    def __init__(self, scheduler: str = "", *, workers: int = 1, nice: int = 0) -> None:
        self.scheduler, self.workers, self.nice = scheduler, workers, nice
        self._process: subprocess.Popen[str] | None = None
        self._client: Client | None = None
        self._lock = RLock()

    def client(self) -> "Client":
        """What tasks are sent to.

        Raises:
            InputError: No scheduler answers.
        """
        with self._lock:
            if not self.is_alive():
                self.close()
                self._begin()
            assert self._client is not None
            return self._client

    def is_alive(self) -> bool:
        """Whether there are a client and what it talks to."""
        known = self._client is not None and self._client.status == "running"
        return known and (self._process is None or self._process.poll() is None)

    def close(self) -> None:
        """End the workers that were started here, in the middle of their work if they have any."""
        with self._lock:
            client, process = self._client, self._process
            self._client = self._process = None
            if client is not None:
                with suppress(TimeoutError):  # of a scheduler that is dead
                    client.close(timeout=1)
            if process is not None:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.close()
                process.stdout.close()
                try:
                    process.wait(ENDING)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _begin(self) -> None:
        if not self.scheduler:
            path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
            self._process = subprocess.Popen(
                [sys.executable, *QUIET, "-m", __name__, str(self.workers), str(self.nice)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": path},
                text=True,
            )
        # Half a second, in which the process above does the same.
        from distributed import Client  # noqa: PLC0415

        address = self.scheduler
        if self._process is not None:
            assert self._process.stdout is not None
            address = self._process.stdout.readline().strip()
        try:
            self._client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            self.close()
            raise InputError(
                f"No scheduler answers at {address[:80]!r} ({error}): start one with "
                "`dask scheduler`, or name none."
            ) from error


def call(function: str, *arguments: Any) -> Any:
    """The task that is sent: a function, "module:name", called in a prepared worker.

    By its name, for the scheduler reads tasks too, and would import JAX with what they do.
    """
    _prepare()
    module, name = function.split(":")
    return getattr(import_module(module), name)(*arguments)


@cache
def _prepare() -> None:
    """Once a worker, whoever started it."""
    from icl_core.runtime import keep_memory, prepare_process  # noqa: PLC0415

    keep_memory()
    prepare_process()


def main() -> None:
    """Be a cluster until the standard input ends."""
    import dask.config  # noqa: PLC0415
    from distributed import LocalCluster  # noqa: PLC0415

    workers, nice = map(int, sys.argv[1:])
    # Ctrl-C in the terminal is meant for the process at the other end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(nice)
    dask.config.set(CONFIG)
    cluster = LocalCluster(
        n_workers=0, threads_per_worker=1, processes=True, dashboard_address=ANY_PORT
    )
    print(cluster.scheduler_address, flush=True)
    cluster.scale(workers)
    sys.stdin.read()
    # Workers end when this process does, whatever they are at.
    os._exit(0)


if __name__ == "__main__":
    main()
