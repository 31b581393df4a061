"""Every figure of the lesson against an identity, and what a link may hold."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.analysis.spectrum import condition_numbers, interval_gamma, transform
from icl_core.errors import InputError
from icl_core.experiments.paper1.published import SPECTRA
from icl_core.lessons import gdpp_spectrum as lesson
from icl_core.lessons.gdpp_spectrum.config import MANY, PRESETS, PROMPTS, SIZES, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.figures.panels import LEVELS, STEPS
from icl_core.lessons.gdpp_spectrum.measure import (
    Hessians,
    Spectra,
    gamma_of,
    hessians_of,
    measure,
    survey_of,
)
from icl_core.lessons.gdpp_spectrum.views import (
    VIEWS,
    passage_grid,
    several_gammas,
)
from icl_core.live import READOUT
from icl_core.tasks.inputs import STANDARD
from tests.hostile import ANY_JSON, assert_one_sentence

UNIFORM = GdppSpectrum(inputs="uniform")


@pytest.fixture(scope="module")
def uniform() -> Spectra:
    return measure(UNIFORM)


@pytest.fixture(scope="module")
def pairs() -> Hessians:
    """Prompts of two eigenvalues."""
    return hessians_of(2, 25, PRESETS["Ellipse to circle"].law)


def alone(hessians: Hessians) -> Spectra:
    """Of one size, without trained models."""
    return Spectra(hessians=hessians, sizes={hessians.task.num_context: hessians}, trained=())


def traces(figure: Any) -> dict[str, Any]:
    return {trace.uid: trace for trace in figure.data}


def passage(config: GdppSpectrum, hessians: Hessians) -> dict[str, Any]:
    found = alone(hessians)
    return {
        uid: trace
        for view in ("passage", "conditions")
        for uid, trace in traces(VIEWS[view](config, found).figure).items()
    }


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("prompt", [1, 3])
def test_one_prompts_eigenvalues_go_through_the_map(
    uniform: Spectra, layers: int, prompt: int
) -> None:
    hessians = uniform.hessians
    config = UNIFORM.replace(layers=layers, prompt=prompt, gamma=0.11)
    shown = passage(config, hessians)
    before = hessians.eigenvalues[prompt - 1]
    after = before
    for _ in range(layers):
        after = after * (1 - 0.11 * after) ** 2
    np.testing.assert_array_equal(shown["on map"].x, before)
    np.testing.assert_allclose(shown["on map"].y, after, rtol=1e-12)
    np.testing.assert_allclose(shown["after"].y, after / after.max(), rtol=1e-12)
    np.testing.assert_allclose(shown["before"].y, before / before[-1], rtol=1e-12)
    np.testing.assert_allclose(np.reshape(shown["after:stems"].y, (-1, 3))[:, 1], shown["after"].y)
    curve = np.interp(before, shown["map"].x, shown["map"].y)
    np.testing.assert_allclose(curve, after, atol=2e-3 * before[-1])


def test_peak_and_root_stand_where_one_layer_has_them(uniform: Spectra) -> None:
    marks = passage(UNIFORM.replace(gamma=0.11), uniform.hessians)["landmarks"]
    np.testing.assert_allclose(marks.x, [1 / 0.33, 1 / 0.11])
    np.testing.assert_allclose(marks.y, transform(np.array(marks.x), 0.11), atol=1e-12)
    far = passage(UNIFORM.replace(gamma=0.11, layers=2), uniform.hessians)["landmarks"]
    assert min(far.x) > 1e6


def test_shares_of_condition_numbers_are_a_histogram(uniform: Spectra) -> None:
    values = uniform.hessians.eigenvalues
    shown = passage(UNIFORM.replace(gamma=0.099), uniform.hessians)
    for uid, gamma in (("share:before", 0.0), ("share:after", 0.099)):
        conditions = condition_numbers(transform(values, gamma))
        edges = np.append(shown[uid].x[::2], shown[uid].x[-1])
        edges[-1] = np.inf
        expected = np.histogram(conditions, edges)[0] / PROMPTS
        np.testing.assert_allclose(np.asarray(shown[uid].y)[::2], expected)
        assert sum(shown[uid].y) == pytest.approx(2)


def test_all_prompts_are_shown_by_their_quantiles(uniform: Spectra) -> None:
    """1,000 prompts: the quantiles are order statistics, within one rank of numpy's."""
    values = uniform.hessians.eigenvalues
    shown = passage(UNIFORM.replace(prompt=MANY, gamma=0.099), uniform.hessians)
    np.testing.assert_allclose(shown["on map"].x, np.median(values, axis=0))
    moved = transform(values, 0.099)
    heights = np.sort(moved / moved.max(-1, keepdims=True), axis=0)
    for uid, rank in (("after:low", 100), ("after", 500), ("after:high", 899)):
        assert (
            np.abs(heights[rank - 1] - shown[uid].y) <= heights[rank + 1] - heights[rank - 2]
        ).all()
    assert (np.asarray(shown["after:low"].y) <= shown["after:high"].y).all()


