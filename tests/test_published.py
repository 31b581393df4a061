"""What the benchmark of published losses counts, and that it resumes."""

import json

import pytest

from benchmarks.published import (
    at_most,
    behind,
    cells,
    goals,
    inside,
    kept,
    recipes_of,
    seconds_of,
)
from benchmarks.published_table import document
from icl_core.experiments.mixed_noise.settings import MAIN, Spec
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import find_entry

TASK = LinearTask(dim=10, num_context=20, noise=MAIN)


def test_a_run_starts_from_models_inside_its_own():
    found = dict(cells(["*"]))
    # DIAG and FULL, seven depths, all laws with noise; without any, one layer alone is trained.
    assert len(found) == 2 * 7 * 9 + 2
    for spec in found:
        recipes = recipes_of(spec)
        assert recipes
        assert all(set(recipe.starts(spec)) <= set(spec.easier()) for recipe in recipes)


def test_all_that_a_model_starts_from_is_counted():
    full = Spec(task=TASK, parametrization="full", num_layers=3)
    names = {spec.name.removesuffix("_uniform5_d10_n20") for spec in behind(full, recipes_of(full))}
    depths = {"full": (1, 2), "diag": (1, 2, 3), "gdpp": (2, 3)}
    assert names == {f"{kind}_L{depth}" for kind, those in depths.items() for depth in those}


def test_what_is_as_good_as_published_with_least_training_is_inside():
    full = Spec(task=TASK, parametrization="full", num_layers=7)
    assert inside(full, 1e9).num_layers == 1
    assert inside(full, 0.0) == full
    assert inside(full, find_entry(full.name).metrics["mean"]) == full
    cold, _ = recipes_of(diag := Spec(task=TASK, parametrization="diag", num_layers=2))
    assert seconds_of(behind(diag, [cold])) == 0
    before = seconds_of(behind(diag, recipes_of(diag)))
    assert before == find_entry("diag_L1_uniform5_d10_n20").metrics["seconds"]


def test_what_neighbours_brought_counts_all_that_they_can_owe_something_to():
    diag = Spec(task=TASK, parametrization="diag", num_layers=5)
    row = at_most(diag)
    assert row["seconds"] == find_entry(diag.name).metrics["seconds"]
    # Five depths of DIAG for nine laws, and four seeds of every depth but the first.
    one_law = seconds_of(behind(diag, recipes_of(diag)))
    assert row["seconds_before"] > 8 * one_law


def test_goals_are_the_printed_value_or_what_the_results_table_asks():
    found = {spec.name: goals(cell) for spec, cell in cells(["full_L7_*", "diag_L1_*"])}
    (floor,) = found["diag_L1_uniform0_d10_n20"].items()
    assert floor == ("1 % above the floor", pytest.approx(1.01 * 1.775, rel=1e-3))
    as_printed, near = found["full_L7_uniform5_d10_n20"].values()
    assert as_printed == pytest.approx(0.0475)
    assert as_printed < near < 1.1 * as_printed


def test_the_document_has_a_row_for_every_depth():
    row = {"goal": "as published", "reached": True, "seconds": 2.0, "seconds_before": 1.5}
    rows = {
        "diag_L4_uniform5_d10_n20": row | {"ratio": 5000.4},
        "full_L5_uniform5_d10_n20": row | {"ratio": 90.0, "at_most": True},
        "full_L6_uniform5_d10_n20": row | {"reached": False, "ratio": None},
    }
    lines = document(rows).splitlines()
    assert "2 of 3 cells are reached." in document(rows)
    assert sum(line.startswith("| 7 |") for line in lines) == 2
    assert "3.5 s, 5,000×" in next(line for line in lines if line.startswith("| 4 |"))
    assert any("≤ 3.5 s, 90×" in line for line in lines)
    assert sum(" – " in line for line in lines if "| 6 |" in line) == 1


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
