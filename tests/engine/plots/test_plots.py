"""Figures hold exactly the results they are given, in the looks of the one style table."""

from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from icl_core.experiments.mixed_noise.published import published_loss
from icl_core.lessons import gdpp_spectrum as spectrum
from icl_core.lessons import noise_and_depth, weights
from icl_core.lessons.gdpp_spectrum.config import GdppSpectrum
from icl_core.lessons.gdpp_spectrum.measure import hessians_of, medians_of
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.noise_and_depth.views import depth_figure
from icl_core.lessons.shared.coordinates import model_of
from icl_core.lessons.shared.losses import measure
from icl_core.lessons.train.noise import measure_model
from icl_core.lessons.train.views import layers_figure
from icl_core.lessons.train.words import model_finding
from icl_core.lessons.weights.config import Weights
from icl_core.lessons.weights.measure import read
from icl_core.plots.figure import alt_text, figure_name, figure_title, tidy_rows
from icl_core.plots.methods import METHODS
from icl_core.plots.omegas import OMEGA_LOOKS
from icl_core.plots.sketch import sketch
from icl_core.plots.style import MODES, SURFACES, numbered_cells
from icl_core.plots.swatches import diverging_scale, method_lines
from icl_core.plots.ticks import log_range, log_ticks, tick_label
from icl_core.plots.vision import VISIONS, contrast, difference, grey
from icl_core.zoo.library import find_entry, load_entry
from icl_core.zoo.tables import load_table


@pytest.fixture(scope="module")
def losses():
    return measure("uniform5_d10_n20")


@pytest.fixture(scope="module")
def all_figures(losses):
    config = NoiseAndDepth(published=True)
    story = read("uniform5_d10_n20", "full", 4)
    shown = Weights(task="uniform5_d10_n20")
    lesson = GdppSpectrum()
    spectra = spectrum.measure(lesson)
    return [
        depth_figure(config, losses),
        noise_and_depth.VIEWS["profile"](config, losses).figure,
        noise_and_depth.VIEWS["layers"](config, losses).figure,
        weights.VIEWS["heatmaps"](shown, story).figure,
        weights.VIEWS["theory"](shown, story).figure,
        weights.VIEWS["omegas"](shown, story).figure,
        *(view(lesson, spectra).figure for view in spectrum.VIEWS.values()),
        method_lines(),
        diverging_scale(),
    ]


def column(rows, series, name):
    return [row[name] for row in rows if row["series"] == series]


def test_depth_figure_holds_the_tables(losses):
    figure = depth_figure(NoiseAndDepth(), losses)
    rows = tidy_rows(figure)
    expected = [load_table(f"diag_L{n}_uniform5_d10_n20").loss.mean[-1] for n in range(1, 9)]
    assert column(rows, "DIAG", "adjusted loss (half MSE)") == expected
    assert column(rows, "DIAG", "layers L") == list(range(1, 9))
    floor = load_table("bayes_rr_uniform5_d10_n20").loss.mean[-1]
    assert set(column(rows, "Bayes floor", "adjusted loss (half MSE)")) == {floor}


def test_profile_figure_holds_the_tables(losses):
    config = NoiseAndDepth(layers=2, statistic="median")
    rows = tidy_rows(noise_and_depth.VIEWS["profile"](config, losses).figure)
    table = load_table("full_L2_uniform5_d10_n20")
    assert column(rows, "FULL", "adjusted loss (half MSE)") == table.profile.median[:, -1].tolist()
    low = column(rows, "FULL, 10–90 % of prompts low", "adjusted loss (half MSE)")
    assert low == table.profile.low[:, -1].tolist()


def test_layers_figure_is_exact_at_the_levels_of_the_table(losses):
    config = NoiseAndDepth(layers=3, sigma=float(losses.sigmas[9]))
    rows = tidy_rows(noise_and_depth.VIEWS["layers"](config, losses).figure)
    table = load_table("diag_L3_uniform5_d10_n20")
    np.testing.assert_allclose(
        column(rows, "DIAG", "adjusted loss (half MSE)"), table.profile.mean[9]
    )


