"""A second model beside those of a task."""

import numpy as np
import pytest

from icl_core.analysis.loss import evaluate
from icl_core.errors import InputError
from icl_core.lessons.algorithm.config import Algorithm
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.data.config import Data
from icl_core.lessons.gdpp_spectrum.config import GdppSpectrum
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.shared.beside import beside_of, besides, fits
from icl_core.lessons.shared.losses import BESIDE
from icl_core.lessons.shared.shipped import find_family
from icl_core.lessons.shared.tables import FEW
from icl_core.zoo.library import find_entry, load_entry

OF_ONE = {
    ("one_prompt", "iterations"),
    ("algorithm", "flow"),
    ("algorithm", "worth"),
    ("algorithm", "omegas"),
    ("gdpp_spectrum", "passage"),
}
"""Views of one model, or of none."""
OTHER = "full_L3_categorical1-3_d10_n20"


def test_its_losses_are_those_of_a_fresh_evaluation_on_the_lessons_task():
    config = NoiseAndDepth(beside=OTHER)
    losses = LESSONS["noise_and_depth"].result(config)
    model = load_entry(find_entry(OTHER)).model
    again = evaluate({BESIDE: model}, losses.task, prompts=FEW.law, seed=7)[BESIDE]
    found = losses.over_noise[BESIDE]
    assert found.mean.shape == (4,)
    gap = np.abs(found.mean - again.mean)[1:]
    assert (gap < 5 * np.hypot(found.stderr, again.stderr)[1:]).all()
    said = LESSONS["noise_and_depth"].finding(config, losses)
    assert "beside it, FULL, L = 3" in said


def test_a_model_beside_itself_has_its_own_losses():
    """From its table, and on prompts of another length."""
    name = "diag_L4_uniform5_d10_n20"
    losses = LESSONS["noise_and_depth"].result(NoiseAndDepth(beside=name))
    np.testing.assert_array_equal(losses.over_noise[BESIDE].mean, losses.over_noise["diag", 4].mean)
    losses = LESSONS["noise_and_depth"].result(NoiseAndDepth(beside=name, num_context=30))
    np.testing.assert_allclose(
        losses.over_noise[BESIDE].mean, losses.over_noise["diag", 4].mean, rtol=1e-5
    )


def test_it_is_in_every_chart_of_the_lesson():
    for lesson, config in {
        "noise_and_depth": NoiseAndDepth(beside=OTHER),
        "one_prompt": OnePrompt(beside=OTHER),
        "algorithm": Algorithm(beside=OTHER),
        "gdpp_spectrum": GdppSpectrum(beside=OTHER, part="trained"),
        "data": Data(beside=OTHER),
    }.items():
        found = LESSONS[lesson].result(config)
        for name in LESSONS[lesson].shown(config):
            if (lesson, name) in OF_ONE:
                continue
            figure = LESSONS[lesson].views[name](config, found).figure
            assert any(BESIDE in str(trace.uid) for trace in figure.data), (lesson, name)


def test_four_numbers_a_layer_serve_any_dimension_and_matrices_do_not():
    family = find_family("uniform5_d10_n20")
    assert set(besides(10)) >= {entry.name for entry in family.entries["full"].values()}
    small = next(name for name in besides(1) if name.startswith("diag_L4_"))
    assert beside_of(small, 10).label.startswith("DIAG, L = 4")
    assert fits(small, 10)
    assert fits(OTHER, 10)
    assert not fits(OTHER, 5)
    with pytest.raises(InputError, match="takes inputs of dimension 10, and here they have 5"):
        beside_of(OTHER, 5)


def test_a_model_beside_itself_is_the_model_in_every_lesson():
    """Its held-out errors, its losses as trained, its eigenvalues by layer."""
    name = "diag_L4_uniform5_d10_n20"
    data = LESSONS["data"].result(Data(beside=name))
    np.testing.assert_allclose(data.scores.rmse[BESIDE], data.scores.rmse["diag"])
    assert data.beside in LESSONS["data"].finding(Data(beside=name), data)

    config = Algorithm(beside=name)
    opened = LESSONS["algorithm"].result(config)
    traces = {
        trace.uid: trace for trace in LESSONS["algorithm"].view("switches", config).figure.data
    }
    np.testing.assert_allclose(traces[BESIDE].y, traces["trained"].y, rtol=1e-6)
    assert "Beside it, DIAG, L = 4" in LESSONS["algorithm"].finding(config, opened)

    spectrum = GdppSpectrum(beside=name, part="steps")
    traces = {
        trace.uid: trace for trace in LESSONS["gdpp_spectrum"].view("course", spectrum).figure.data
    }
    np.testing.assert_allclose(traces[BESIDE].y, traces["kappa"].y, rtol=1e-5)


def test_a_model_beside_is_asked_in_the_units_of_its_own_training():
    """As it answers when it is the model that is looked at."""
    beside = LESSONS["data"].result(Data(beside=OTHER))
    own = LESSONS["data"].result(
        Data(task="categorical1-3_d10_n20", parametrization="full", layers=3)
    )
    np.testing.assert_allclose(beside.scores.rmse[BESIDE], own.scores.rmse["full"])


def test_a_small_model_beside_rounds_the_ellipses_of_a_larger_task():
    """Its few numbers a layer, in ten dimensions."""
    small = next(name for name in besides(1) if name.startswith("diag_L4_"))
    config = GdppSpectrum(beside=small)
    (line,) = (
        trace
        for trace in LESSONS["gdpp_spectrum"].view("layers", config).figure.data
        if trace.uid == BESIDE
    )
    assert len(line.y) == 5
    assert (np.asarray(line.y) <= 1).all()
    assert line.y[4] != line.y[0]
