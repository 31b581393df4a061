"""The lesson on weights: pieces, comparisons, seeds, and what its page costs."""

import shutil
import time
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from scipy.stats import ortho_group

from icl_core.analysis.alignment import balanced, distance, mixed, rotated
from icl_core.analysis.parts import as_float64, diagonal_part, read_part
from icl_core.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from icl_core.errors import InputError
from icl_core.lessons import weights as lesson
from icl_core.lessons.shared.coordinates import normalised, omega_values
from icl_core.lessons.shared.matrices import layer_rows
from icl_core.lessons.shared.shipped import Kin, kin_of, relatives
from icl_core.lessons.weights.comparison import compared, foreign, others
from icl_core.lessons.weights.config import COORDINATES, PRESETS, Weights
from icl_core.lessons.weights.figures import SHARES, distance_chart, share_chart
from icl_core.lessons.weights.matrices import movie_omegas, movie_player
from icl_core.lessons.weights.measure import kin_model, read
from icl_core.lessons.weights.pieces import explained, pieces
from icl_core.lessons.weights.spread import seed_omegas, seeds, spread
from icl_core.lessons.weights.views import VIEWS
from icl_core.lessons.weights.words import weight_shares
from icl_core.live import READOUT
from icl_core.models.linear import LinearTransformer, omegas
from icl_core.plots.figure import plain_text, tidy_rows
from icl_core.plots.omegas import OMEGA_NAMES, OMEGAS, omega_chart
from icl_core.zoo.library import (
    MIXED_NOISE,
    PRETRAINED,
    entries_of,
    find_entry,
    load_entry,
    task_name,
    write_manifest,
)
from icl_core.zoo.movies import load_movie
from tests.cases import assert_close

TASK = "uniform5_d10_n20"
PAIR = "categorical1-3_d10_n20"


@pytest.fixture(scope="module")
def story():
    return read(PAIR, "full", 4)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    """A zoo in which FULL, L = 2 has two more seeds: a copy in other words, and one nudged too."""
    folder = tmp_path_factory.mktemp("zoo")
    name = f"full_L2_{TASK}"
    for kept in (name, f"diag_L2_{TASK}"):
        for part in (f"{kept}.safetensors", f"tables/{kept}.safetensors"):
            (folder / part).parent.mkdir(exist_ok=True)
            shutil.copy(PRETRAINED / part, folder / part)
    shutil.copy(PRETRAINED / f"tables/bayes_rr_{TASK}.safetensors", folder / "tables")
    entries = [find_entry(name), find_entry(f"diag_L2_{TASK}")]
    first = load_checkpoint(folder / f"{name}.safetensors")
    for seed, nudge in ((1, 0.0), (2, 0.02)):
        other = f"{name}_s{seed}"
        model = in_other_words(first.model, seed, nudge)
        checkpoint: Checkpoint = replace(first, model=model, seed=seed)
        digest = save_checkpoint(folder / f"{other}.safetensors", checkpoint)
        shutil.copy(folder / f"tables/{name}.safetensors", folder / f"tables/{other}.safetensors")
        entries.append(replace(entries[0], name=other, file=f"{other}.safetensors", sha256=digest))
    write_manifest(tuple(entries), folder)
    return folder


def in_other_words(model: LinearTransformer, seed: int, nudge: float) -> LinearTransformer:
    """Turned, scaled, with another sign, and every entry off by a share."""
    rng = np.random.default_rng(seed)
    model = as_float64(model)
    turned = rotated(
        mixed(model, np.array([[[-2.0]], [[0.5]]])), ortho_group.rvs(10, random_state=rng)
    )
    P, Q = (M * (1 + nudge * rng.standard_normal(M.shape)) for M in (turned.P, turned.Q))
    return LinearTransformer(P=P, Q=Q)  # type: ignore[arg-type]


def values(figure: Any, panel: str) -> np.ndarray:
    found = [row["value"] for row in tidy_rows(figure) if row.get("panel") == panel]
    return np.reshape(found, (int(len(found) ** 0.5),) * 2)


def test_every_shipped_model_can_be_looked_at():
    shelves = {
        family: relatives(family)
        for family in {task_name(e.linear_task) for e in entries_of(MIXED_NOISE)}
    }
    for entry in entries_of(MIXED_NOISE):
        kin = kin_of(entry)
        assert kin is not None
        assert shelves[task_name(entry.linear_task)][entry.num_layers][kin].name == entry.name
        assert (kin.parametrization, kin.heads) == (entry.parametrization, entry.num_heads)


@pytest.mark.parametrize(
    ("task", "kind", "layers", "heads"),
    [(TASK, "gdpp", 8, 1), (PAIR, "diag", 2, 2), ("uniform3_d1_n10", "full", 3, 1)],
)
def test_every_view_of_every_kind_of_model_fits_together(task, kind, layers, heads):
    config = Weights(task=task, parametrization=kind, layers=layers, heads=heads, focus=2)
    told = lesson.measure(config)
    assert lesson.finding(config, told)
    for coordinates in COORDINATES:
        for view in VIEWS.values():
            assert view(config.replace(coordinates=coordinates), told).plain()["data"]


