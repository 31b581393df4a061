"""The lesson on a visitor's own data shows what methods predict of held-out rows."""

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from icl_core.data.prepare import SPLITS, Splits
from icl_core.data.table import Table, find, keep
from icl_core.errors import InputError
from icl_core.export.table import to_csv
from icl_core.lessons import data as lesson
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.data.config import PRESETS, Data
from icl_core.lessons.data.figures import RMSE
from icl_core.lessons.data.measure import Found, contexts
from icl_core.lessons.data.scores import Predicted, Scores, interval
from icl_core.lessons.data.traits import training_traits, traits_of
from icl_core.lessons.data.views import VIEWS
from icl_core.lessons.shared.shipped import find_family
from icl_core.models.linear import forward_tokens
from icl_core.plots.figure import tidy_rows
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.zoo.library import find_entry, load_entry
from tests.cases import assert_close
from tests.hostile import assert_drawable, assert_one_sentence

RESULT = LESSONS["data"].result


@pytest.fixture(scope="module")
def found() -> Found:
    return RESULT(Data())


def drawn(seed: int, *, rows: int = 300, dim: int = 10, sigma: float = 2.0) -> Table:
    """A table as training's prompts are: Gaussian inputs, w ~ N(0, I), noise."""
    task = LinearTask(dim=dim, num_context=rows, noise=FixedNoise(value=sigma))
    context = task.draw(seed, 1).context
    names = (*(f"x{i}" for i in range(dim)), "y")
    return Table(names=names, values=np.column_stack([context.X[0], context.y[0]]))


def test_a_prediction_is_one_forward_pass_over_the_tokens(found):
    """Token by token, from the definition, in the data's units."""
    model = load_entry(find_entry("diag_L4_uniform5_d10_n20")).model
    table, splits = find("diabetes").values, Splits.of(442, 0)
    rows, asked = table[splits.context[5, :20]], table[splits.held_out[5, 8]]
    x: Any = StandardScaler().fit(rows[:, :-1])
    y: Any = StandardScaler().fit(rows[:, -1:])
    unit = np.sqrt(10 + 25 / 3)
    _, steps = forward_tokens(
        model,
        x.transform(rows[:, :-1]),
        unit * y.transform(rows[:, -1:])[:, 0],
        x.transform(asked[None, :-1])[0],
    )
    expected = y.inverse_transform(np.array([[steps[-1] / unit]]))[0, 0]
    assert found.predicted.by_method["diag"][5, 8] == pytest.approx(expected)
    assert found.predicted.truth[5, 8] == asked[-1]


def test_errors_are_those_of_the_predictions(found):
    error = found.predicted.by_method["ols"] - found.predicted.truth
    scores = found.by_rows[20]
    assert_close(scores.rmse["ols"], np.sqrt(np.mean(error**2, axis=1)))
    assert scores.rmse["ols"].shape == (SPLITS,)
    share = np.mean(error**2, axis=1) / found.predicted.truth.var(axis=1)
    assert scores.r2("ols") == pytest.approx(np.median(1 - share))
    assert found.by_scale["standard"] is scores


def test_where_data_are_as_in_training_the_model_is_near_bayes_and_no_break_is_told():
    key = keep(drawn(0))
    config = Data(data=key, layers=7, parametrization="full", fit="table")
    middle = RESULT(config).by_rows[20].middle
    assert middle["full"].median < 1.1 * middle["bayes_rr"].median
    assert middle["full"].median < middle["ols"].median < middle["mean"].median
    assert "breaks down" not in lesson.finding(config, RESULT(config))


def test_units_of_the_table_change_nothing_but_the_errors_unit():
    table = drawn(1)
    factors = np.append(np.geomspace(1e-3, 1e3, 10), 40.0)
    other = Table(names=table.names, values=table.values * factors + 5)
    one, two = (RESULT(Data(data=keep(each))).by_rows[20].rmse for each in (table, other))
    for method in one:
        np.testing.assert_allclose(two[method], 40 * one[method], rtol=1e-6)


def test_least_squares_is_the_same_at_every_scale_and_raw_inputs_break_the_model(found):
    middles = {scale: scores.middle for scale, scores in found.by_scale.items()}
    for name in ("standard", "white"):
        assert middles[name]["ols"].median == pytest.approx(middles["raw"]["ols"].median)
    assert middles["raw"]["diag"].median > 1e6 * middles["standard"]["diag"].median
    assert "With raw inputs it breaks down" in lesson.finding(Data(), found)
    said = lesson.finding(Data(scale="raw"), RESULT(Data(scale="raw")))
    assert "**DIAG, 4 layers** breaks down" in said


def test_the_interval_of_the_median_holds_the_median_of_the_law_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = [
        low <= 0 <= high
        for _ in range(400)
        for low, high in [interval(rng.standard_cauchy(SPLITS))]
    ]
    assert 0.92 < np.mean(held) < 0.99


def test_what_overflows_is_infinite_and_told_so():
    truth = np.ones((SPLITS, 3))
    huge = np.full_like(truth, 1e200)
    lost = np.where(np.arange(3) == 1, np.nan, huge)
    scores = Scores.of(Predicted(by_method={"a": huge, "b": lost, "mean": truth}, truth=truth))
    np.testing.assert_allclose(scores.rmse["a"], 1e200)
    assert np.isinf(scores.rmse["b"]).all()
    assert scores.middle["b"].median == 1e300
    assert (scores.rmse["mean"] == 0).all()


def test_more_features_than_inputs_are_projected():
    config = PRESETS["Wine"]
    found = RESULT(config)
    assert found.task.dim == 10 < len(config.features)
    assert "first 10 principal components" in VIEWS["errors"](config, found).caption
    one = config.replace(task="uniform3_d1_n10", scale="white")
    assert "the first principal component" in VIEWS["errors"](one, RESULT(one)).caption


