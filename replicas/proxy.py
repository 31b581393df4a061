"""HAProxy in front of the servers: its configuration, and where its program is."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from string import Template

from icl_core.errors import InputError

TEMPLATE = Path(__file__).with_name("haproxy.cfg")
MISSING = (
    "Several servers need HAProxy, which is not installed: `apt-get install haproxy` "
    "(on macOS `brew install haproxy`), or serve with one (ICL_SERVERS=1)."
)


def program() -> str:
    """The path of HAProxy's program.

    Raises:
        InputError: It is not installed.
    """
    if (found := shutil.which("haproxy")) is None:
        raise InputError(MISSING)
    return found


def configuration(port: int, ports: Sequence[int], base: str = "") -> str:
    """What HAProxy is told: it listens on `port`, the servers on `ports` of this machine, and the
    app lies below the path `base`."""
    names = {f"s{index}": each for index, each in enumerate(ports, 1)}
    return Template(TEMPLATE.read_text()).substitute(
        port=port,
        health=f"{base}/_stcore/health",
        metrics="\n".join(
            f"    use_backend {name} if {{ path {base}/_stcore/metrics }} {{ urlp(server) {name} }}"
            for name in names
        ),
        servers="\n".join(
            f"    server {name} 127.0.0.1:{each} cookie {name}" for name, each in names.items()
        ),
        alone="\n".join(
            f"backend {name}\n    server {name} 127.0.0.1:{each}" for name, each in names.items()
        ),
    )
