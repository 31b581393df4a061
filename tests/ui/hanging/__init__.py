"""A server of the app with a page that hangs on request."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from benchmarks.serving import ROOT, served
from tests.ui.visitor import visiting
from ui import watchdog

SECONDS = 2.0
SENTENCE = watchdog.SENTENCE.format(SECONDS)


def server_with_page(folder: Path) -> Path:
    """The project's server.py over that page, in a folder."""
    script = folder / "server.py"
    app = repr(str(Path(__file__).with_name("scratch.py")))
    script.write_text((ROOT / "server.py").read_text().replace('"app.py"', app))
    return script


@contextmanager
def hanging_server(folder: Path) -> Iterator[tuple[str, Path]]:
    """The address of that server, and its log."""
    script = server_with_page(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICL_ANSWER_SECONDS", str(SECONDS))
        with served(script) as server, visiting(server.address) as first:
            # The first answer imports what the others find: on a busy machine it may be given up.
            while "did nothing" not in first.seen:
                first.open()
                first.wait_for_end(60)
            yield server.address, server.log


def health(address: str, **headers: str) -> tuple[int, str]:
    """Status and text of the health check."""
    try:
        with urlopen(Request(f"{address}/_stcore/health", headers=headers), timeout=5) as found:
            return found.status, found.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
