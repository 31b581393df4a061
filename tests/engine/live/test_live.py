"""Controls, grids and figures of live charts."""

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.live import LAYOUT, READOUT, Grid, Player, Quantity, Slider
from icl_core.live.controls import Answer, answer_to, check_controls
from icl_core.live.figure import MAX_BYTES, breaks, for_browser, gaps, plain_figure, sized
from icl_core.live.grid import MAX_VALUES, safe_uid

NOISE = Slider(name="noise", label="Noise", minimum=0.1, maximum=2, step=0.1, value=1)
LAYER = Player(name="layer", label="Layer", labels=["one", "two", "three"])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"minimum": 3}, "the minimum must be below the maximum"),
        ({"maximum": float("nan")}, "needs finite numbers"),
        ({"step": 0}, "expected above 0"),
        ({"minimum": 0.0, "scale": "log"}, "start above 0 or use a linear scale"),
        ({"value": 5}, "expected 0.1 to 2"),
    ],
)
def test_impossible_sliders_are_refused(changes, says):
    with pytest.raises(InputError, match=says):
        replace(NOISE, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"labels": []}, "at least one label"),
        ({"value": 3}, "expected 0 to 2"),
        ({"value": True}, "expected 0 to 2"),
        ({"seconds": 0.0}, "expected 0.05 to 60"),
    ],
)
def test_impossible_players_are_refused(changes, says):
    with pytest.raises(InputError, match=says):
        replace(LAYER, **changes)


def test_controls_need_names_of_their_own_and_one_player():
    with pytest.raises(InputError, match="share a name"):
        check_controls([NOISE, NOISE])
    other = Player(name="step", label="Step", labels="ab")
    with pytest.raises(InputError, match="one player at most"):
        check_controls([LAYER, other])


def test_what_a_browser_asks_is_admitted_within_limits():
    asked = {"asked": {"question": 4, "values": {"noise": 0.5, "layer": 2, "other": 1}}}
    assert answer_to(asked, [NOISE, LAYER]) == Answer(4, {"noise": 0.5, "layer": 2})


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    JUNK
    | st.fixed_dictionaries({"asked": JUNK})
    | st.fixed_dictionaries(
        {"asked": st.fixed_dictionaries({"question": JUNK, "values": JUNK | st.fixed_dictionaries(
            {"noise": JUNK, "layer": JUNK})})}
    )
)  # fmt: skip
def test_hostile_state_never_raises_and_never_leaves_the_limits(state):
    answer = answer_to(state, [NOISE, LAYER])
    assert isinstance(answer.question, int)
    assert 0.1 <= answer.values["noise"] <= 2
    assert answer.values["layer"] in (0, 1, 2)


