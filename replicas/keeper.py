"""A process that is kept: started, looked after, started again, ended."""

import logging
import signal
import subprocess
import time
from collections.abc import Sequence
from threading import Event
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

LOG = logging.getLogger("icl.replicas")
TICK = 0.2
"""Seconds between two looks at whether it lives."""
EVERY, PATIENCE, FAILURES = 30.0, 20.0, 3
"""Seconds between two health checks, and that one may take, for busy is not dead; failures in a row
that are enough."""
STARTING = 120.0
"""Seconds until the first check must have been passed."""
PAUSE = 2.0
"""Seconds between two starts."""


class Keeper:
    """`keep` one process until `stopping` is set.

    health: the address that is asked, "" if none is; stop: the signal that asks it to end, in
    `patience` seconds; `up` is set once it has passed a check, or lived for a while where there is
    none, `failed` where its first process ended before that.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        stopping: Event,
        *,
        health: str = "",
        stop: signal.Signals = signal.SIGTERM,
        patience: float = 20.0,
    ) -> None:
        self.name, self.command, self.health = name, list(command), health
        self.stop, self.patience = stop, patience
        self.up, self.failed = Event(), Event()
        self.process: subprocess.Popen[bytes] | None = None
        self._stopping = stopping

    def keep(self) -> None:
        """Until everything is to stop; in a thread of its own."""
        while not self._stopping.is_set():
            self.process = subprocess.Popen(self.command, start_new_session=True)
            why = self._watch()
            self._end()
            if self._stopping.is_set():
                return
            if not self.up.is_set():
                LOG.error("%s did not start: %s.", self.name, why)
                self.failed.set()
                self._stopping.set()
                return
            LOG.error("%s is started again: %s.", self.name, why)
            self._stopping.wait(PAUSE)

    def send(self, number: int) -> None:
        """Pass a signal on."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _watch(self) -> str:
        """Why the process must be replaced, "" if it must not."""
        assert self.process is not None
        began = asked = time.monotonic()
        healthy, failures = False, 0
        while not self._stopping.wait(TICK):
            if (code := self.process.poll()) is not None:
                return f"its process ended with {code}"
            if not self.health:
                if time.monotonic() - began > PAUSE:
                    self.up.set()
                continue
            if healthy and time.monotonic() - asked < EVERY:
                continue
            asked = time.monotonic()
            if self._answers():
                healthy, failures = True, 0
                self.up.set()
            elif healthy:
                failures += 1
            if failures == FAILURES:
                return f"its health check failed {FAILURES} times in a row"
            if not healthy and asked - began > STARTING:
                return f"it did not answer within {STARTING:g} s"
        return ""

    def _answers(self) -> bool:
        try:
            with build_opener(ProxyHandler({})).open(self.health, timeout=PATIENCE):
                return True
        except (URLError, OSError):
            return False

    def _end(self) -> None:
        assert self.process is not None
        self.send(self.stop)
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            LOG.warning("%s did not end within %g s and is killed.", self.name, self.patience)
            self.process.kill()
            self.process.wait()
