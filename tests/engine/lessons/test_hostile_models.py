"""Weights of any magnitude, as an uploaded file may hold them, are drawn or refused in words."""

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from icl_core.checkpoints import Checkpoint, checkpoint_bytes, parse_checkpoint
from icl_core.errors import InputError
from icl_core.lessons.shared.coordinates import normalised
from icl_core.lessons.shared.matrices import panels
from icl_core.lessons.shared.words import plus_minus, short
from icl_core.lessons.train.noise import measure_model
from icl_core.lessons.train.views import layers_figure
from icl_core.lessons.train.words import model_finding
from icl_core.live import Grid, Quantity, View
from icl_core.live.message import message
from icl_core.models.linear import LinearTransformer
from icl_core.plots import heatmaps as weights
from icl_core.plots import losses
from icl_core.plots.curves import Curve
from icl_core.plots.ticks import limit_of, log_range, log_ticks, tick_label
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from tests.hostile import assert_drawable, assert_one_sentence

SIZES = [0.0, 5e-324, 1e-300, 1e-12, 1e12, 1e200, 1.7e308]
ANY = st.sampled_from([*SIZES, np.inf, np.nan, 1.0, 0.3])
TASK = LinearTask(dim=2, num_context=4, noise=UniformNoise(sigma_max=1.0))


@pytest.mark.parametrize("size", SIZES)
def test_a_file_with_weights_of_any_size(size: float) -> None:
    """1e200 and 1e-300 ended in OverflowError, ZeroDivisionError and ValueError."""
    P = size * np.linspace(-1, 1, 18).reshape(2, 1, 3, 3)
    checkpoint = Checkpoint(
        model=LinearTransformer(P=P, Q=P[::-1]),  # type: ignore[arg-type]
        parametrization="full",
        task=TASK,
        seed=0,
    )
    try:
        opened = parse_checkpoint("it", checkpoint_bytes(checkpoint))
    except InputError as error:
        assert_one_sentence(error)
        return
    measured = measure_model(opened.model, opened.task)
    assert "nan" not in model_finding("full", TASK, measured)
    drawn(layers_figure("full", measured))
    shown = panels(normalised(opened.model, TASK))
    drawn(weights.heatmaps(shown, title="Weights", cell=weights.ROW))


def drawn(figure: Any) -> None:
    view = View(figure=figure)
    assert_drawable(view)
    message(view)


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(arrays.arrays(float, st.integers(1, 4), elements=ANY), ANY)
@example(np.array([1.7e308, 5e-324]), 0.0)
@example(np.array([5e-324]), 5e-324)
def test_ranges_ticks_and_labels(values: np.ndarray, top: float) -> None:
    low, high = log_range([values], top=top if top == top else np.inf)
    assert 0 < low < high < np.inf
    ticks = log_ticks(low, high)
    assert all(low <= tick <= high and tick_label(tick) for tick in ticks)
    limit = limit_of([values])
    assert 0 < limit < np.inf
    assert log_ticks(limit / 9.9, limit)


@settings(max_examples=30, deadline=None, phases=[Phase.generate])
@given(arrays.arrays(float, 3, elements=ANY), ANY.filter(np.isfinite))
def test_losses_of_any_size(values: np.ndarray, floor: float) -> None:
    x = np.arange(3)
    drawn(losses.loss_by_layer([Curve(method="full", x=x, y=values)], title="Loss"))
    drawn(losses.training_curve(x, values, method="full", floor=floor, now=1))


@pytest.mark.parametrize("value", [*SIZES, -1e-300, np.inf, np.nan])
def test_numbers_in_words(value: float) -> None:
    for text in (short(value), plus_minus(min(value, 1e12), 5e-324), plus_minus(0.0, abs(value))):
        assert text


def test_a_grid_of_logarithms_holds_what_float32_does_not() -> None:
    """1e-50 is 0 as float32, and was refused as if it were not above 0."""
    quantity = Quantity(trace="it", field="y", values=[1e-50, 1e50], scale="log")
    assert Grid(axes={"t": [0.0, 1.0]}, quantities=[quantity]).packed