def test_contexts_leave_rows_to_hold_out_and_have_the_trainings_length():
    task = find_family("uniform5_d10_n20").task
    assert contexts(find("diabetes"), task)[-1] == 200
    small = drawn(2, rows=15)
    assert contexts(small, task) == (3, 5, 8, 12)
    key = keep(small)
    with pytest.raises(InputError, match="expected 2 to 12") as caught:
        lesson.measure(Data(data=key))
    assert_one_sentence(caught.value)
    assert lesson.measure(Data(data=key, rows=12)).held_out == 3


def test_traits_are_of_the_units_of_training():
    task = find_family("uniform5_d10_n20").task
    traits = training_traits(task)
    assert np.mean(traits.eigenvalues) == pytest.approx(20, rel=0.02)
    noise = traits.numbers["sigma"] ** 2
    assert np.mean(noise) == pytest.approx(task.noise.second_moment, rel=0.08)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3, 12, 4))
    y = np.einsum("bnd,d->bn", X, [1.0, -2.0, 0.5, 0.0])
    exact = traits_of(X, y).numbers
    np.testing.assert_allclose(exact["sigma"], 0, atol=1e-6)
    np.testing.assert_allclose(exact["weights"], 5.25 / 4)
    assert "sigma" not in traits_of(X[:, :4], y[:, :4]).numbers


def test_figures_hold_the_medians(found):
    rows = tidy_rows(VIEWS["errors"](Data(), found).figure)
    points = [row[RMSE] for row in rows if row["series"] == "Bayes, splits"]
    assert_close(points, found.by_rows[20].rmse["bayes_rr"])
    (middle,) = [row for row in rows if row["series"] == "OLS, median"]
    known = found.by_rows[20].middle["ols"]
    assert (middle[RMSE], middle["95 % high"]) == (
        known.median,
        interval(found.by_rows[20].rmse["ols"])[1],
    )
    figure: Any = VIEWS["rows"](Data(), found).figure
    ridge = next(trace for trace in figure.data if trace.uid == "ridge_cv")
    assert_close(ridge.x, list(found.by_rows))
    assert_close(ridge.y, [s.middle["ridge_cv"].median for s in found.by_rows.values()])
    figure = VIEWS["predictions"](Data(split=3), found).figure
    model = next(trace for trace in figure.data if trace.uid == "diag")
    assert_close(model.x, found.predicted.truth[2])


ODD = {
    "three rows": Data(rows=3),
    "d = 1, three rows": Data(task="uniform1_d1_n10", layers=6, rows=3, features=(3,)),
    "two values": Data(target=2, features=(1, 3, 4, 5, 6, 7, 8, 9, 10, 11)),
    "whole table": Data(fit="table", scale="white", rows=200, parametrization="full", layers=7),
}


def test_tables_hold_what_the_axis_does_not():
    config = Data(scale="raw")
    found = RESULT(config)
    own = found.by_scale["raw"].middle["diag"].median
    for name in ("errors", "scales", "rows"):
        rows = tidy_rows(VIEWS[name](config, found).figure)
        assert own in [row[RMSE] for row in rows], name
    values = tidy_rows(VIEWS["predictions"](config, found).figure)
    assert values[0]["predicted"] == found.predicted.by_method["diag"][13, 0]


@pytest.mark.parametrize("config", [*PRESETS.values(), *ODD.values()], ids=[*PRESETS, *ODD])
def test_every_state_is_drawn_and_told(config):
    found = RESULT(config)
    assert "nan" not in lesson.finding(config, found)
    for name, build in VIEWS.items():
        view = build(config, found)
        assert view.plain()["data"], name
        assert to_csv(view.figure)
        assert_drawable(view)
        assert "nan" not in view.caption


def test_a_table_of_extremes_is_drawn():
    """Heavy tails, tiny and huge units, a target of two values."""
    rng = np.random.default_rng(5)
    X = rng.standard_cauchy((40, 10)) * np.geomspace(1e-30, 1e30, 10)
    table = Table(
        names=tuple(f"x{i}" for i in range(11)), values=np.column_stack([X, rng.random(40) > 0.9])
    )
    for scale in ("raw", "standard", "white"):
        config = Data(data=keep(table), scale=scale)
        found = RESULT(config)
        for build in VIEWS.values():
            assert_drawable(build(config, found))
        assert "nan" not in lesson.finding(config, found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": "0123456789abcdef"}, "paste them again"),
        ({"target": 12}, "no column 12"),
        ({"target": 3}, "target and feature at once"),
        ({"features": (1, 2, 12)}, "no column 12"),
        ({"features": (1, 2)}, "d = 10 inputs and there are 2"),
        ({"layers": 12}, "no diag model of 12 layers"),
        ({"task": "nothing"}, "no shipped models for the task"),
    ],
)
def test_what_does_not_exist_is_one_sentence(changes, words):
    with pytest.raises(InputError, match=words) as caught:
        lesson.measure(Data(**changes))
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": "mine"},
        {"data": "0123456789ABCDEF"},
        {"target": 0},
        {"target": 51},
        {"features": ()},
        {"features": "1,x"},
        {"features": "1,51"},
        {"features": 3},
        {"scale": "none"},
        {"rows": 1},
        {"rows": 201},
        {"split": 0},
        {"split": 101},
        {"fit": "all"},
    ],
)
def test_bad_choices_are_one_sentence(changes):
    with pytest.raises(InputError) as caught:
        Data(**changes)
    assert_one_sentence(caught.value)


def test_features_are_read_from_a_link_in_any_order():
    assert Data(features="3,1,3").features == (1, 3)  # type: ignore[arg-type]