def test_where_the_reader_stands_is_on_the_curve_of_medians(uniform: Spectra) -> None:
    hessians = uniform.hessians
    node = float(hessians.gammas[20])
    for layers in (1, 4):
        shown = passage(UNIFORM.replace(gamma=node, layers=layers), hessians)
        assert list(shown["now"].x) == [node]
        assert shown["now"].y[0] == pytest.approx(shown[f"L{layers}"].y[20], rel=1e-12)
        medians = [
            np.median(condition_numbers(transform(hessians.eigenvalues, g, layers)))
            for g in hessians.gammas[::10]
        ]
        np.testing.assert_allclose(np.asarray(shown[f"L{layers}"].y)[::10], medians)
    start = np.median(condition_numbers(hessians.eigenvalues))
    assert shown["none"].y[0] == pytest.approx(start)
    assert list(shown["paper"].x) == [SPECTRA[25].gamma] * 2


def test_the_path_on_the_loss_surface_is_gradient_descents(pairs: Hessians) -> None:
    """Against gradient descent on the loss itself, in its own coordinates."""
    low, high = pairs.eigenvalues[0]
    config = GdppSpectrum(dim=2, gamma=0.4 / high)
    shown = passage(config, pairs)
    after = transform(np.array([low, high]), 0.4 / high)
    for side, lam in (("before", np.array([low, high])), ("after", after)):
        x, y = (np.asarray(shown[f"valley:{side}:path"][axis]) for axis in "xy")
        w = np.array([x[0], y[0]])
        for step in range(STEPS + 1):
            np.testing.assert_allclose([x[step], y[step]], w, rtol=1e-9)
            w = w - 2 / lam.sum() * lam * w
        losses = lam[0] * x**2 + lam[1] * y**2
        rate = (lam.max() - lam.min()) / lam.sum()
        np.testing.assert_allclose(losses[1:], rate**2 * losses[:-1], rtol=1e-9)
        # Both directions begin with one half of the loss.
        assert lam[0] * x[0] ** 2 == pytest.approx(lam[1] * y[0] ** 2)
        for number, level in enumerate(LEVELS):
            u, v = (np.asarray(shown[f"valley:{side}:{number}"][axis]) for axis in "xy")
            np.testing.assert_allclose(lam[0] * u**2 + lam[1] * v**2, level * losses[0])


def test_the_ellipse_becomes_a_circle_where_the_eigenvalues_meet(pairs: Hessians) -> None:
    config = PRESETS["Ellipse to circle"]
    gamma = gamma_of(config, pairs)
    assert gamma == interval_gamma(*pairs.eigenvalues[0])
    for layers in (1, 2):
        shown = passage(config.replace(layers=layers), pairs)
        outer = shown["valley:after:0"]
        np.testing.assert_allclose(np.hypot(outer.x, outer.y), 1.0, rtol=1e-9)
        path = shown["valley:after:path"]
        np.testing.assert_allclose(np.hypot(path.x, path.y)[1:], 0, atol=1e-9)
    widest = np.max(passage(config, pairs)["valley:before:0"].x)
    assert widest == pytest.approx((pairs.eigenvalues[0, 1] / pairs.eigenvalues[0, 0]) ** 0.25)


MOVING = {
    "passage": {"map", "on map", "landmarks", "valley:after:0"},
    "conditions": {"after", "share:after", "now"},
}


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("prompt", [1, MANY])
def test_the_preview_at_a_node_is_the_exact_figure(
    uniform: Spectra, prompt: int, name: str
) -> None:
    hessians = uniform.hessians
    place, layers = 23, 2
    config = UNIFORM.replace(prompt=prompt, gamma=float(hessians.gammas[place]), layers=layers)
    view = VIEWS[name](config, uniform)
    shown, readouts = traces(view.figure), {readout.name: readout for readout in view.readouts}
    assert view.grid is not None
    assert view.plain()
    for quantity in view.grid.quantities:
        value = np.asarray(quantity.values)[place, layers - 1]
        if quantity.trace == READOUT:
            assert readouts[quantity.field].value == pytest.approx(float(value))
        else:
            exact = np.asarray(shown[quantity.trace][quantity.field])
            np.testing.assert_allclose(value, exact, rtol=1e-9, err_msg=str(quantity.trace))
    moving = {quantity.trace for quantity in view.grid.quantities}
    assert MOVING[name] <= moving


