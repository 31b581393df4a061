"""The lesson of the construction: what it shows is what the layer does, for any small prompt."""

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.lessons import construction as lesson
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.construction.config import LAYERS, PRESETS, Construction
from icl_core.lessons.construction.measure import largest_eta, measure
from icl_core.lessons.construction.prompt import edited, format_prompt, parse_prompt
from icl_core.lessons.construction.views import VIEWS
from icl_core.live.message import message
from icl_core.plots.figure import tidy_rows
from tests.cases import assert_close
from tests.hostile import ANY_JSON, assert_drawable, assert_one_sentence


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
    end = largest_eta(run.prompt)
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
    config = PRESETS["One example"]
    run = measure(config)
    left = np.abs(run.trace(1).output)
    assert ((left > 0) & (left < 1e-15)).any()
    shown = np.abs([row["value"] for row in tidy_rows(VIEWS["step"](config, run).figure)])
    assert not ((shown > 0) & (shown < 1e-15)).any()


def test_the_descent_figure_overlays_layers_and_steps() -> None:
    config = PRESETS["GD++"]
    run = measure(config)
    view = VIEWS["descent"](config, run)
    series: Any = {trace.uid: trace for trace in view.figure.data}
    assert_close(series["construction"].y, series["gd"].y, 1e-9)
    assert np.nanmax(series["gap"].y) < 1e-12


def test_the_matrices_are_those_of_the_proposition() -> None:
    run = measure(Construction(start="-0.5, 1"))
    eye = np.diag([1.0, 1.0, 0.0])
    assert_close(run.weights.W_K, eye)
    assert_close(run.weights.W_Q, eye)
    assert_close(run.weights.W_V, [[0, 0, 0], [0, 0, 0], [-0.5, 1, -1]])
    assert_close(run.weights.P, 6.0 / 4 * np.eye(3))


def test_edits_of_the_table() -> None:
    text = "1 2 3; 4 5 6; 7 8"
    cells = {0: {"y": "9"}, "2": {"x2": "−1,5"}}
    assert edited(text, {"edited_rows": cells}) == "1 2 9; 4 5 6; 7 -1.5"
    # The query's y is empty and may be emptied.
    assert edited(text, {"edited_rows": {2: {"y": None}}}) == text
    assert edited(text, {}) == text


@pytest.mark.parametrize(
    ("row", "cell", "said"),
    [
        (0, {"x1": None}, "x1 of example 1 is empty"),
        (1, {"y": "  "}, "y of example 2 is empty"),
        (2, {"x2": ""}, "x2 of the query is empty"),
        (0, {"x1": "1e9"}, "out of range"),
        (0, {"x1": "two"}, "x1 of example 1 is 'two', which is no number"),
        (0, {"y": "1,000"}, "may mean 1000"),
        (1, {"x2": "1e-200"}, "expected 0, or at least"),
        (2, {"y": "9"}, "The query has no target"),
    ],
)
def test_edits_that_are_refused(row: int, cell: dict, said: str) -> None:
    """An empty cell was its old value, and a target of the query was dropped, in silence."""
    with pytest.raises(InputError, match=said) as caught:
        edited("1 2 3; 4 5 6; 7 8", {"edited_rows": {row: cell}})
    assert_one_sentence(caught.value)


SIZES = st.sampled_from([0.0, 1e-6, 1e-3, 0.4, 1.0, 7.0, 100.0])


@pytest.mark.parametrize("text", ["0.001 1; 1", "1e-6 1; 100", "100 100; 1e-6", "1 0; 1"])
def test_every_admitted_size_is_drawn(text: str) -> None:
    """Inputs of a thousandth had a step size out of the limits in the place of charts."""
    config = Construction(prompt=text, eta=0.0)
    draw_all(config)
    view = VIEWS["descent"](config, measure(config))
    message(view)
    assert view.engine is not None
    assert view.engine.packed


@settings(max_examples=10, deadline=None, phases=[Phase.generate])
@given(st.integers(1, 3), st.integers(1, 3), st.sampled_from([0.0, 0.5, 2.0]), st.data())
def test_every_admitted_prompt_is_drawn(
    dim: int, count: int, gamma: float, data: st.DataObject
) -> None:
    signed = st.builds(lambda size, sign: size * sign, SIZES, st.sampled_from([-1.0, 1.0]))
    rows = [data.draw(st.lists(signed, min_size=dim + 1, max_size=dim + 1)) for _ in range(count)]
    rows[0][0] = rows[0][0] or 1e-6
    rows.append(data.draw(st.lists(signed, min_size=dim, max_size=dim)))
    draw_all(Construction(prompt=format_prompt(rows), gamma=gamma, eta=0.0))


def draw_all(config: Construction) -> None:
    """Every figure at both ends of the step size, as the browser is sent it."""
    end = lesson.reach(config, measure(config))["eta"].high
    for eta in (0.0, end):
        chosen = config.replace(eta=eta)
        run = measure(chosen)
        assert "nan" not in lesson.finding(chosen, run)
        descent = VIEWS["descent"](chosen, run)
        for view in (VIEWS["step"](chosen, run), VIEWS["matrices"](chosen, run), descent):
            message(view)
            assert_drawable(view)


def test_a_step_size_out_of_reach_is_no_other_one() -> None:
    """The slider stood at its end while the curves and the gap were those of another eta."""
    config = Construction(prompt="40 30 1; 20 -20", eta=6.0)
    with pytest.raises(InputError, match=r"The step size η is 6\.0, out of reach") as caught:
        LESSONS["construction"].view("descent", config)
    assert_one_sentence(caught.value)
    end = lesson.reach(config, measure(config))["eta"].nearest(6.0)
    view: Any = LESSONS["construction"].view("descent", config.replace(eta=end))
    assert view.controls[0].value == end
    assert f"η = {end:.4g}" in view.figure.layout.title.text


NUMBERS = st.floats(-100, 100).filter(lambda x: x == 0 or abs(x) >= 1e-6)


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
