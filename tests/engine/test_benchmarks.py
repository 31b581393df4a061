"""What the benchmark of published losses counts, and that it resumes."""

import json

import pytest

from benchmarks.published import behind, cells, kept, recipe_of
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.specs import MAIN, Spec

TASK = LinearTask(dim=10, num_context=20, noise=MAIN)


def test_a_run_starts_from_models_inside_its_own():
    found = dict(cells(["*"]))
    # DIAG and FULL, seven depths, all laws with noise; without any, one layer alone is trained.
    assert len(found) == 2 * 7 * 9 + 2
    for spec in found:
        assert set(recipe_of(spec).starts(spec)) <= set(spec.easier())


def test_all_that_a_model_starts_from_is_counted():
    full = Spec(task=TASK, parametrization="full", num_layers=3)
    names = {spec.name.removesuffix("_uniform5_d10_n20") for spec in behind(full)}
    depths = {"full": (1, 2), "diag": (1, 2, 3), "gdpp": (2, 3)}
    assert names == {f"{kind}_L{depth}" for kind, those in depths.items() for depth in those}


def test_rows_are_kept_as_they_are_made(tmp_path, capsys):
    out, made = tmp_path / "rows.jsonl", []

    def row():
        made.append(1)
        return {"name": "one", "loss": 0.5}

    rows: dict[str, dict] = {}
    first = kept(rows, "one", row, out)
    again = {row["name"]: row for row in map(json.loads, out.read_text().splitlines())}
    assert again == {"one": first}
    assert kept(again, "one", row, out) == first
    assert len(made) == 1
    assert len(out.read_text().splitlines()) == 1
    assert first["loss"] == pytest.approx(0.5)
