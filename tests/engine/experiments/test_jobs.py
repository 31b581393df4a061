"""Jobs are done when something is missing or was made with other settings."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

from icl_core.checkpoints import Checkpoint
from icl_core.cluster import Cluster
from icl_core.errors import InputError
from icl_core.experiments.catalog import EXPERIMENTS, build, matching
from icl_core.experiments.jobs import Job, Made, Report, run_jobs
from icl_core.experiments.pieces import Piece, run_pieces
from icl_core.zoo.library import find_entry, load_model
from icl_core.zoo.movies import Movie, load_movie
from icl_core.zoo.results import load_result
from tests.cases import TASK, full_model
from tests.hostile import assert_one_sentence


@dataclass(frozen=True, kw_only=True, eq=False)
class Some:
    x: Annotated[np.ndarray, "steps"]


def _make(folder: Path) -> Made:
    return Made(result=Some(x=np.arange(3.0)))


def _train(folder: Path) -> Made:
    model = full_model()
    movie = Movie(steps=np.arange(2), loss=np.ones(2), P=model.P[None], Q=model.Q[None])
    checkpoint = Checkpoint(model=model, task=TASK, seed=0, metrics={"mean": 1.0})
    return Made(result=Some(x=np.zeros(2)), checkpoint=checkpoint, movie=movie)


def test_what_is_missing_or_was_made_otherwise_is_made(tmp_path: Path) -> None:
    said: list[str] = []

    def run(**settings: int) -> list[str]:
        jobs = [Job(name=name, settings={"a": a}, make=_make) for name, a in settings.items()]
        return run_jobs("some", jobs, folder=tmp_path, report=said.append)

    assert run(two=2) == ["two"]
    assert run(one=1, two=2) == ["one"]
    assert run(one=1, two=2) == []
    assert run(one=1, two=3) == ["two"]
    assert said[-2] == "one: there already"
    np.testing.assert_array_equal(load_result(Some, "one", tmp_path).x, np.arange(3.0))


def test_a_model_comes_with_its_movie_and_its_recipe(tmp_path: Path) -> None:
    job = Job(name="m", settings={}, make=_train, trains=True)
    assert run_jobs("some", [job], folder=tmp_path, report=print) == ["m"]
    entry = find_entry("m", tmp_path)
    checkpoint = load_model(entry, tmp_path)
    assert checkpoint.recipe == entry.recipe == "python -m icl_core zoo build --only m"
    assert checkpoint.licence == entry.licence == "Apache-2.0"
    assert entry.experiment == "some"
    assert set(entry.files) == {"movies", "results"}
    np.testing.assert_array_equal(load_movie("m", tmp_path).P[-1], np.float32(full_model().P))
    assert job.is_current(tmp_path)
    (tmp_path / "movies" / "m.safetensors").unlink()
    assert not job.is_current(tmp_path)


def test_an_unknown_pattern_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Nothing .* matches 'nonsense'.*zoo list") as caught:
        build(only="nonsense", folder=tmp_path)
    assert_one_sentence(caught.value)
    assert matching(["a1", "a2", "b"], "a*") == ["a1", "a2"]


@pytest.mark.slow
def test_a_model_of_paper_1_is_made_again_as_it_is(tmp_path: Path) -> None:
    """The cheapest one, from its seed, within what float32 leaves of 8,000 updates."""
    name = "one_layer_n2_seed0"
    assert build(only=name, folder=tmp_path) == [name]
    made, shipped = load_model(find_entry(name, tmp_path), tmp_path), load_model(find_entry(name))
    for key, values in shipped.model.tensors().items():
        np.testing.assert_allclose(made.model.tensors()[key], values, rtol=1e-4, atol=1e-5)
    assert made.training == shipped.training
    assert made.metrics["mean"] == pytest.approx(shipped.metrics["mean"], rel=1e-5)
    with pytest.raises(InputError):
        build(only=name, papers=(2,), folder=tmp_path)


def test_what_comes_before_a_piece_stands_before_it(tmp_path: Path) -> None:
    for experiment in EXPERIMENTS.values():
        names = [*experiment.names()]
        for only in (names, names[::3], names[-1:]):
            pieces = experiment.pieces(only, tmp_path)
            assert all(place < at for at, piece in enumerate(pieces) for place in piece.after)


def _said(name: str, report: Report) -> list[str]:
    """A piece that a worker can make."""
    if name == "bad":
        raise InputError("bad.")
    report(f"{name} in {os.getpid()}")
    return [name]


def test_pieces_are_made_elsewhere_and_one_that_fails_holds_up_only_what_needs_it() -> None:
    names, after = ["a", "bad", "c", "d"], [(), (), (1,), (0,)]
    pieces = [Piece(run=partial(_said, n), after=p) for n, p in zip(names, after, strict=True)]
    lines: list[str] = []
    with Cluster(workers=2) as cluster:
        with pytest.raises(InputError, match=r"^2 of 4 pieces failed: bad\.$"):
            run_pieces(pieces, cluster=cluster, report=lines.append)
        assert sorted(line.split()[0] for line in lines) == ["a", "d"]
        assert not any(str(os.getpid()) in line for line in lines)
        assert run_pieces(pieces[:1], cluster=cluster, report=lines.append) == ["a"]
    assert run_pieces(pieces[:1], report=lines.append) == ["a"]


@pytest.mark.slow
def test_a_cluster_makes_the_same_model_and_goes_on(tmp_path: Path) -> None:
    name = "one_layer_n2_seed0"
    assert build(only=name, folder=tmp_path / "here") == [name]
    with Cluster() as cluster:
        assert build(only=name, folder=tmp_path / "there", cluster=cluster) == [name]
        assert build(only=name, folder=tmp_path / "there", cluster=cluster) == []
    here, there = (find_entry(name, tmp_path / where) for where in ("here", "there"))
    assert here.metrics["mean"] == there.metrics["mean"]
    weights = [
        load_model(e, tmp_path / w).model.tensors() for e, w in ((here, "here"), (there, "there"))
    ]
    for key, values in weights[0].items():
        np.testing.assert_array_equal(weights[1][key], values)
