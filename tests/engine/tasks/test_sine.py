"""Sine waves: the two laws, and that queries belong to the prompt's wave."""

import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.tasks.sine import LAWS, SineTask
from tests.cases import assert_close


@pytest.mark.parametrize("law", LAWS)
def test_examples_and_queries_lie_on_one_wave(law: str) -> None:
    """That of two points of the prompt, which leave only a and phi to be found."""
    drawn = SineTask(law=law).draw(1, 50, queries=6)
    x = np.concatenate([drawn.context.X, drawn.queries], axis=1)[..., 0]
    y = np.concatenate([drawn.context.y, drawn.truth], axis=1)
    parts = np.stack([np.sin(x), np.cos(x)], axis=-1)
    found = np.linalg.solve(parts[:, :2], y[:, :2, None])
    assert_close((parts @ found)[..., 0], y, 1e-6)
    assert np.abs(x).max() < 5
    assert drawn.context.X.shape == (50, 10, 1)
    assert drawn.queries.shape == (50, 6, 1)
    amplitude, phase = np.hypot(*found[..., 0].T), np.arctan2(found[:, 1, 0], found[:, 0, 0])
    assert amplitude.min() > 0.1
    assert amplitude.max() < {"coded": 0.5, "printed": 5}[law]
    tied = np.pi * (amplitude - 0.1) / 0.4
    assert np.allclose(phase, tied) == (law == "coded")


@pytest.mark.parametrize(("law", "square"), [("coded", 0.31 / 3), ("printed", 25.51 / 3)])
def test_the_answer_0_has_the_loss_of_the_law(law: str, square: float) -> None:
    """1/4 E a^2 but for phases, over x of nearly two periods; 0.0258 and 2.13."""
    drawn = SineTask(law=law).draw(2, 20_000, queries=4)
    assert 0.5 * (drawn.truth**2).mean() == pytest.approx(square / 4, rel=0.08)


def test_draws_depend_on_the_seed_alone_and_have_the_type_that_is_asked_for() -> None:
    task = SineTask(num_context=3, width=2)
    one, again, other = (task.draw(seed, 2) for seed in ((1, 2), (1, 2), (1, 3)))
    assert_close(one.truth, again.truth)
    assert np.abs(one.truth - other.truth).min() > 1e-6
    assert np.abs(one.context.X).max() < 1
    small = task.draw((1, 2), 2, dtype=np.float32)
    assert small.truth.dtype == small.context.X.dtype == small.queries.dtype == np.float32
    assert_close(small.context.y, one.context.y, 1e-6)


def test_a_task_is_plain_data() -> None:
    task = SineTask(law="printed", num_context=4)
    assert SineTask.from_dict(task.to_dict()) == task
    for wrong in ({"law": "square"}, {"num_context": 0}, {"width": 0}):
        with pytest.raises(InputError):
            SineTask.from_dict(wrong)
