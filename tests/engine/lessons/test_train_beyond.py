"""What is trained on the page beyond linear attention."""

import numpy as np
import pytest

from icl_core.checkpoints import checkpoint_bytes, parse_checkpoint
from icl_core.lessons.shared.words import plus_minus
from icl_core.lessons.train.config import SYSTEMS, Train
from icl_core.lessons.train.measure import (
    Outcome,
    checkpoint_of,
    finding,
    measure_last,
    train_in,
)
from icl_core.lessons.train.views import VIEWS

BEYOND = [system for system in SYSTEMS if system != "noise"]


@pytest.mark.parametrize("system", BEYOND)
def test_a_run_is_watched_measured_and_kept(system: str) -> None:
    config = Train(system=system, seed=3)
    frames = list(train_in(config, 0.0))
    assert [frame.phase for frame in frames] == ["finished"]
    task = config.shipped_run[0].task
    measured = measure_last(config, frames[-1])
    assert measured["model"].mean[-1] == pytest.approx(frames[-1].loss, rel=0.1)
    outcome = Outcome(frames=frames, measured=measured)
    assert not outcome.comes_again
    loss = measured["model"]
    assert plus_minus(float(loss.mean[-1]), float(loss.stderr[-1])) in finding(config, outcome)
    for view in VIEWS.values():
        assert view(config, outcome).plain()["data"]
    kept = parse_checkpoint(
        "kept.safetensors", checkpoint_bytes(checkpoint_of(config, frames[-1], measured))
    )
    assert (kept.task, kept.seed) == (task, 3)
    drawn = task.draw(5, 10, 2)
    ours, theirs = (m.answers(drawn.context, drawn.queries) for m in (frames[-1].model, kept.model))
    assert np.array_equal(np.asarray(ours), np.asarray(theirs))


def test_a_run_goes_on_to_its_end() -> None:
    """Two heads by Muon come below what one can, in seconds."""
    config = Train(system="softmax", heads=2)
    frames = list(train_in(config, 300.0))
    assert frames[-1].step == frames[-1].total_steps == config.shipped_run[1].steps
    assert len(frames) == config.shipped_run[1].snapshots
    assert frames[-1].loss < 0.23 < 0.38 < frames[0].loss