def test_heatmaps_hold_the_weights():
    entry = find_entry("full_L4_uniform5_d10_n20")
    model = load_entry(entry).model
    story = read("uniform5_d10_n20", "full", 4)
    config = Weights(task="uniform5_d10_n20", coordinates="raw", layer=2)
    rows = tidy_rows(weights.VIEWS["heatmaps"](config, story).figure)
    values = [row["value"] for row in rows if row["panel"] == "Q, layer 2"]
    np.testing.assert_array_equal(np.reshape(values, (11, 11)), model.Q[1, 0])


def test_heatmaps_are_centred_and_share_limits():
    story = read("uniform5_d10_n20", "full", 4)
    figure: Any = weights.VIEWS["heatmaps"](Weights(task="uniform5_d10_n20"), story).figure
    layout = figure.layout
    for axis in (layout.coloraxis, layout.coloraxis2):
        assert axis.cmin == -axis.cmax < 0


def test_with_fewer_examples_than_dimensions_zeros_are_left_out():
    config = GdppSpectrum(num_context=5)
    found = hessians_of(10, 5)
    assert found.eigenvalues.shape[1] == 5
    assert found.eigenvalues.min() > 0
    assert "5 more eigenvalues are 0" in spectrum.finding(config, spectrum.measure(config))


def test_one_dimension_has_nothing_to_balance():
    config = GdppSpectrum(dim=1)
    found = hessians_of(1, 25)
    assert "one eigenvalue" in spectrum.finding(config, spectrum.measure(config))
    medians = medians_of(found, 1)
    assert np.all(medians[np.isfinite(medians)] == 1)


def test_every_figure_has_words_a_name_and_lasting_traces(all_figures):
    names = [figure_name(figure) for figure in all_figures]
    assert len(set(names)) == len(names)
    for figure in all_figures:
        assert len(alt_text(figure)) > 40
        assert figure_title(figure)
        uids = [trace.uid for trace in figure.data]
        assert None not in uids
        assert len(set(uids)) == len(uids)
        assert tidy_rows(figure)


def test_no_figure_takes_its_colours_from_plotlys_default(all_figures):
    for figure in all_figures:
        for trace in figure.data:
            if trace.type == "scatter":
                assert trace.line.color or trace.marker.color


def test_every_figure_has_a_stand_in_that_is_small_and_sound(all_figures):
    for figure in all_figures:
        picture = sketch(figure)
        root = ElementTree.fromstring(picture)
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert kinds <= {"svg", "g", "path", "text", "circle", "rect"}
        assert kinds & {"path", "rect"}
        assert "nan" not in picture
        assert len(picture) < 60_000


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("page", ["#ffffff", "#12171d"])
def test_every_method_stands_out_on_white_and_on_the_dark_page(method, page):
    assert contrast(METHODS[method].color, page) >= 3


def test_methods_differ_by_more_than_colour():
    looks = [(style.dash, style.marker) for style in METHODS.values()]
    assert len(set(looks)) == len(looks)
    assert len({style.label for style in METHODS.values()}) == len(METHODS)


SAME_DASH = [
    pytest.param(one, other, id=f"{one}, {other}")
    for one, other in combinations(METHODS, 2)
    if METHODS[one].dash == METHODS[other].dash
]


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("one", "other"), SAME_DASH)
def test_lines_of_the_same_dash_differ_in_colour_to_every_eye(one, other, vision):
    """A CIE Lab distance of 2.3 is just noticeable; curves without markers have nothing else."""
    assert difference(METHODS[one].color, METHODS[other].color, vision) >= 10


def test_an_omega_looks_like_no_other_and_like_no_model():
    colors = [color for color, *_ in OMEGA_LOOKS]
    for one, other in combinations(colors, 2):
        assert min(difference(one, other, vision) for vision in VISIONS) >= 10
    for color in colors:
        assert all(contrast(color, page) >= 3 for page in ("#ffffff", "#12171d"))
        assert all(
            difference(color, METHODS[kind].color) >= 20 for kind in ("gdpp", "diag", "full")
        )


