"""How a figure is drawn is one state, the same as text, as JSON and in every picture."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.live import View
from icl_core.live.dressed import DOTS, INCH, POINTS, dressed, fitted, fitting
from icl_core.live.look import PLAIN, SIZES, Look
from icl_core.live.message import message
from icl_core.plots.curves import Curve
from icl_core.plots.lines import lines
from tests.hostile import ANY_JSON, assert_one_sentence

ENDS = st.floats(-1e9, 1e9, allow_nan=False)
SIZE = {name: st.none() | st.floats(*limits) for name, limits in SIZES.items()}


@pytest.fixture
def view():
    """Two methods with bands, on logarithmic losses from 0.1 to 10."""
    x, y = np.array([[1.0, 2.0, 4.0], [1.5, 0.5, 1.0]])
    made = [Curve(method=m, x=x, y=y, low=y / 2, high=2 * y) for m in ("gd", "diag")]
    figure = lines(made, name="f", title="Title", alt="Two.", x="x", y_range=(0.1, 10.0))
    return View(figure=figure)


@settings(max_examples=40)
@given(
    st.builds(
        Look,
        hidden=st.lists(st.text("aZ0:,!~% é+", max_size=20), max_size=4),
        zoom=st.lists(
            st.tuples(st.sampled_from(["x", "y", "x2", "y17"]), ENDS, ENDS).filter(
                lambda zoom: zoom[1] != zoom[2]
            ),
            max_size=4,
        ),
        width=st.floats(*SIZES["width"]),
        **{name: SIZE[name] for name in ("height", "type", "lines")},
    ).filter(lambda look: "" not in look.hidden)
)
def test_it_is_the_same_as_text_and_as_plain_values(look):
    assert Look.read(look.said()) == look
    assert Look.from_dict(look.to_dict()) == look


@settings(max_examples=40)
@given(st.text(max_size=60) | st.text("hidexy:,!0.~", max_size=30))
def test_no_text_raises_anything_but_one_sentence(words):
    try:
        Look.read(words)
    except InputError as error:
        assert_one_sentence(error)


@settings(max_examples=40)
@given(st.sampled_from(["hidden", "zoom", *SIZES]), ANY_JSON)
def test_no_value_raises_anything_but_one_sentence(field, value):
    try:
        Look.from_dict({field: value})
    except InputError as error:
        assert_one_sentence(error)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("z:0,1", "expected hide:NAMES, an axis"),
        ("x:0", "expected an axis and two ends"),
        ("x:1,1", "two different ends"),
        ("x:0,inf", "no number: expected"),
        ("width:5", "expected a number from 30 to 400"),
        ("width:84!width:85", "once"),
        ("height:50", "needs a width"),
        ("type:eight", "which is no number"),
        ("hide:nothing", "no line 'nothing': expected gd, diag"),
        ("x3:0,1", "no axis x3: expected x, y"),
        ("y:0,1", "logarithmic"),
    ],
)
def test_what_cannot_be_is_said(view, words, says):
    with pytest.raises(InputError) as caught:
        fitted(Look.read(words), view.figure)
    assert_one_sentence(caught.value)
    assert says in str(caught.value)


def test_a_hidden_line_leaves_a_file_with_its_band_and_can_come_back_in_a_living_chart(view):
    look = Look(hidden=("GD",), zoom=(("y", 1, 10),))
    drawn = dressed(view, look)
    assert [trace.uid for trace in drawn.figure.data] == ["diag:high", "diag:low", "diag"]
    assert drawn.figure.layout.yaxis.range == (0, 1)
    living = dressed(view, look, alive=True)
    seen = {trace.uid: trace.visible for trace in living.figure.data}
    assert seen["gd"] == seen["gd:low"] == "legendonly"
    assert seen["diag"] is None
    # A reader can go back to the whole: the zoom is told beside it.
    assert living.figure.layout.yaxis.range == view.figure.layout.yaxis.range
    assert message(view, look=look)["zoom"] == {"yaxis": [0, 1]}
    assert len(view.figure.data) == 6


def test_sizes_for_print_are_those_asked_for(view):
    look = Look(width=84, type=8, lines=2)
    drawn = dressed(view, look)
    layout, was = drawn.figure.layout, view.figure.layout
    assert layout.width == pytest.approx(84 / INCH * DOTS)
    smallest = 8 / POINTS * DOTS
    sizes = [layout.xaxis.tickfont.size, layout.legend.font.size, layout.xaxis.title.font.size]
    assert sizes[:2] == pytest.approx([smallest] * 2)
    assert sizes[2] > smallest
    assert drawn.figure.data[2].line.width == 2 * view.figure.data[2].line.width
    assert (layout.title.text, drawn.title) == (None, "Title")
    assert layout.height == pytest.approx(was.height * smallest / was.xaxis.tickfont.size)
    assert dressed(view, PLAIN) is view
    tall = dressed(view, Look(width=84, height=100)).figure.layout
    assert tall.height == pytest.approx(100 / INCH * DOTS)


def test_what_the_figure_has_no_more_is_passed_over_where_choices_move(view):
    look = Look(hidden=("gd", "gone"), zoom=(("x", 0, 1), ("y", 0, 1)), type=9)
    assert fitting(look, view.figure) == Look(hidden=("gd",), zoom=(("x", 0, 1),), type=9)


def test_everything_plotly_holds_can_be_sized():
    sizes = {"size": [4, 8, 12], "line": {"width": 1}}
    figure = go.Figure(go.Scatter(x=[1, 2, 3], y=[1, 2, 3], uid="a", marker=sizes))
    figure.add_annotation(text="note", font={"size": 5}, yshift=4)
    figure.add_shape(type="line", line={"width": 2})
    drawn = dressed(View(figure=figure), Look(type=19.5)).figure
    assert drawn.data[0].marker.size == (8, 16, 24)
    assert drawn.data[0].marker.line.width == 2
    assert drawn.layout.annotations[0].font.size == 26
    assert drawn.layout.annotations[0].yshift == 8
    assert drawn.layout.shapes[0].line.width == 4