def test_condition_number_by_gamma_holds_stars_formula_and_gammas(uniform: Spectra) -> None:
    shown = traces(VIEWS["gamma"](UNIFORM, uniform).figure)
    for n, hessians in uniform.sizes.items():
        values = hessians.eigenvalues
        assert shown[f"none:{n}"].y[0] == pytest.approx(np.median(condition_numbers(values)))
        assert list(shown[f"paper:{n}"].x) == [SPECTRA[n].gamma] * 2
        # What is best for the loss is what the paper's layers were trained to.
        assert shown[f"loss:{n}"].x[0] == pytest.approx(SPECTRA[n].gamma, rel=0.05)
        # Both other gammas are larger, as the paper says of its formula's.
        assert shown[f"loss:{n}"].x[0] < shown[f"formula best:{n}"].x[0]
        assert shown[f"loss:{n}"].x[0] < shown[f"best:{n}"].x[0]
        low, high = values.min(), values.max()
        for gamma, kappa in zip(hessians.gammas, shown[f"formula:{n}"].y, strict=True):
            if kappa is not None and 3 * gamma * high > 1:
                formula = 4 / 27 / gamma / transform(np.array([low, high]), gamma).min()
                assert kappa == pytest.approx(formula)
    starts = [shown[f"none:{n}"].y[0] for n in SIZES]
    assert starts == sorted(starts, reverse=True)


def test_other_inputs_and_more_layers_have_no_published_gamma_and_no_formula() -> None:
    config = GdppSpectrum(inputs="stretched", layers=2)
    shown = traces(VIEWS["gamma"](config, alone(hessians_of(10, 25, config.law))).figure)
    assert set(shown) == {"median:25", "none:25", "best:25"}


def test_distributions_move_towards_one_and_explode(uniform: Spectra) -> None:
    """n = 25: the best gamma for the loss, next to the paper's 0.099, and beyond (figure 13)."""
    hessians = uniform.hessians
    gammas = several_gammas(UNIFORM, hessians)
    assert gammas[2] == pytest.approx(SPECTRA[25].gamma, rel=0.05)
    shown = traces(VIEWS["kappas"](UNIFORM, uniform).figure)
    medians, tails = [], []
    for place, gamma in enumerate(gammas):
        trace = shown[f"gamma {place}"]
        conditions = condition_numbers(transform(hessians.eigenvalues, gamma))
        edges = np.append(trace.x[::2], np.inf)
        expected = np.histogram(conditions, edges)[0] / PROMPTS
        np.testing.assert_allclose(np.asarray(trace.y)[::2], expected)
        medians.append(np.median(conditions))
        tails.append(np.quantile(conditions, 0.99))
    assert medians[0] > medians[1] > medians[2]
    assert tails[2] < tails[0] / 2
    assert tails[4] > 10 * tails[0]


def test_a_survey_is_made_once(uniform: Spectra) -> None:
    assert survey_of(uniform.hessians) is survey_of(uniform.hessians)
    assert passage_grid(uniform.hessians, 1) is passage_grid(uniform.hessians, 1)


def test_fewer_examples_than_dimensions_and_one_dimension_are_shown() -> None:
    for config in (
        GdppSpectrum(num_context=1),
        GdppSpectrum(dim=1),
        GdppSpectrum(dim=20, num_context=5),
    ):
        hessians = hessians_of(config.dim, config.num_context, config.law)
        spectra = Spectra(hessians=hessians, sizes={config.num_context: hessians}, trained=())
        for build in VIEWS.values():
            assert build(config, spectra).plain()
        assert lesson.finding(config, spectra)


def test_an_old_link_is_what_it_was() -> None:
    config = GdppSpectrum.from_dict(
        {"dim": "5", "num_context": "100", "layers": "2", "gamma": "0.01"}
    )
    assert config.law == STANDARD
    assert (config.dim, config.num_context, config.layers, config.gamma) == (5, 100, 2, 0.01)
    assert config.prompt == 1


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(GdppSpectrum().to_dict(), ANY_JSON)) | ANY_JSON
)
def test_choices_from_outside_are_valid_or_one_sentence(values: Any) -> None:
    try:
        config = GdppSpectrum.from_dict(values)
    except InputError as error:
        assert_one_sentence(error)
    else:
        assert GdppSpectrum.from_dict(config.to_dict()) == config