def test_the_style_figure_draws_every_method_as_figures_do():
    figure = method_lines()
    assert [row["method"] for row in tidy_rows(figure)] == [s.label for s in METHODS.values()]
    for name, style in METHODS.items():
        line, grey_line, marker, grey_marker = (
            next(trace for trace in figure.data if trace.uid == f"{name}:{part}")
            for part in ("line1", "line2", "marker1", "marker2")
        )
        assert {line.line.dash, grey_line.line.dash} == {style.dash}
        assert {marker.marker.symbol, grey_marker.marker.symbol} == {style.marker}
        assert (line.line.color, marker.marker.color) == (style.color, style.color)
        assert grey_line.line.color == grey_marker.marker.color == grey(style.color)


def test_markers_alone_tell_methods_apart():
    assert len({style.marker for style in METHODS.values()}) == len(METHODS)


def test_vision_is_that_of_the_books():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert grey("#ffffff") == "#ffffff"
    assert grey("#777777") == "#777777"
    assert contrast(grey("#d55e00"), "#d55e00") == pytest.approx(1, abs=0.02)
    assert difference("#000000", "#ffffff") == pytest.approx(100, abs=0.01)
    # Red and green of about one lightness: far apart for most, close without red cones.
    assert difference("#b45a3c", "#7a7a28") > 30
    assert difference("#b45a3c", "#7a7a28", "deuteranopia") < 12
    for vision in VISIONS:
        assert difference("#808080", "#909090", vision) == pytest.approx(
            difference("#808080", "#909090"), abs=0.1
        )


@pytest.mark.parametrize("mode", MODES)
def test_text_is_legible_on_every_surface(mode):
    page = {"light": "#ffffff", "dark": "#12171d", "paper": "#ffffff"}[mode]
    assert contrast(SURFACES[mode].text, page) >= 7
    assert contrast(SURFACES[mode].muted, page) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_numbers_in_cells_are_legible_on_every_surface(mode):
    places = np.linspace(-1, 1, len(SURFACES[mode].diverging))
    colors = np.array(
        [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in SURFACES[mode].diverging]
    )
    end = 2 / numbered_cells(2)["cmax"]
    for share in np.linspace(-end, end, 101):
        rgb = np.round([np.interp(share, places, channel) for channel in colors.T])
        cell = "#" + "".join(f"{int(value):02x}" for value in rgb)
        # Plotly's own choice: by the brightness of YIQ.
        digits = "#ffffff" if rgb @ [0.299, 0.587, 0.114] < 128 else "#444444"
        assert contrast(digits, cell) >= 4.5
        assert contrast(SURFACES[mode].text, cell) >= 4.5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.05, "0.05"),
        (1.0, "1"),
        (1000.0, "1000"),
        (10000.0, "10,000"),
        (1e-6, "10⁻⁶"),
        (2e-5, "2·10⁻⁵"),
        (1e12, "10¹²"),
    ],
)
def test_ticks_are_readable(value, text):
    assert tick_label(value) == text


def test_log_ticks_are_few_and_inside():
    for low, high in ((0.19, 0.42), (0.03, 1.2), (1e-5, 10), (1e-9, 1e30)):
        ticks = log_ticks(low, high)
        assert 2 <= len(ticks) <= 12
        assert all(low <= tick <= high for tick in ticks)


def test_a_range_ignores_what_a_logarithm_cannot_show():
    low, high = log_range([[0.0, np.nan, np.inf, -1.0], [0.1, 10.0]])
    assert 0 < low < 0.1 < 10 < high < 100
    assert log_range([[0.0]]) == (0.1, 1.0)


def test_published_values_are_those_of_the_table(losses):
    assert published_loss(losses.task, "diag", 4) == 0.059
    assert published_loss(losses.task.replace(dim=9), "diag", 4) is None
    assert published_loss(losses.task, "diag", 40) is None


def test_a_diverging_model_is_called_so(losses):
    twos = np.full((3, 1, 3, 3), 2.0)
    wild = model_of(twos, twos)
    task = losses.task.replace(dim=2)
    measured = measure_model(wild, task)
    assert "diverges" in model_finding("full", task, measured)
    assert tidy_rows(layers_figure("full", measured))
