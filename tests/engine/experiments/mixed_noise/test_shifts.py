"""Shorter and longer prompts than in training."""

import json
from pathlib import Path

import numpy as np
import pytest

from icl_core.algorithms.ridge import ConstRR
from icl_core.analysis.floors import const_rr_floor
from icl_core.errors import InputError
from icl_core.experiments.mixed_noise import shifts
from icl_core.experiments.mixed_noise.shifts import (
    FILE,
    build_shifts,
    load_shifts,
    measure_shifts,
    shifted,
)
from icl_core.experiments.verify import verify
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.zoo.library import read_manifest
from tests.cases import TASK, full_model
from tests.engine.zoo.test_library import fill

LARGE = LinearTask(dim=10, num_context=20, noise=UniformNoise(sigma_max=5))


def test_the_lengths_are_those_of_the_issue_for_twenty_examples() -> None:
    assert [task.num_context for task in shifted(LARGE)] == [15, 40]


def test_a_ridge_is_measured_at_each_length() -> None:
    """Against its exact loss there, five standard errors; it never diverges."""
    method = ConstRR.of(LARGE)
    for shift, task in zip(measure_shifts(method, LARGE), shifted(LARGE), strict=True):
        assert abs(shift.mean - const_rr_floor(task)) < 5 * shift.stderr
        assert shift.median < shift.mean < shift.q999
        assert not shift.diverges


def test_what_overflows_diverges(monkeypatch) -> None:
    losses = {"method": np.stack([np.ones(10), np.full(10, np.inf)])}
    monkeypatch.setattr(shifts, "prompt_losses", lambda *args, **kwargs: losses)
    (first, _) = measure_shifts(full_model(), TASK)
    assert first.diverges
    assert first.nothing == 1
    assert np.isfinite(first.mean)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(shifts, "PROMPTS", 2048)
    fill(tmp_path, metrics={"mean": 1.0, "stderr": 100.0})
    return tmp_path


def test_models_are_measured_once_and_again_when_they_change(folder: Path) -> None:
    lines: list[str] = []
    build_shifts(folder, lines.append)
    (entry,) = read_manifest(folder)
    first = load_shifts(entry.name, folder)
    assert [shift.num_context for shift in first] == [t.num_context for t in shifted(TASK)]
    build_shifts(folder, lines.append)
    assert len(lines) == 1
    rows = json.loads((folder / FILE).read_text())
    rows[entry.name]["sha256"] = "of another file"
    (folder / FILE).write_text(json.dumps(rows))
    build_shifts(folder, lines.append)
    assert len(lines) == 2
    assert load_shifts(entry.name, folder) == first
    assert load_shifts("another", folder) == ()


def test_false_figures_are_found_from_tokens(folder: Path) -> None:
    build_shifts(folder)
    (true,) = verify(folder, prompts=4000)
    assert "examples" not in true.problem
    (entry,) = read_manifest(folder)
    rows = json.loads((folder / FILE).read_text())
    rows[entry.name]["shifts"][0]["median"] *= 3
    (folder / FILE).write_text(json.dumps(rows))
    (false,) = verify(folder, prompts=4000)
    assert "examples" in false.problem


@pytest.mark.parametrize(
    "text", ["nonsense", "[]", '{"m": 1}', '{"m": {}}', '{"m": {"shifts": [1]}}']
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match=r"shifts\.json|Shift|number"):
        load_shifts("m", tmp_path)
