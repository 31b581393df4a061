"""The lesson on the algorithm that a model found: its figures against other routes."""

from typing import Any

import numpy as np
import pytest

from icl_core.analysis.loss import adjusted_losses
from icl_core.errors import InputError
from icl_core.lessons import algorithm as lesson
from icl_core.lessons.algorithm.config import OMEGAS, Algorithm
from icl_core.lessons.algorithm.figures.matching import NEAR, closeness
from icl_core.lessons.algorithm.matching import STEPS, first, law_flow, matched
from icl_core.lessons.algorithm.measure import LAW, STOPS, read
from icl_core.lessons.algorithm.prompt import momentum_of, prompt_flow
from icl_core.lessons.algorithm.switches import FACTORS, as_trained, switched, worth
from icl_core.lessons.shared.shipped import models_of
from icl_core.lessons.shared.words import plus_minus
from icl_core.plots.figure import alt_text, figure_name, tidy_rows
from icl_core.plots.sketch import sketch
from icl_core.zoo.library import find_entry, load_entry
from icl_core.zoo.tables import load_table

TASK = "uniform5_d10_n20"


@pytest.fixture(scope="module")
def opened():
    return read(TASK, "diag", 4)


def grid_of(view):
    assert view.grid is not None
    return view.grid


def traces(view) -> dict[str, Any]:
    return {trace.uid: trace for trace in view.figure.data}


def test_every_figure_has_words_a_name_and_lasting_traces(opened):
    views = [build(Algorithm(), opened) for build in lesson.VIEWS.values()]
    names = {figure_name(view.figure) for view in views}
    assert len(names) == len(views)
    for view in views:
        view.plain()
        assert len(alt_text(view.figure)) > 40
        assert view.title
        assert view.caption
        assert tidy_rows(view.figure)
        assert "nan" not in sketch(view.figure)


def test_the_flow_holds_the_omegas_as_scaled(opened):
    view = lesson.VIEWS["flow"](Algorithm(yy=0.0, xx=2.0, layer=2), opened)
    rows = [row for row in tidy_rows(view.figure) if "omega" in row]
    shown = {(row["layer"], row["omega"]): row["value"] for row in rows}
    for layer in range(4):
        scale = {"ω_xx": 2.0, "ω_yy": 0.0} if layer == 1 else {}
        for index, name in enumerate(("ω_xx", "ω_xy", "ω_yx", "ω_yy")):
            expected = opened.normal[layer, index] * scale.get(name, 1.0)
            assert shown[layer + 1, name] == pytest.approx(expected)
    strong = traces(lesson.VIEWS["flow"](Algorithm(), opened))
    widths = {uid: trace.line.width for uid, trace in strong.items() if uid.startswith("ω")}
    layer, index = np.unravel_index(np.abs(opened.normal).argmax(), (4, 4))
    name = ("ω_xx", "ω_xy", "ω_yx", "ω_yy")[index]
    assert max(widths, key=lambda uid: widths[uid]) == f"{name}:{layer + 1}"


@pytest.mark.parametrize("name", ["diag_L4", "gdpp_L4", "diag_L4_H2"])
def test_as_trained_is_the_transformer_itself(name):
    kind, _, heads = name.partition("_L4")
    found = read(TASK, kind + heads, 4)
    model = load_entry(find_entry(f"{name}_{TASK}")).model
    prompts = found.sample.prompts
    exact = adjusted_losses(model, prompts)
    np.testing.assert_allclose(as_trained(found), exact, rtol=1e-8, atol=1e-10)


def test_losses_agree_with_the_shipped_table(opened):
    table = load_table(f"diag_L4_{TASK}").loss
    found = worth(opened)
    assert abs(found.base - table.mean[-1]) < 4 * found.base_error
    assert found.nothing == pytest.approx(table.mean[0], rel=0.1)