@pytest.mark.parametrize("kind", ["diag", "full"])
def test_omegas_over_the_movie_are_the_engines(kind):
    told = read(TASK, kind, 3)
    found = movie_omegas(told)
    assert found.shape == (told.last + 1, 3, 4)
    engine = omegas
    for shot in (0, told.last // 2, told.last):
        assert_close(found[shot], engine(as_float64(normalised(told.model(shot), told.task))), 1e-6)
    two = read(PAIR, "diag", 2, heads=2).finished
    assert_close(omega_values(two), engine(as_float64(two)), 1e-6)


def test_the_movie_drives_heatmaps_and_omegas_alike(story):
    config = Weights(snapshot=3, coordinates="raw")
    view = VIEWS["heatmaps"](config, story)
    shown = {trace.uid: trace for trace in view.figure.data}
    assert view.grid is not None
    for quantity in view.grid.quantities:
        drawn = np.array(getattr(shown[quantity.trace], quantity.field), float)
        assert_close(np.asarray(quantity.values)[3], drawn, 1e-6)
    assert {q.trace for q in view.grid.quantities} >= {"Q0h0", "P3h0", *OMEGA_NAMES, "stem0"}


def test_a_run_that_did_not_win_ends_before_the_shipped_model():
    entry, movie = find_entry(f"full_L2_{TASK}"), load_movie(f"full_L2_{TASK}")
    told = read(TASK, "full", 2)
    assert told.shown == entry.metrics["movie"] == "trained from random starts"
    assert told.last == len(movie.steps)
    assert_close(told.P[-2], movie.P[-1])
    assert_close(told.finished.P, load_entry(entry).model.P)
    assert told.loss[-1] == entry.metrics["mean"]
    view = VIEWS["heatmaps"](Weights(task=TASK, layers=2), told)
    player = movie_player(Weights(), told)
    assert list(player.labels[-2:]) == [f"{movie.steps[-1]:,} updates", "as shipped"]
    assert "as shipped" in view.figure.layout.title.text
    assert f"did not win: the last stop is the shipped model, {entry.metrics['source']}" in (
        view.caption
    )
    assert "nothing better than DIAG" in lesson.finding(Weights(), told)
    assert "Nothing forced" in lesson.finding(Weights(), read(TASK, "full", 3))
    won = read(TASK, "diag", 3)
    assert not won.shown
    assert "did not win" not in VIEWS["heatmaps"](Weights(task=TASK, layers=3), won).caption
    assert movie_player(Weights(), won).labels[-1].endswith("updates")


def test_what_is_never_read_is_grey(story):
    last = layer_rows(story.finished)[-1]
    by_letter = {panel.scale: panel.read for panel in last}
    assert by_letter["Q"].all()
    assert not by_letter["P"][:-1].any()
    assert by_letter["P"][-1].all()
    grey = [s for s in VIEWS["heatmaps"](Weights(), story).figure.layout.shapes if s.fillcolor]
    assert [(s.y0, s.y1, s.x0, s.x1) for s in grey] == [(-0.5, 9.5, -0.5, 10.5)]


@pytest.mark.parametrize("rank", [0, 1, 11])
def test_pieces_add_up_to_what_is_read(story, rank):
    config = Weights(study="parts", focus=3, rank=rank)
    view = VIEWS["parts"](config, story)
    trained = values(view.figure, "Q, trained")
    rest = [values(view.figure, f"Q, {part}") for part in ("diagonal part", "low rank", "left out")]
    assert_close(sum(rest), trained)
    whole = kin_model(story, story.own)
    assert_close(trained, whole.Q[2, 0])
    assert_close(rest[0], np.asarray(diagonal_part(read_part(whole)).Q)[2, 0])
    gone = 100 * np.square(rest[2]).sum() / np.square(trained).sum()
    assert view.readouts[0].value == pytest.approx(100 - gone, abs=1e-9)


def test_the_grid_of_pieces_is_the_figure_at_every_node(story):
    for config in (Weights(focus=2, rank=0), Weights(focus=4, rank=2)):
        view = VIEWS["parts"](config, story)
        shown = {trace.uid: np.array(trace.z, float) for trace in view.figure.data}
        numbers = {readout.name: readout.value for readout in view.readouts}
        assert view.grid is not None
        for quantity in view.grid.quantities:
            at = np.asarray(quantity.values)[config.focus - 1, config.rank]
            said = numbers[quantity.field] if quantity.trace == READOUT else shown[quantity.trace]
            assert_close(at, said)


def test_shares_are_those_of_the_pieces(story):
    found = pieces(story, "normalised")
    rows = tidy_rows(VIEWS["shares"](Weights(), story).figure)
    assert {row["part"] for row in rows} == set(SHARES)
    for letter in "QP":
        for layer in range(4):
            bar = [r["share (%)"] for r in rows if r["matrix"] == f"{letter}{layer + 1}"]
            assert sum(bar) == pytest.approx(100)
            assert bar[0] == pytest.approx(explained(found[letter], layer, 0))
            assert sum(bar[:3]) == pytest.approx(explained(found[letter], layer, 2))
    assert weight_shares(story).sum() == pytest.approx(1)
    assert "DIAG could hold" in lesson.finding(Weights(), story)
    few = tidy_rows(share_chart({"Q1": np.array([0.25, 0.75])}, title="Two parts"))
    assert [row["share (%)"] for row in few] == [25, 75, 0, 0, 0]


def test_a_diag_model_has_no_rest():
    told = read(TASK, "diag", 4)
    for parts in pieces(told, "raw").values():
        assert_close(parts.shares[..., 0], np.ones((4, 1)))


def test_two_models_and_their_difference(story):
    config = Weights(study="compare", other="diag", focus=3)
    figure = VIEWS["compare"](config, story).figure
    full, diag, gap = (values(figure, f"P, {said}") for said in ("FULL", "DIAG", "difference"))
    assert_close(full - diag, gap)
    assert_close(full, np.asarray(balanced(kin_model(story, story.own)).P)[2, 0])
    own = np.asarray(balanced(kin_model(story, Kin("diag"))).P)[2, 0]
    assert_close(np.abs(diag), np.abs(own))
    raw = VIEWS["compare"](config.replace(coordinates="raw"), story).figure
    assert not np.allclose(values(raw, "P, FULL"), full)


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_every_relative_comes_no_farther_by_alignment(kind):
    told = read(PAIR, kind, 3)
    assert {"gdpp", "diag_H2"} <= set(others(told))
    for other in [*others(told), *foreign(told)]:
        found = compared(told, told.own.name, other)
        assert found.after <= found.before + 1e-12
        assert found.after == pytest.approx(distance(found.own, found.other))


def test_a_seed_in_other_words_is_the_same_model(seeded):
    told = read(TASK, "full", 2, folder=seeded)
    assert seeds(told) == (Kin("full"), Kin("full", 1, 1), Kin("full", 1, 2))
    found = spread(told)
    own = [found.kin.index(kin) for kin in seeds(told)]
    first, second, third = own
    assert found.before[first, second] > 0.5
    assert found.after[first, second] < 1e-8
    assert found.after[first, third] == pytest.approx(found.after[second, third], abs=1e-6)
    assert 1e-3 < found.after[first, third] < 0.1
    omega = seed_omegas(told)
    assert_close(omega[0], omega[1])
    rows = tidy_rows(VIEWS["omegas"](Weights(task=TASK, layers=2), told).figure)
    shown = [row for row in rows if row.get("series") == plain_text(OMEGAS[2]) and "mean" in row]
    assert_close([row["mean"] for row in shown], omega[:, :, 2].mean(0))
    assert_close([row["deviation"] for row in shown], omega[:, :, 2].std(0, ddof=1))
    view = VIEWS["distances"](Weights(task=TASK, layers=2), told)
    z = np.asarray(view.figure.data[0].z, float)
    assert_close(z[first, second], found.before[first, second])
    assert_close(z[second, first], found.after[first, second])


def test_a_model_of_one_seed_says_so(story):
    assert "One seed" in VIEWS["omegas"](Weights(), story).caption
    assert omega_chart(np.ones((2, 4)), title="One").data[1].error_y.array is None
    alone = distance_chart(["FULL"], np.zeros((1, 1)), np.zeros((1, 1)), title="Alone")
    assert tidy_rows(alone)


def test_no_view_compiles_anything_and_each_is_quick(story, compilations):
    for view in VIEWS.values():
        view(Weights(), story)
    jax.block_until_ready(jax.numpy.zeros(1))
    compilations.clear()
    start, count = time.process_time(), 0
    for focus in (1, 3, 4):
        for rank in (0, 2, 11):
            config = Weights(focus=focus, rank=rank, snapshot=focus)
            for view in VIEWS.values():
                view(config, story).plain()
                count += 1
    assert not compilations
    assert (time.process_time() - start) / count < 0.15


def test_presets_name_models_that_are_shipped():
    for config in PRESETS.values():
        assert lesson.measure(config).own.parametrization == config.parametrization


def test_a_model_of_another_task_is_compared_in_its_own_tokens():
    told = read(PAIR, "full", 3)
    name = "full_L3_uniform5_d10_n20"
    assert name in foreign(told)
    config = Weights(task=PAIR, parametrization="full", layers=3, study="compare", other=name)
    view = VIEWS["compare"](config, told)
    assert "FULL beside FULL, L = 3" in str(view.title)
    own = read("uniform5_d10_n20", "full", 3)
    found = compared(told, told.own.name, name)
    back = compared(own, own.own.name, f"full_L3_{PAIR}")
    assert found.before == pytest.approx(back.before)
    with pytest.raises(InputError, match="has another shape: expected a model of d = 10 and 3"):
        VIEWS["compare"](config.replace(other="full_L4_uniform5_d10_n20"), told)
