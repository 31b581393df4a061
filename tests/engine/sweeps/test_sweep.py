"""A grid of models: read, trained in processes, stopped, continued, drawn."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from icl_core.checkpoints import load_checkpoint
from icl_core.errors import InputError
from icl_core.sweeps.figure import sweep_view
from icl_core.sweeps.run import run_sweep, train_cell
from icl_core.sweeps.spec import Cell, read_spec
from icl_core.sweeps.table import read_table
from tests.hostile import assert_one_sentence

SPEC = """
seconds = 300
prompts = 500
[grid]
dim = [1]
num_context = [4]
noise = ["fixed:0.5"]
layers = [1, 2]
parametrization = ["gdpp", "diag"]
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (path := tmp_path / "spec.toml").write_text(SPEC)
    return path


def test_a_spec_is_every_combination(spec: Path) -> None:
    cells = read_spec(spec)
    assert len({cell.name for cell in cells}) == len(cells) == 4
    assert [(cell.parametrization, cell.layers) for cell in cells] == [
        ("gdpp", 1),
        ("gdpp", 2),
        ("diag", 1),
        ("diag", 2),
    ]
    assert {cell.prompts for cell in cells} == {500}


def test_a_grid_of_recipes(tmp_path: Path) -> None:
    """Each in files of its own; a model by one run is trained by it."""
    (path := tmp_path / "spec.toml").write_text(
        "[grid]\ndim = [1]\nnum_context = [4]\nlayers = [2]\nnoise = ['fixed:0.5']\n"
        "recipe = ['adam', 'muon']\ntied = [false, true]\nupdates = [20]\n"
    )
    cells = read_spec(path)
    assert len({cell.name for cell in cells}) == 4
    data, row = train_cell(cells[1].to_dict())
    assert (row["recipe"], row["tied"], row["updates"], row["steps"]) == ("adam", True, 20, 20)
    (tmp_path / "model.safetensors").write_bytes(data)
    found = load_checkpoint(tmp_path / "model.safetensors")
    assert (found.training["recipe"], found.training["tied"]) == ("adam", True)
    rows = [row, row | {"tied": False, "loss": 2 * row["loss"]}]
    assert len(sweep_view(rows, "tied", "recipe").figure.data) >= 2


def test_a_table_of_a_sweep_that_knew_no_recipes_is_drawn(spec: Path) -> None:
    cells = read_spec(spec)
    new = ("recipe", "tied", "rate", "updates")
    old = [
        {name: value for name, value in cell.to_dict().items() if name not in new}
        | {"loss": 0.1 * cell.layers, "bayes": 0.05}
        for cell in cells
    ]
    assert sweep_view(old, "layers", "parametrization").figure.data


@pytest.mark.parametrize(
    "text",
    [
        "[grid]\nrecipe = ['sgd']",
        "[grid]\nrate = [0.1]",
        "seconds = ",
        "colour = 1",
        "[grid]\ndepth = [1]",
        "[grid]\nlayers = 3",
        "[grid]\nlayers = []",
        "[grid]\nlayers = [99]",
        "[grid]\nnoise = ['loud']",
        "[grid]\nseed = [" + ", ".join(map(str, range(20_000))) + "]",
        "grid = 3",
    ],
)
def test_a_wrong_spec_is_one_sentence(spec: Path, text: str) -> None:
    spec.write_text(text)
    with pytest.raises(InputError) as caught:
        read_spec(spec)
    assert_one_sentence(str(caught.value))


@pytest.mark.slow
def test_killed_and_continued_it_is_the_same_table(spec: Path, tmp_path: Path) -> None:
    cells, whole = read_spec(spec), tmp_path / "whole"
    rows = run_sweep(cells, whole, workers=2, report=lambda line: None)
    out = tmp_path / "cut"
    command = [sys.executable, "-m", "icl_core", "sweep", spec, "--out", out, "--workers", "1"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 120
    while not list((out / "rows").glob("*.json")):
        assert time.monotonic() < end
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = {path.name for path in (out / "rows").glob("*.json")}
    assert 1 <= len(before) < len(cells)
    said: list[str] = []
    again = run_sweep(cells, out, workers=1, report=said.append)
    assert said[0].endswith(f"{len(before)} of them there already.")
    for one, other in zip(rows, again, strict=True):
        assert one["name"] == other["name"]
        assert one["loss"] == other["loss"]
    with (out / "table.csv").open() as file:
        assert [row["name"] for row in csv.DictReader(file)] == [row["name"] for row in rows]
    assert read_table(out / "table.json") == again
    for row in again:
        checkpoint = load_checkpoint(
            out / "models" / f"{row['name']}.safetensors", expected_sha256=row["sha256"]
        )
        assert checkpoint.metrics["mean"] == row["loss"]


def test_without_a_scheduler_it_says_so(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("icl_core.cluster.PATIENCE", "1s")
    with pytest.raises(InputError, match="No scheduler answers"):
        run_sweep(read_spec(spec), tmp_path, scheduler="tcp://127.0.0.1:1", report=print)


def _row(**values: object) -> dict[str, object]:
    known = Cell().to_dict() | {"loss": 0.1, "bayes": 0.05}
    return known | values


def test_the_loss_is_drawn_along_any_axis(tmp_path: Path) -> None:
    rows = [
        _row(layers=layers, parametrization=kind, seed=seed, loss=(1 + seed) / layers)
        for layers in (1, 2)
        for kind in ("gdpp", "diag")
        for seed in (0, 3)
    ]
    view = sweep_view(rows, "layers", "parametrization")
    curves = {trace.uid: trace for trace in view.figure.data}
    assert {"by:gdpp", "by:diag", "bayes"} <= set(curves)
    # Between 1 and 4 in the logarithm.
    np.testing.assert_allclose(curves["by:diag"].y, [2.0, 1.0])
    assert "seed" in view.caption
    by_noise = sweep_view([_row(noise="fixed:1"), _row(noise="uniform:5")], "noise", "layers")
    assert by_noise.figure.layout.xaxis.ticktext == ("fixed:1", "uniform:5")
    with pytest.raises(InputError, match="two axes"):
        sweep_view(rows, "layers", "layers")
    (path := tmp_path / "table.json").write_text(json.dumps({"rows": []}))
    with pytest.raises(InputError, match="no rows"):
        read_table(path)
