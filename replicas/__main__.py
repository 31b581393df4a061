"""`python -m replicas [--port 8501]`: ICL_SERVERS servers of the app behind one port,
in the project's folder.

One is Streamlit alone; several listen on the ports above, of this machine only, behind HAProxy. A
server that dies or fails its health check is started again, and its visitors go on at another.
TERM and INT stop all, USR1 has every server write down what it is doing.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from icl_core.errors import InputError
from icl_core.files import write_atomic
from icl_core.logs import set_up
from icl_core.settings import settings
from icl_core.validation import integer
from replicas.keeper import LOG, TICK, Keeper
from replicas.proxy import configuration, program

BASE = "STREAMLIT_SERVER_BASE_URL_PATH"
ANY, HERE = "0.0.0.0", "127.0.0.1"
MORE = 10.0
"""Seconds that a server has to end beyond those in which trainings are saved."""


def streamlit(port: int, address: str) -> list[str]:
    """The command that starts one server."""
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.headless=true"]
    return [*command, f"--server.port={port}", f"--server.address={address}"]


def serve(port: int, count: int) -> int:
    """Several servers and the proxy, until a signal comes; 1 if one did not start."""
    proxy, stopping = program(), Event()
    base = "/" + path if (path := os.environ.get(BASE, "").strip("/")) else ""
    ports = [port + index for index in range(1, count + 1)]
    patience = settings().stop_seconds + MORE
    servers = [
        Keeper(
            f"Server s{index}",
            [*streamlit(each, HERE), "--logger.hideWelcomeMessage=true"],
            stopping,
            health=f"http://{HERE}:{each}{base}/_stcore/health",
            patience=patience,
        )
        for index, each in enumerate(ports, 1)
    ]
    # A handler runs in the midst of anything, so it takes no lock.
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.append(number))
    signal.signal(signal.SIGUSR1, lambda *_: [server.send(signal.SIGUSR1) for server in servers])
    with TemporaryDirectory(prefix="icl-proxy-") as folder:
        path = Path(folder) / "haproxy.cfg"
        write_atomic(path, configuration(port, ports, base).encode())
        # USR1 lets what is on its way arrive; -db keeps it in the foreground.
        front = Keeper(
            "HAProxy",
            [proxy, "-db", "-f", str(path)],
            stopping,
            stop=signal.SIGUSR1,
            patience=patience,
        )
        threads = [Thread(target=keeper.keep, name=keeper.name) for keeper in servers]
        for thread in threads:
            thread.start()
        while not (asked or stopping.is_set()):
            if len(threads) == count and any(server.up.is_set() for server in servers):
                threads.append(Thread(target=front.keep, name=front.name))
                threads[-1].start()
                LOG.warning("%d servers answer at http://localhost:%d%s.", count, port, base)
            time.sleep(TICK)
        stopping.set()
        for thread in threads:
            thread.join()
    return int(any(keeper.failed.is_set() for keeper in (*servers, front)))


def main(arguments: Sequence[str] | None = None) -> int:
    """0 stopped by a signal, 1 a server did not start, 2 bad input."""
    parser = argparse.ArgumentParser(prog="python -m replicas", description=__doc__)
    parser.add_argument("--port", default=8501, help="where the app answers")
    try:
        set_up()
        count = settings().servers
        port = integer("--port", parser.parse_args(arguments).port, (1, 65_535 - count))
        if count == 1:
            os.execv(sys.executable, streamlit(port, ANY))
        return serve(port, count)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
