"""The shipped models against the published table, the exact floors and one another.

Manifest figures are means over 100,000 prompts with their standard errors; a paper cell carries
about 1 % sampling error (100,000 prompts, one query each) and its own rounding.
"""

import csv
import itertools

import numpy as np
import pytest

from icl_core.tasks.noise import CategoricalNoise
from icl_core.zoo import library
from icl_core.zoo.build import specs
from tests.cases import DATA

METHODS = {"gdpp": "GD++", "diag": "DIAG", "full": "FULL"}
ENTRIES = library.read_manifest()
PUBLISHED = [entry for entry in ENTRIES if entry.task.dim == 10]


def _column(entry):
    noise = entry.task.noise
    return "c13" if isinstance(noise, CategoricalNoise) else f"u{noise.sigma_max:g}"


def _table(name, key):
    with (DATA / name).open() as file:
        return {(row[key], row["layers"]): row for row in csv.DictReader(file)}


PAPER = _table("table1.csv", "method")
FLOORS = _table("floors.csv", "quantity")
ANY_DEPTH = FLOORS["GD++_any_depth_exact", "inf"]
BAYES = FLOORS["Bayes", ""]


def test_every_planned_model_is_there_with_table_and_movie():
    assert {entry.name for entry in ENTRIES} == {spec.name for spec in specs()}
    for entry in ENTRIES:
        table = library.load_table(entry.name)
        movie = library.load_movie(entry.name)
        assert table.loss.mean.shape == (entry.num_layers + 1,)
        assert table.profile.mean.shape == (table.sigmas.size, entry.num_layers + 1)
        assert np.isfinite(table.loss.mean).all()
        assert 30 <= movie.steps.size <= 50
        assert movie.P.shape[1:] == (entry.num_layers, entry.num_heads, *2 * (entry.task.dim + 1,))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_files_are_what_the_manifest_says(entry):
    checkpoint = library.load_entry(entry)
    table = library.load_table(entry.name)
    assert checkpoint.metrics == entry.metrics
    assert entry.metrics["mean"] == table.loss.mean[-1]
    # The movie ends with the shipped weights, in float32.
    movie = library.load_movie(entry.name)
    np.testing.assert_allclose(movie.P[-1], checkpoint.model.P, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("entry", PUBLISHED, ids=lambda entry: entry.name)
def test_no_model_is_worse_than_the_papers(entry):
    """Within 3 standard errors of both; where the paper is below an exact floor, 1.01 floors."""
    cell = PAPER[METHODS[entry.parametrization], str(entry.num_layers)][_column(entry)]
    published, stderr = float(cell), entry.metrics["stderr"]
    bound = published + 0.5 * 10 ** -len(cell.partition(".")[2])
    bound += 3 * np.hypot(stderr, 0.01 * published)
    if entry.parametrization == "gdpp":
        bound = max(bound, 1.01 * float(ANY_DEPTH[_column(entry)]))
    assert entry.metrics["mean"] <= bound


@pytest.mark.parametrize("entry", PUBLISHED, ids=lambda entry: entry.name)
def test_no_model_is_below_a_floor(entry):
    """5 standard errors below the Bayes floor would be a mistake somewhere."""
    slack = 5 * entry.metrics["stderr"] + 0.0008
    assert entry.metrics["mean"] >= float(BAYES[_column(entry)]) - slack
    if entry.parametrization == "gdpp":
        assert entry.metrics["mean"] >= float(ANY_DEPTH[_column(entry)]) - slack


def test_dominance():
    """GD++ in DIAG in FULL and L layers in L + 1, within 3 standard errors of the difference."""
    loss = {(_column(e), e.task.dim, e.parametrization, e.num_layers): e.metrics for e in ENTRIES}
    pairs = []
    for (column, dim, name, layers), metrics in loss.items():
        richer = {"gdpp": "diag", "diag": "full"}.get(name)
        pairs += [(metrics, loss.get((column, dim, richer, layers)))]
        pairs += [(metrics, loss.get((column, dim, name, layers + 1)))]
    compared = [(less, more) for less, more in pairs if more is not None]
    assert len(compared) >= 30
    for less, more in compared:
        assert more["mean"] <= less["mean"] + 3 * np.hypot(less["stderr"], more["stderr"])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_no_model_is_held_up_by_rare_prompts(entry):
    """The mean's standard error is at most 2 % of it for d = 10: no prompt decides the figure."""
    if entry.task.dim == 10:
        assert entry.metrics["stderr"] <= 0.02 * entry.metrics["mean"]


def test_everything_together_is_small():
    files = [file for file in library.PRETRAINED.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 25e6
    stray = [f for f in files if f.suffix not in (".safetensors", ".json")]
    assert not stray
    for first, second in itertools.pairwise(ENTRIES):
        assert first.name < second.name