def test_the_slider_passes_through_the_model_as_trained_and_through_off(opened):
    found = switched(opened, "xy", (1.0,) * 4, 0)
    law, levels = opened.sample.parts(as_trained(opened))
    one, off = int(np.argmin(np.abs(FACTORS - 1))), 0
    np.testing.assert_allclose(found.law.mean[one], law.mean(-1), rtol=1e-9)
    np.testing.assert_allclose(found.profile.mean[one], levels[-1].mean(-1), rtol=1e-9)
    assert abs(found.rise[one]) < 1e-9
    table, row = worth(opened), OMEGAS.index("xy")
    spread = np.hypot(found.rise_error[off], table.rise_error[row, 0])
    assert abs(found.rise[off] - table.rise[row, 0]) < 5 * spread
    assert table.rise[row, 0] > 10 * table.rise_error[row, 0]


def test_the_switch_figure_is_its_grid_at_every_stop(opened):
    for factor in (0.0, 0.7, 2.0):
        view = lesson.VIEWS["switches"](Algorithm(yy=factor), opened)
        node = int(np.argmin(np.abs(FACTORS - factor)))
        for quantity in grid_of(view).quantities:
            shown = np.maximum(traces(view)[quantity.trace].y, 1e-12)
            np.testing.assert_allclose(shown, np.asarray(quantity.values)[node])
        assert grid_of(view).exact


def test_the_table_of_switches_holds_losses_with_their_errors(opened):
    found = worth(opened)
    rows = tidy_rows(lesson.VIEWS["worth"](Algorithm(), opened).figure)
    assert [row["loss (half MSE)"] for row in rows] == found.loss.ravel().tolist()
    assert [row["standard error"] for row in rows] == found.error.ravel().tolist()
    colors = traces(lesson.VIEWS["worth"](Algorithm(), opened))["worth"].z
    finite = found.loss < 100 * found.base
    np.testing.assert_allclose(10 ** -colors[finite] * found.base, found.loss[finite])


def test_gdpp_becomes_ridge_of_the_mean_square_noise():
    """Its exact floor is ConstRR of s = E sigma^2 (`ConstRR.of`)."""
    gdpp = read(TASK, "gdpp", 4)
    name, strength, gap, error = matched(gdpp, "ridge").nearest(4)[0]
    assert (name, strength) == ("const_rr", pytest.approx(25 / 3))
    assert gap < 0.01
    assert error < gap
    assert (
        "ridge regression of strength 8.33"
        in lesson.VIEWS["matching"](Algorithm(model="gdpp", system="ridge"), gdpp).caption
    )


def test_matching_holds_the_gaps_and_marks_the_nearest(opened):
    found = matched(opened, "oracle")
    view = lesson.VIEWS["matching"](Algorithm(), opened)
    shown = traces(view)
    for name, gaps in found.gaps.items():
        np.testing.assert_allclose(shown[name].z, closeness(gaps.gap))
        assert list(shown[f"{name}:best"].x) == gaps.best().tolist()
        least = gaps.gap.min(axis=-1)
        marked = np.take_along_axis(gaps.gap, gaps.best()[:, None], 1)[:, 0]
        assert np.all(marked <= least * 1.25)
    # All methods but ridge end at the same solution: at their last steps they agree.
    ends = [gaps.gap[:, -1] for name, gaps in found.gaps.items() if name in ("cg", "newton")]
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-6)
    assert len(STEPS) == found.gaps["cg"].gap.shape[1]


def test_what_is_as_near_as_the_nearest_is_told_too(opened):
    first, *others = matched(opened, "oracle").nearest(opened.num_layers)
    least = min((first, *others), key=lambda match: match.gap)
    assert others, "here several are as near"
    caption = lesson.VIEWS["matching"](Algorithm(), opened).caption
    for match in (first, *others):
        assert match.steps >= first.steps
        assert match.gap <= least.gap + 2 * least.error
        assert match.said in caption


def test_closeness_counts_decades():
    assert closeness(np.array([1.0, 0.1, 0.0, 5.0, np.nan])).tolist() == [0, 1, NEAR, 0, 0]


def test_the_plane_holds_zero_the_truth_and_least_squares_at_every_noise_level(opened):
    flow = prompt_flow(opened, 3)
    for points in (flow.truth[None], flow.ols):
        flat = points @ flow.plane.T @ flow.plane
        np.testing.assert_allclose(flat, points, atol=1e-9)
    np.testing.assert_allclose(flow.plane @ flow.plane.T, np.eye(2), atol=1e-12)
    assert len(flow.sigmas) == STOPS
    np.testing.assert_allclose(flow.ols[0], flow.truth, atol=1e-9)


