"""Building the zoo: the list is complete and ordered, a build resumes, the better model wins."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from icl_core.experiments.mixed_noise import build as build_module
from icl_core.experiments.mixed_noise import candidates as candidates_module
from icl_core.experiments.mixed_noise import measure as measure_module
from icl_core.experiments.mixed_noise.build import build
from icl_core.experiments.mixed_noise.candidates import Candidate
from icl_core.experiments.mixed_noise.settings import MAIN, NOISES, PAIR, Recipe, Spec, specs
from icl_core.models.linear import LinearTransformer, Parametrization
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.zoo.library import load_entry, read_manifest, write_manifest
from icl_core.zoo.movies import load_movie
from icl_core.zoo.tables import load_table

SMALL = LinearTask(dim=2, num_context=6, noise=UniformNoise(sigma_max=1.1))


def test_all_of_table_1_and_the_rest_is_listed():
    listed = specs()
    assert len({spec.name for spec in listed}) == len(listed)
    table = [s for s in listed if s.task.dim == 10 and s.num_heads == 1 and not s.seed]
    cells = Counter((s.parametrization, s.num_layers) for s in table)
    assert [cells[kind, 8] for kind in ("gdpp", "diag", "full")] == [1, 1, 1]
    assert sum(cells.values()) - 3 == 210 == 3 * 7 * len(NOISES)
    seeds = {(s.parametrization, s.num_layers, s.seed) for s in listed if s.seed}
    assert len(seeds) == 2 * 7 * 4
    heads = {(s.num_layers, s.task.noise) for s in listed if s.num_heads == 2}
    assert heads == {(depth, noise) for depth in (1, 2, 3, 4) for noise in (MAIN, PAIR)}
    assert {s.task.noise.highest for s in listed if s.task.dim == 1} == {1, 3}
    assert 15 <= sum(s.movie for s in listed) <= 25


def test_easier_models_come_first():
    order = {spec: place for place, spec in enumerate(specs())}
    for spec, place in order.items():
        for other in spec.easier():
            assert order[other] < place


@pytest.fixture
def short(monkeypatch):
    """Two small models with a recipe of some seconds."""
    chosen = tuple(
        Spec(task=SMALL, parametrization=kind, num_layers=layers)
        for kind, layers in (("gdpp", 2), ("diag", 2), ("full", 2))
    )
    recipes = Spec.recipes

    def quick(self):
        return tuple(
            Recipe(
                config=recipe.config.replace(
                    restarts=4, explore_steps=20, refine_steps=40, explore_batch=32
                ),
                start=recipe.start,
            )
            for recipe in recipes(self)
        )

    monkeypatch.setattr(Spec, "recipes", quick)
    monkeypatch.setattr(build_module, "specs", lambda: chosen)
    monkeypatch.setattr(candidates_module, "SELECTION_BATCHES", 4)
    monkeypatch.setattr(candidates_module, "SPECTRA", 4096)
    monkeypatch.setattr(candidates_module, "THOROUGH", False)
    monkeypatch.setattr(measure_module, "SHIPPED", measure_module.Prompts(law=32_768, level=64))
    return chosen


@pytest.mark.slow
def test_a_build_can_be_stopped_and_resumed(short, tmp_path):
    class StoppedError(Exception):
        pass

    def stop_after_one(line):
        if "adjusted loss" in line:
            raise StoppedError

    with pytest.raises(StoppedError):
        build(folder=tmp_path, report=stop_after_one)
    assert [entry.name for entry in read_manifest(tmp_path)] == [short[0].name]
    lines = []
    made = build(folder=tmp_path, report=lines.append)
    assert made == [spec.name for spec in short[1:]]
    entries = read_manifest(tmp_path)
    assert lines[0] == "1 of 3 models are there."
    assert {entry.name for entry in entries} == {spec.name for spec in short}
    losses = {entry.parametrization: entry.metrics["mean"] for entry in entries}
    assert losses["full"] <= 1.02 * losses["diag"] <= 1.05 * losses["gdpp"]
    for entry in entries:
        load_entry(entry, tmp_path)
        table = load_table(entry.name, tmp_path)
        assert table.loss.mean[-1] == entry.metrics["mean"]
        assert entry.table_sha256
        assert not entry.movie_sha256
    assert build(folder=tmp_path, report=lines.append) == []
    assert read_manifest(tmp_path) == entries
    assert lines[-1] == "3 of 3 models are there."


@pytest.mark.slow
def test_a_run_that_did_not_win_is_shown_and_said_to_be_another(short, monkeypatch, tmp_path):
    """GD++ beats 60 updates from random starts; a movie that is missing is made later."""
    cold = Spec.recipes
    monkeypatch.setattr(Spec, "recipes", lambda self: cold(self)[:1])
    monkeypatch.setattr(Spec, "movie", property(lambda self: self.parametrization == "diag"))
    monkeypatch.setattr(build_module, "specs", lambda: short[:2])
    build(folder=tmp_path)
    first = read_manifest(tmp_path)
    entry = first[0]
    assert entry.metrics["source"] == f"{short[0].name} as it is"
    assert entry.metrics["movie"] == "trained from random starts"
    movie, model = load_movie(entry.name, tmp_path), load_entry(entry, tmp_path).model
    assert movie.P.shape[1:] == model.P.shape
    assert np.abs(movie.P[-1] - model.P).max() > 0.01
    metrics = {name: value for name, value in entry.metrics.items() if name != "movie"}
    write_manifest((replace(entry, metrics=metrics, movie_sha256=""), *first[1:]), tmp_path)
    (tmp_path / "movies" / entry.file).unlink()
    lines = []
    assert build(folder=tmp_path, report=lines.append) == [entry.name]
    assert read_manifest(tmp_path) == first
    assert lines[0] == "1 of 2 models are there."
    assert load_movie(entry.name, tmp_path).steps.tolist() == movie.steps.tolist()


def test_the_smallest_finite_loss_wins():
    def model(scale):
        return LinearTransformer(P=np.zeros((1, 1, 3, 3)) + scale, Q=np.zeros((1, 1, 3, 3)) + scale)

    candidates = [Candidate(model=model(s), name=str(s)) for s in (1e200, 0.5, 0.0)]
    assert candidates_module.select(candidates, SMALL).name == "0.0"


def test_a_warm_model_fits_the_shape_it_leads_to():
    spec = Spec(task=SMALL, parametrization="diag", num_layers=2, num_heads=2)
    (one, more) = spec.easier()
    assert (one.num_layers, one.num_heads) == (1, 2)
    assert more == replace(spec, num_heads=1)


def test_a_run_and_its_shorter_cut_are_counted_once():
    spec = Spec(task=SMALL, parametrization="diag", num_layers=2)
    model = LinearTransformer(P=np.zeros((2, 1, 3, 3)), Q=np.zeros((2, 1, 3, 3)))

    def candidate(recipe, seconds):
        return Candidate(model=model, recipe=recipe, seconds=seconds)

    cold, warm = spec.recipes()
    candidates = [candidate(cold, 9.0), candidate(cold, 9.0), candidate(warm, 4.0)]
    candidates.append(Candidate(model=model, name="an easier one"))
    assert candidates_module.seconds_of(candidates) == {cold: 9.0, warm: 4.0}


def test_neighbours_are_the_same_model_for_the_next_noise_laws():
    middle = Spec(
        task=LinearTask(dim=10, num_context=20, noise=NOISES[2]),
        parametrization="diag",
        num_layers=5,
    )
    assert all(other.seed == 0 for other in middle.neighbours())
    laws = {other.task.noise.label() for other in middle.neighbours()}
    assert laws == {"σ ~ U(0, 1)", "σ ~ U(0, 3)", "σ ∈ {1, 3}"}
    assert all(middle in other.neighbours() for other in middle.neighbours())
    assert not replace(middle, task=SMALL).neighbours()
    main = replace(middle, task=LinearTask(dim=10, num_context=20, noise=MAIN))
    assert {other.seed for other in main.neighbours()} == {0, 1, 2, 3, 4}
    assert {other.seed for other in replace(main, seed=1).neighbours()} == {1}


@pytest.mark.slow
def test_a_movie_that_begins_at_random_stays_when_neighbours_win(short, monkeypatch, tmp_path):
    tasks = [replace(SMALL, noise=UniformNoise(sigma_max=s)) for s in (2, 3)]
    chosen = tuple(Spec(task=task, parametrization="diag", num_layers=2) for task in tasks)

    def neighbours_first(candidates, task):
        runs = (c for c in candidates if c.recipe and c.recipe.start == "neighbours")
        return next(runs, candidates[0])

    monkeypatch.setattr(build_module, "specs", lambda: chosen)
    monkeypatch.setattr(build_module, "select", neighbours_first)
    monkeypatch.setattr(Spec, "movie", True)
    build(folder=tmp_path)
    for entry in read_manifest(tmp_path):
        assert entry.metrics["source"] == "trained from neighbouring noise laws and seeds"
        assert entry.metrics["movie"] == "trained from random starts"
        assert load_movie(entry.name, tmp_path).loss[0] > 2 * entry.metrics["mean"]


@pytest.mark.slow
def test_what_one_noise_law_has_missed_its_neighbour_may_bring(short, monkeypatch, tmp_path):
    """Two noise laws, the second after the first; then each starts once more from the other."""
    tasks = [replace(SMALL, noise=UniformNoise(sigma_max=s)) for s in (2, 3)]
    kinds: tuple[Parametrization, ...] = ("gdpp", "diag")
    chosen = tuple(
        Spec(task=task, parametrization=kind, num_layers=2) for kind in kinds for task in tasks
    )
    monkeypatch.setattr(build_module, "specs", lambda: chosen)
    lines = []
    build(folder=tmp_path, report=lines.append)
    entries = read_manifest(tmp_path)
    made = [line.split(":")[0] for line in lines if "adjusted loss" in line]
    assert made == [spec.name for spec in chosen[:2]] + [spec.name for spec in chosen[2:]] * 2
    for entry in entries[:2]:
        assert entry.metrics["tried"] == "random, easier, neighbours"
        assert load_entry(entry, tmp_path).metrics == entry.metrics
    assert build(folder=tmp_path, report=lines.append) == []
    assert read_manifest(tmp_path) == entries
    assert lines[-1] == "4 of 4 models are there."
