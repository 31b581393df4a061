"""The lesson of the construction: what it shows is what the layer does, for any small prompt."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.lessons import construction as lesson
from icl_core.lessons.construction import LAYERS, PRESETS, VIEWS, Construction, measure
from icl_core.lessons.small_prompt import format_prompt, parse_prompt
from icl_core.plots.figure import tidy_rows
from tests.cases import assert_close
from tests.hostile import ANY_JSON, assert_one_sentence


@pytest.mark.parametrize("name", PRESETS)
def test_layers_are_steps_in_every_preset(name: str) -> None:
    """100 layers, 1e-10 of the size of what is compared; targets, answers and losses."""
    config = PRESETS[name]
    run = measure(config)
    scale = np.maximum(np.abs(run.expected).max(-1), 1)
    assert (run.gaps <= 1e-10 * scale).all()
    assert len(run.W) == LAYERS + 1
    np.testing.assert_allclose(run.layer_losses, run.losses, rtol=1e-9, atol=1e-10)
    assert f"{run.losses[config.layer]:.4g}" in lesson.finding(config, run)


def test_a_small_step_descends_and_the_largest_offered_does_not() -> None:
    run = measure(Construction())
    assert (np.diff(run.losses) <= 1e-15).all()
    assert run.losses[-1] < run.losses[0] / 100
    end = lesson.largest_eta(run.prompt)
    assert measure(Construction(eta=end)).losses[-1] > run.losses[0]


def test_the_step_figure_holds_the_layer() -> None:
    config = Construction(start="-0.5, 1", layer=3)
    run = measure(config)
    rows = tidy_rows(VIEWS["step"](config, run).figure)

    def panel(name: str) -> np.ndarray:
        return np.array([row["value"] for row in rows if row["panel"] == name])

    n, d = run.prompt.num_context, run.prompt.dim
    before, update = (panel(name).reshape(n + 1, d + 1) for name in ("tokens e", "update"))
    assert_close(panel("tokens after").reshape(n + 1, d + 1), before + update)
    # Only x takes part in the products, and only y is written.
    assert_close(panel("products q·k").reshape(n + 1, n), before[:, :d] @ before[:n, :d].T)
    assert not update[:, :d].any()
    assert_close(-(before + update)[-1, -1], run.W[3] @ run.prompt.query)


def test_what_rounding_leaves_is_shown_as_zero() -> None:
    config = lesson.PRESETS["One example"]
    run = measure(config)
    left = np.abs(run.trace(1).output)
    assert ((left > 0) & (left < 1e-15)).any()
    shown = np.abs([row["value"] for row in tidy_rows(VIEWS["step"](config, run).figure)])
    assert not ((shown > 0) & (shown < 1e-15)).any()


def test_the_players_frames_are_the_layers() -> None:
    config = Construction()
    view, later = (VIEWS["step"](c, measure(c)) for c in (config, config.replace(layer=4)))
    assert view.grid is not None
    shown: Any = later.figure.data
    for trace in shown:
        quantity = next(q for q in view.grid.quantities if q.trace == trace.uid)
        assert_close(np.asarray(quantity.values)[3], trace.z)


def test_the_descent_figure_overlays_layers_and_steps() -> None:
    config = PRESETS["GD++"]
    run = measure(config)
    view = VIEWS["descent"](config, run)
    series: Any = {trace.uid: trace for trace in view.figure.data}
    assert_close(series["construction"].y, series["gd"].y, 1e-9)
    assert np.nanmax(series["gap"].y) < 1e-12
    assert view.grid is not None
    node = np.asarray(view.grid.axes["eta"])[20]
    at = measure(config.replace(eta=float(node)))
    quantity = next(q for q in view.grid.quantities if q.trace == "gd")
    np.testing.assert_allclose(np.asarray(quantity.values)[20], np.maximum(at.losses, 1e-12))


def test_the_matrices_are_those_of_the_proposition() -> None:
    run = measure(Construction(start="-0.5, 1"))
    eye = np.diag([1.0, 1.0, 0.0])
    assert_close(run.weights.W_K, eye)
    assert_close(run.weights.W_Q, eye)
    assert_close(run.weights.W_V, [[0, 0, 0], [0, 0, 0], [-0.5, 1, -1]])
    assert_close(run.weights.P, 6.0 / 4 * np.eye(3))


def test_edits_of_the_table() -> None:
    text = "1 2 3; 4 5 6; 7 8"
    assert lesson.edited(text, {"edited_rows": {0: {"y": 9}, "2": {"x2": -1}}}) == (
        "1.0 2.0 9; 4.0 5.0 6.0; 7.0 -1"
    )
    assert (
        lesson.edited(text, {"edited_rows": {2: {"y": 9}}}) == "1.0 2.0 3.0; 4.0 5.0 6.0; 7.0 8.0"
    )
    assert lesson.edited(text, {}) == "1.0 2.0 3.0; 4.0 5.0 6.0; 7.0 8.0"


NUMBERS = st.floats(-100, 100)


@given(st.integers(1, 3), st.integers(1, 8), st.data())
def test_prompts_round_trip(dim: int, count: int, data: st.DataObject) -> None:
    rows = [data.draw(st.lists(NUMBERS, min_size=dim + 1, max_size=dim + 1)) for _ in range(count)]
    rows[0][0] = 1.0
    rows.append(data.draw(st.lists(NUMBERS, min_size=dim, max_size=dim)))
    assert parse_prompt(format_prompt(rows)).rows() == rows


BAD = ("", ";", "1 2 3", "1 2; 3 4", "1 x; 2", "1 2 3 4 5; 1 2 3 4", "1 nan; 1", "1 1e9; 1")
BAD += ("0 1; 1", ";".join(["1 2"] * 12) + "; 1")


@pytest.mark.parametrize("text", BAD)
def test_bad_prompts_are_one_sentence(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Construction(prompt=text)
    assert_one_sentence(caught.value)


@given(st.sampled_from(["prompt", "start", "eta", "gamma", "layer"]), ANY_JSON)
def test_any_json_is_a_choice_or_one_sentence(field: str, value: object) -> None:
    try:
        config = Construction.from_dict(Construction().to_dict() | {field: value})
        measure(config)
    except InputError as error:
        assert_one_sentence(error)


@pytest.mark.parametrize(
    "changes", [{"start": "1, 2, 3"}, {"start": "1, 1", "gamma": 0.5}, {"start": ""}]
)
def test_starts_that_do_not_fit(changes: dict) -> None:
    with pytest.raises(InputError) as caught:
        Construction(**changes)
    assert_one_sentence(caught.value)