def grid(values=None, *, axes=None, exact=False, **quantity):
    values = np.zeros((3, 4)) if values is None else values
    named: dict[str, Any] = {"trace": "t", "field": "y"} | quantity
    return Grid(
        axes={"noise": [0.1, 1, 2]} if axes is None else axes,
        quantities=[Quantity(values=values, **named)],
        exact=exact,
    )


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: grid(axes={}), "at least one axis"),
        (lambda: grid(axes={"noise": [0, 2, 1]}), "finite, increasing nodes"),
        (lambda: grid(axes={"noise": [0, 1, np.nan]}), "finite, increasing nodes"),
        (lambda: grid(axes={"noise": []}), "one row of nodes"),
        (lambda: grid(np.zeros((4, 4))), "3 nodes, but .* comes as 4 x 4"),
        (lambda: grid(np.zeros((3, 1, 1, 1))), "more than two axes of its own"),
        (lambda: grid(np.zeros((3, 4)), scale="log"), "not above 0: interpolate it on a linear"),
        (lambda: grid(np.zeros((3, MAX_VALUES // 3 + 1), np.float32)), "use fewer nodes"),
    ],
)
def test_grids_that_do_not_fit_are_refused(build, says):
    with pytest.raises(InputError, match=says) as raised:
        build()
    assert str(raised.value).count(".") >= 1
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("controls", "quantity", "says"),
    [
        ([LAYER], {}, "name one of them"),
        ([replace(NOISE, minimum=0.0)], {}, "cover all of it"),
        ([NOISE], {"trace": "s"}, "trace 's', but the figure has"),
        ([NOISE], {"values": np.zeros((3, 5))}, "shape 5 in the grid but 4 in the figure"),
    ],
)
def test_grids_must_fit_controls_and_figure(controls, quantity, says):
    with pytest.raises(InputError, match=says):
        grid(**quantity).check_against(controls, {"t": {"y": np.zeros(4)}})


def test_a_player_is_counted_by_frames():
    fits = grid(axes={"layer": range(3)})
    fits.check_against([LAYER], {"t": {"y": [1, 2, None, 4]}})
    with pytest.raises(InputError, match="count the player's frames, 0 to 2"):
        grid(axes={"layer": [1, 2, 3]}).check_against([LAYER], {"t": {}})


def test_layout_and_readouts_need_no_trace():
    for trace in (LAYOUT, READOUT):
        grid(np.zeros(3), trace=trace).check_against([NOISE], {})


def test_a_grid_is_packed_as_described():
    values = np.arange(12.0).reshape(3, 4)
    packed = grid(values, trace="GD++").packed
    length = int.from_bytes(packed[24:28], "little")
    header = json.loads(packed[28 : 28 + length])
    assert length % 4 == 0
    assert header["axes"] == [{"name": "noise", "nodes": [0.1, 1, 2]}]
    assert header["quantities"] == [
        {"trace": "GD_2b__2b_", "field": "y", "log": False, "shape": [4]}
    ]
    np.testing.assert_array_equal(np.frombuffer(packed[28 + length :], "<f4"), np.arange(12))


def test_the_digest_tells_grids_apart():
    digests = {grid(np.full((3, 4), value)).digest for value in (0.0, 1.0, np.nan)}
    assert len(digests | {grid(exact=True).digest}) == 4
    assert grid().digest == grid().digest


def test_values_beyond_float32_become_gaps():
    assert np.isinf(np.frombuffer(grid(np.full((3, 1), 1e300)).packed[-12:], "<f4")).all()


@given(st.text(max_size=20), st.text(max_size=20))
def test_uids_are_fit_for_css_and_stay_apart(one, other):
    safe = safe_uid(one)
    assert all(sign.isalnum() or sign in "_-" for sign in safe)
    assert safe.isascii()
    assert (safe == safe_uid(other)) == (one == other)
    assert safe_uid(LAYOUT) == LAYOUT
    assert safe_uid(READOUT) == READOUT


def test_every_trace_gets_a_lasting_name():
    figure = go.Figure([go.Scatter(uid="u", name="n"), go.Scatter(name="GD++"), go.Scatter()])
    plain = plain_figure(figure)
    assert [trace["uid"] for trace in plain["data"]] == ["u", "GD++", "trace 2"]
    assert [trace["uid"] for trace in for_browser(plain)["data"]][1] == "GD_2b__2b_"
    assert "template" not in plain["layout"]


@pytest.mark.parametrize("names", [["a", "a"], ["layout"], ["readout"]])
def test_names_that_would_be_confused_are_refused(names):
    with pytest.raises(InputError, match="uid"):
        plain_figure(go.Figure([go.Scatter(name=name) for name in names]))


def test_gaps_and_breaks_are_counted_apart():
    bad, none = float("nan"), None
    figure = go.Figure(
        [
            go.Scatter(uid="array", x=np.arange(3), y=np.array([1, np.nan, np.inf])),
            go.Scatter(uid="list", x=[1, 2, 3, 4], y=[1.0, none, bad, float("-inf")]),
            go.Heatmap(uid="map", z=np.array([[1, np.nan], [np.inf, 2]])),
            go.Scatter(uid="whole", x=np.arange(3), y=[1, none, 2]),
            go.Scatter(uid="dates", x=["2020-01-01"], y=[1]),
        ]
    )
    plain = plain_figure(figure)
    assert gaps(plain) == {"array": 2, "list": 2, "map": 2}
    assert breaks(plain) == {"list": 1, "whole": 1}


def test_figures_are_sent_as_json_that_every_browser_reads():
    figure = go.Figure(go.Scatter(x=[1, 2], y=[float("nan"), np.float64(2)], customdata=[{1, 2}]))
    text = sized(plain_figure(figure))
    trace = json.loads(text, parse_constant=pytest.fail)["data"][0]
    assert trace["y"] == [None, 2.0]


def test_a_figure_may_be_plain_data():
    plain = plain_figure({"data": [{"type": "scatter", "y": [1, 2]}], "layout": {}})
    assert plain["data"][0]["uid"] == "trace 0"
    packed = base64.b64encode(b"\0" * 8).decode()
    hostile = {"data": [{"y": {"dtype": "O", "bdata": packed}}]}
    with pytest.raises(InputError, match="unknown type 'O'"):
        gaps(plain_figure(hostile))


def test_a_figure_too_large_is_refused_in_one_sentence():
    figure = go.Figure(go.Scatter(y=np.zeros(MAX_BYTES // 10)))
    with pytest.raises(InputError, match=r"The figure has .* MB, more than 5 MB: plot fewer"):
        sized(plain_figure(figure))
