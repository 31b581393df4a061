"""The folder of shipped models: what it holds, and every way it may fail."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from icl_core.analysis.loss import summarize
from icl_core.checkpoints import Checkpoint, save_checkpoint
from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, UniformNoise
from icl_core.zoo.library import (
    Entry,
    find_entry,
    load_entry,
    model_name,
    read_manifest,
    task_name,
    write_manifest,
)
from icl_core.zoo.movies import Movie, load_movie, save_movie, training_of
from icl_core.zoo.tables import Table, baseline_table_name, load_table, save_table
from tests.cases import PAPER_TASKS, TASK, full_model
from tests.hostile import ANY_JSON, assert_one_sentence

NAME = model_name(TASK, "full", 2)


def fill(folder: Path, **changes: Any) -> Entry:
    """A folder with one model and its manifest, whose entry may then be changed."""
    model = full_model()
    made = Checkpoint(model=model, parametrization="full", task=TASK, seed=0)
    digest = save_checkpoint(folder / f"{NAME}.safetensors", made)
    entry = Entry(
        name=NAME,
        file=f"{NAME}.safetensors",
        sha256=digest,
        parametrization="full",
        num_layers=2,
        num_heads=1,
        task=TASK,
        metrics={"mean": 0.5, "stderr": 0.1},
    )
    entry = dataclasses.replace(entry, **changes)
    write_manifest((entry,), folder)
    return entry


def refusal(folder: Path) -> str:
    def load_all() -> None:
        for entry in read_manifest(folder):
            load_entry(entry, folder)

    with pytest.raises(InputError) as caught:
        load_all()
    assert_one_sentence(caught.value)
    return str(caught.value)


def test_round_trip(tmp_path: Path) -> None:
    entry = fill(tmp_path)
    assert read_manifest(tmp_path) == (entry,)
    assert find_entry(NAME, tmp_path) == entry
    loaded = load_entry(entry, tmp_path)
    np.testing.assert_array_equal(loaded.model.P, full_model().P)


def test_manifest_is_what_the_issue_asks_for(tmp_path: Path) -> None:
    fill(tmp_path)
    (model,) = json.loads((tmp_path / "manifest.json").read_text())["models"]
    assert set(model) >= {
        "name", "file", "sha256", "parametrization", "num_layers", "num_heads", "dim",
        "num_context", "noise", "metrics",
    }  # fmt: skip
    assert model["noise"] == {"kind": "uniform", "sigma_max": 2.0}


def test_manifest_is_sorted_by_name(tmp_path: Path) -> None:
    entry = fill(tmp_path)
    others = tuple(
        dataclasses.replace(entry, name=name, file=f"{name}.safetensors") for name in "cab"
    )
    write_manifest(others, tmp_path)
    assert [found.name for found in read_manifest(tmp_path)] == ["a", "b", "c"]


def test_missing_folder_manifest_and_model(tmp_path: Path) -> None:
    assert "make zoo" in refusal(tmp_path / "none")
    assert "manifest.json is missing" in refusal(tmp_path)
    entry = fill(tmp_path)
    (tmp_path / entry.file).unlink()
    assert "cannot be read" in refusal(tmp_path)
    with pytest.raises(InputError, match="no shipped model 'other'") as caught:
        find_entry("other", tmp_path)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "valid JSON"),
        ("{", "valid JSON"),
        ('{"version": 1, "models": [NaN]}', "valid JSON"),
        ("[]", "manifest.json is"),
        ("{}", "version None"),
        ('{"version": 2, "models": []}', "version 2: expected 1"),
        ('{"version": 1, "models": {}}', "list of models"),
        ('{"version": 1, "models": [3]}', "manifest entry"),
        ('{"version": 1, "models": [{}]}', "."),
    ],
)
def test_bad_manifest(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    assert says in refusal(tmp_path)


@pytest.mark.parametrize(
    "file",
    ["../secret", "/etc/passwd", "a/b", ".", "..", "", "a/", "nul\0byte", "new\nline", None, 3],
    ids=repr,
)
def test_manifest_cannot_point_outside_its_folder(tmp_path: Path, file: Any) -> None:
    fill(tmp_path, file=file)
    (tmp_path.parent / "secret").write_bytes(b"secret")
    refusal(tmp_path)


def test_changed_file(tmp_path: Path) -> None:
    entry = fill(tmp_path)
    path = tmp_path / entry.file
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "SHA-256" in refusal(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"num_layers": 3},
        {"num_heads": 2},
        {"parametrization": "diag"},
        {"task": TASK.replace(num_context=8)},
        {"task": TASK.replace(noise=UniformNoise(sigma_max=3))},
    ],
    ids=repr,
)
def test_manifest_that_describes_another_model(tmp_path: Path, changes: dict[str, Any]) -> None:
    fill(tmp_path, **changes)
    assert "another model" in refusal(tmp_path)


@pytest.mark.parametrize("entry", ["parametrization", "num_layers", "dim", "noise", "metrics"])
@given(value=ANY_JSON)
def test_any_entry_is_read_or_refused_in_one_sentence(entry: str, value: Any) -> None:
    good = {
        "name": "a", "file": "a.safetensors", "sha256": "0", "parametrization": "full",
        "num_layers": 2, "num_heads": 1, "dim": 3, "num_context": 7,
        "noise": {"kind": "uniform", "sigma_max": 2}, "metrics": {},
    }  # fmt: skip
    for candidate in (good | {entry: value}, {entry: value}, value):
        try:
            made = Entry.from_dict(candidate)
        except InputError as error:
            assert_one_sentence(error)
        else:
            assert Entry.from_dict(made.to_dict()) == made


def test_names_are_stable_and_fit_for_files() -> None:
    assert NAME == "full_L2_uniform2_d3_n7"
    assert model_name(TASK, "diag", 4, num_heads=2, variant="_b") == "diag_L4_H2_uniform2_d3_n7_b"
    mixed = LinearTask(dim=10, num_context=20, noise=CategoricalNoise(values=(1, 3.5)))
    assert task_name(mixed) == "categorical1-3.5_d10_n20"
    assert baseline_table_name(mixed, "ada_rr") == "ada_rr_categorical1-3.5_d10_n20"
    assert len({task_name(task) for task in PAPER_TASKS.values()}) == len(PAPER_TASKS)


def some_table() -> Table:
    losses = np.random.default_rng(0).exponential(size=(3, 4, 50))
    return Table(
        loss=summarize(losses[0]), sigmas=np.asarray([0.0, 1.0, 2.0]), profile=summarize(losses)
    )


def test_tables_round_trip(tmp_path: Path) -> None:
    table = some_table()
    save_table(NAME, table, tmp_path)
    loaded = load_table(NAME, tmp_path)
    np.testing.assert_array_equal(loaded.sigmas, table.sigmas)
    for one, other in ((loaded.loss, table.loss), (loaded.profile, table.profile)):
        assert one.count == other.count == 50
        for name in ("mean", "stderr", "median", "low", "high"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_movies_round_trip(tmp_path: Path) -> None:
    movie = Movie(
        steps=np.asarray([0, 1, 10]),
        loss=np.asarray([3.0, 2.0, 1.0], np.float32),
        P=np.zeros((3, 2, 1, 4, 4), np.float32),
        Q=np.ones((3, 2, 1, 4, 4), np.float32),
    )
    save_movie(NAME, movie, tmp_path)
    loaded = load_movie(NAME, tmp_path)
    for name in ("steps", "loss", "P", "Q"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(movie, name))


@pytest.mark.parametrize("own", [True, False])
def test_a_training_ends_with_the_model_itself(tmp_path: Path, own: bool) -> None:
    """Its run's end is replaced by it, or stands before it where another run has won."""
    P, Q = np.random.default_rng(0).standard_normal((2, 4, 2, 1, 4, 4)).astype(np.float32)
    movie = Movie(steps=np.arange(4), loss=np.ones(4), P=P, Q=Q)
    entry = fill(tmp_path, metrics={} if own else {"movie": "another run"})
    model = load_entry(entry, tmp_path).model
    alone = training_of(entry, model, 0.5, tmp_path)
    assert (alone.steps.tolist(), alone.loss.tolist()) == ([0], [0.5])
    np.testing.assert_array_equal(alone.P, np.asarray(model.P)[None])
    save_movie(NAME, movie, tmp_path)
    found = training_of(entry, model, 0.5, tmp_path)
    assert found.steps.tolist() == ([0, 1, 2, 3] if own else [0, 1, 2, 3, 3])
    assert found.loss.tolist() == ([1, 1, 1, 1] if own else [1, 1, 1, 1, 0.5])
    for name in ("P", "Q"):
        shown = getattr(found, name)
        np.testing.assert_array_equal(shown[-1], np.asarray(getattr(model, name)))
        np.testing.assert_array_equal(shown[:-1], getattr(movie, name)[: len(shown) - 1])


@pytest.mark.parametrize("kind", ["tables", "movies"])
def test_missing_and_damaged_tables_and_movies(tmp_path: Path, kind: str) -> None:
    load = {"tables": load_table, "movies": load_movie}[kind]
    path = tmp_path / kind / f"{NAME}.safetensors"
    path.parent.mkdir()
    save_table(NAME, some_table(), tmp_path)
    other_kind = (tmp_path / "tables" / path.name).read_bytes()
    incomplete = other_kind if kind == "movies" else b"\2\0\0\0\0\0\0\0{}"
    path.unlink(missing_ok=True)
    for data, says in ((None, "cannot be read"), (b"junk", "truncated"), (incomplete, "lacks")):
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(InputError, match=says) as caught:
            load(NAME, tmp_path)
        assert_one_sentence(caught.value)
