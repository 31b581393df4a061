"""What the benchmark of published losses counts, and that it resumes."""

import json

import pytest

from benchmarks.published import ROUNDING, behind, cells, inside, kept, recipes_of, seconds_behind
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import find_entry
from icl_core.zoo.specs import MAIN, Spec

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
    assert inside(full, find_entry(full.name).metrics["mean"] - 0.99 * ROUNDING) == full
    cold, _ = recipes_of(diag := Spec(task=TASK, parametrization="diag", num_layers=2))
    assert seconds_behind(diag, [cold]) == 0
    before = seconds_behind(diag, recipes_of(diag))
    assert before == find_entry("diag_L1_uniform5_d10_n20").metrics["seconds"]


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
