"""What is shipped for paper 1 is current and true, and its document is what is generated."""

import json
from pathlib import Path

import pytest

from icl_core import cli, zoo_commands
from icl_core.experiments.catalog import EXPERIMENTS
from icl_core.experiments.copying.build import jobs as copying_jobs
from icl_core.experiments.jobs import Job
from icl_core.experiments.one_layer.build import jobs as one_layer_jobs
from icl_core.experiments.paper1.claims import rows
from icl_core.experiments.paper1.report import markdown
from icl_core.experiments.row import Row
from icl_core.experiments.several_layers.build import jobs as several_layers_jobs
from icl_core.experiments.sine.build import jobs as sine_jobs
from icl_core.experiments.variations.build import jobs as variations_jobs
from icl_core.zoo.library import PRETRAINED, command, entries_of, load_model

DOCUMENT = Path(__file__).parents[3] / "docs" / "paper1.md"
JOBS = (
    *one_layer_jobs(),
    *several_layers_jobs(),
    *variations_jobs(),
    *copying_jobs(),
    *sine_jobs(),
)
ENTRIES = [
    entry
    for name, experiment in EXPERIMENTS.items()
    if experiment.paper == 1
    for entry in entries_of(name)
]


@pytest.fixture(scope="module")
def judged() -> list[Row]:
    return rows()


def test_every_claim_holds(judged: list[Row]) -> None:
    assert [row.claim for row in judged if not row.holds] == []
    assert len(judged) > 15


def test_the_document_is_what_is_generated(judged: list[Row]) -> None:
    assert DOCUMENT.read_text() == markdown(judged)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_all_that_is_shipped_is_of_these_settings(job: Job) -> None:
    assert job.is_current(PRETRAINED)


def test_every_trained_model_is_in_the_manifest() -> None:
    names = sorted(job.name for job in JOBS if job.trains)
    assert names == sorted(entry.name for entry in ENTRIES)
    for entry in ENTRIES:
        checkpoint = load_model(entry)
        assert checkpoint.metrics == entry.metrics
        assert (checkpoint.licence, checkpoint.recipe) == (entry.licence, command(entry.name))


def test_the_command_prints_the_claims(capsys, monkeypatch, tmp_path) -> None:
    row = Row(claim="c", paper="p", ours="o", how="h", holds=False)
    monkeypatch.setattr(cli, "prepare_process", lambda: None)
    monkeypatch.setattr(zoo_commands, "rows", lambda: [row])
    out = tmp_path / "paper1.md"
    assert cli.main(["paper1", "report", "--out", str(out)]) == 1
    assert "0 of 1 claims hold" in out.read_text()
    assert json.loads(capsys.readouterr().out)["claims"][0]["holds"] is False
    assert cli.main(["paper1", "report", "--out", "x.txt"]) == 2
    assert cli.main(["zoo", "report", "--out", str(tmp_path / "docs")]) == 1
    assert sorted(file.name for file in (tmp_path / "docs").iterdir()) == ["paper1.md", "table1.md"]