def test_implicit_weights_move_as_the_transformer_does(opened):
    flow = prompt_flow(opened, 3)
    node = 7
    config = Algorithm(seed=3, sigma=float(flow.sigmas[node]), after=2)
    view = lesson.VIEWS["implicit"](config, opened)
    shown = traces(view)
    whole = np.asarray(shown["held"].z)
    np.testing.assert_allclose(whole[:-1, :-1], flow.M[2, node])
    np.testing.assert_allclose(whole[:-1, -1], flow.u[2, node])
    np.testing.assert_allclose(whole[-1, :-1], -flow.w[2, node])
    assert whole[-1, -1] == flow.a[2, node]
    np.testing.assert_allclose(shown["w:coordinates"].y, flow.w[2, node])
    np.testing.assert_allclose(shown["path"].x, flow.w[:, node] @ flow.plane[0])
    for quantity in grid_of(view).quantities:
        if quantity.trace in shown:
            drawn = getattr(shown[quantity.trace], quantity.field)
            np.testing.assert_allclose(drawn, np.asarray(quantity.values)[node, 2])
    readouts = {readout.name: readout.value for readout in view.readouts}
    gap = flow.w[2, node] - flow.ridge[node]
    assert readouts["loss"] == pytest.approx(0.5 * gap @ gap)
    assert 0 <= readouts["kept"] <= 1


def test_the_terms_are_those_of_the_steps(opened):
    found = momentum_of(opened)
    steps = np.diff(np.asarray(law_flow(opened).w), axis=0)
    np.testing.assert_allclose(found.terms.step, steps, rtol=1e-10, atol=1e-10)
    prompts = first(opened.sample.prompts, LAW)
    path = np.asarray(opened.model.weight_path(prompts))
    np.testing.assert_allclose(found.terms.step.sum(0), path[-1], atol=1e-8)
    rows = tidy_rows(lesson.VIEWS["terms"](Algorithm(), opened).figure)
    shown = [row for row in rows if (row["panel"], row["term"]) == ("norm", "gradient")]
    norms = np.linalg.norm(found.terms.gradient, axis=-1)
    assert [row["mean"] for row in shown] == pytest.approx(norms.mean(-1))
    errors = norms.std(-1, ddof=1) / np.sqrt(LAW)
    assert [row["standard error"] for row in shown] == pytest.approx(errors)


def test_the_finding_says_what_each_omega_is_worth(opened):
    said, found = lesson.finding(Algorithm(), opened), worth(opened)
    for index, name in enumerate(OMEGAS):
        change = plus_minus(found.rise[index, 0], found.rise_error[index, 0], sign="+")
        assert rf"without $\omega_{{{name}}}$" in said
        assert change in said
    gdpp = lesson.finding(Algorithm(), read(TASK, "gdpp", 2))
    assert "{xy}" not in gdpp
    assert "{yy}" not in gdpp
    assert "The DIAG part of FULL alone" in lesson.finding(Algorithm(), read(TASK, "full", 2))


def test_no_control_compiles_anything(opened, compilations):
    for build in lesson.VIEWS.values():
        build(Algorithm(), opened)
    other = read(TASK, "diag_H2", 3)
    compilations.clear()
    for config, found in (
        (Algorithm(omega="xy", layer=2, yy=0.3, seed=5, system="ols"), opened),
        (Algorithm(model="diag_H2", layers=3, after=1), other),
    ):
        lesson.finding(config, found)
        for build in lesson.VIEWS.values():
            build(config, found)
    assert not compilations


def test_two_heads_are_opened_where_they_ship():
    assert list(models_of(TASK)) == ["gdpp", "diag", "diag_H2", "full"]
    assert set(models_of("uniform7_d10_n20")) == {"gdpp", "diag", "full"}
    with pytest.raises(InputError, match="2 heads"):
        read("uniform7_d10_n20", "diag_H2", 2)


@pytest.mark.parametrize(
    "values",
    [{"yy": 2.1}, {"xx": "a"}, {"omega": "zz"}, {"layer": -1}, {"system": "x"}, {"after": 13}],
    ids=repr,
)
def test_bad_choices(values):
    with pytest.raises(InputError):
        Algorithm.from_dict(values)
