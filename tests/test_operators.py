"""What docs/operators.md says, where it can be tried here."""

import re
import shutil
import subprocess

import pytest
import yaml

from benchmarks.serving import ROOT
from icl_core.settings import FILE, NAMES, Settings
from tests.ui.hanging import SENTENCE, hanging_server
from tests.ui.visitor import visiting
from ui.health import PATH
from ui.metrics import METRICS as REGISTRY
from ui.metrics import PATH as METRICS

TEXT = (ROOT / "docs" / "operators.md").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FAMILIES = [
    family
    for collector in REGISTRY._collector_to_names
    for family in getattr(collector, "describe", collector.collect)()
]
(PORT,) = re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)
WATCH = "systemctl try-restart icl-explorer"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_it_tells_the_setting_and_the_address_as_they_are():
    assert f"may take {Settings().answer_seconds:g} seconds" in TEXT
    rows = re.findall(r"^\| `(ICL_\w+)` \| (\S*) ?\| \S", TEXT, re.MULTILINE)
    known = {name: getattr(Settings(), field) for name, field in NAMES.items()}
    said = {
        name: f"{value:g}" if isinstance(value, float) else f"{value}"
        for name, value in known.items()
    }
    assert rows == list(said.items())
    assert set(re.findall(r"ICL_[A-Z_]+[A-Z]", TEXT)) == {*NAMES, FILE}
    assert set(re.findall(r"/_stcore/\w+", TEXT + DOCKERFILE)) == {PATH, METRICS}
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", TEXT)) == {PORT}


def test_every_metric_that_it_tells_is_there():
    rows = re.findall(r"^\| (`(?:icl|process)_\S+`(?:, `\w+`)*) \|", TEXT, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    own = {f"{family.name}{'_total' * (family.type == 'counter')}" for family in FAMILIES}
    assert {name for name in own if name.startswith("icl_")} <= told <= own


def test_kubernetes_asks_where_the_server_answers():
    ingress, scrape, compose, probes = map(yaml.safe_load, blocks("yaml"))
    for probe in ("livenessProbe", "startupProbe"):
        assert probes[probe]["httpGet"] == {"path": PATH, "port": int(PORT)}
    assert probes["readinessProbe"]["tcpSocket"] == {"port": int(PORT)}
    assert all(isinstance(value, str) for value in ingress["metadata"]["annotations"].values()), (
        "Kubernetes refuses others"
    )
    (job,) = scrape["scrape_configs"]
    assert job["metrics_path"] == METRICS
    assert compose["services"]["app"]["ports"] == [f"{PORT}:{PORT}"]


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_the_commands_restart_a_server_with_a_stuck_answer_and_no_other(tmp_path):
    by_hand, _ = blocks("sh")
    (unit,) = re.findall(r"ExecStart=/bin/sh -c '(.*)'$", blocks("ini")[0], re.MULTILINE)
    assert unit.endswith(f"|| {WATCH}")
    timer = unit.replace(WATCH, "echo restarted").replace("--retry-delay 10", "--retry-delay 1")

    def run(command: str) -> subprocess.CompletedProcess:
        here = command.replace(f"http://127.0.0.1:{PORT}", address)
        return subprocess.run(["sh", "-c", here], capture_output=True, text=True, check=False)

    with hanging_server(tmp_path) as (address, _), visiting(address) as visitor:
        assert run(by_hand).stdout == run(timer).stdout == "ok"
        visitor.open("do=lock")
        visitor.wait_for(SENTENCE)
        while not (ill := run(by_hand)).returncode:
            pass
        assert "1 of 1 answers in progress do not end" in ill.stdout
        assert run(timer).stdout == "restarted\n"
    address = "http://127.0.0.1:9"
    assert run(timer).stdout == "restarted\n", "nobody answers"
