"""A server of the app with a page that hangs on request."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.serving import ROOT, served
from tests.ui.visitor import visiting
from ui import watchdog

SECONDS, TOKEN = 2.0, "a token"
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
        patch.setenv("ICL_METRICS_TOKEN", TOKEN)
        with served(script) as server, visiting(server.address) as first:
            # The first answer imports what the others find: on a busy machine it may be given up.
            while "did nothing" not in first.seen:
                first.open()
                first.wait_for_end(60)
            yield server.address, server.log


def health(address: str, **headers: str) -> tuple[int, str]:
    """Status and text of the health check."""
    return fetched(f"{address}/_stcore/health", **headers)


def metric(address: str, name: str, query: str = "") -> float:
    """The value of a metric that has no label."""
    page = f"{address}/_stcore/metrics{query}"
    status, text = fetched(page, Authorization=f"Bearer {TOKEN}")
    assert status == 200
    (family,) = (
        found
        for found in text_string_to_metric_families(text)
        if name.startswith(found.name)
        if any(sample.name == name for sample in found.samples)
    )
    (value,) = (sample.value for sample in family.samples if sample.name == name)
    return value


def fetched(url: str, **headers: str) -> tuple[int, str]:
    """Status and text of an address."""
    try:
        with urlopen(Request(url, headers=headers), timeout=20) as found:
            return found.status, found.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
