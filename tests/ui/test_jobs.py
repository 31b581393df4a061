"""Trainings in the background: run, wait, stop, fail, and never hold up anybody."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from icl_core.checkpoints import checkpoint_bytes, parse_checkpoint
from icl_core.errors import InputError
from icl_core.lessons import training as lesson
from icl_core.lessons.coordinates import model_of
from icl_core.lessons.training import Train
from ui import jobs
from ui.jobs import WAITING, Job, Jobs

SMALL = Train(dim=1, num_context=10, sigma=1.0, layers=1, seconds=30.0)


def snapshots(count: int, pause: float = 0.01):
    """A training that costs nothing."""

    def train(task, config):
        for step in range(count):
            time.sleep(pause)
            weights = np.full((1, 1, 2, 2), 0.01 * step)
            yield SimpleNamespace(
                step=step,
                total_steps=count - 1,
                seconds=step * pause,
                phase="exploring",
                loss=1 / (step + 1),
                losses=np.array([1.0]),
                floor=0.01,
                model=model_of(weights, weights),
            )

    return train


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(jobs, "train", snapshots(20))
    monkeypatch.setattr(jobs, "measure_model", lambda model, task: {})
    return Jobs(running=1)


def until(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.01)


def test_a_job_runs_to_its_end_and_keeps_its_snapshots(quick):
    job = quick.start(SMALL)
    until(lambda: not job.active)
    assert job.status == "done"
    assert len(job.frames) == 20
    assert job.progress() == 1
    assert quick.find(job.id) is job


def test_jobs_wait_their_turn(quick):
    first, second, third = (quick.start(SMALL) for _ in range(3))
    assert quick.ahead_of(third) == 2
    until(lambda: first.status == "done")
    until(lambda: not third.active)
    assert second.status == third.status == "done"


def test_a_cancelled_job_stops_and_keeps_what_it_had(quick, monkeypatch):
    monkeypatch.setattr(jobs, "train", snapshots(10_000))
    job = quick.start(SMALL)
    until(lambda: len(job.frames) > 2)
    quick.cancel(job)
    until(lambda: not job.active)
    assert job.status == "cancelled"
    assert 2 < len(job.frames) < 10_000


def test_a_waiting_job_can_be_cancelled(quick, monkeypatch):
    monkeypatch.setattr(jobs, "train", snapshots(10_000))
    running, waiting = quick.start(SMALL), quick.start(SMALL)
    quick.cancel(waiting)
    assert waiting.status == "cancelled"
    quick.cancel(running)
    until(lambda: not running.active)
    assert not waiting.frames


def test_too_many_waiting_jobs_are_refused_in_one_sentence(quick, monkeypatch):
    monkeypatch.setattr(jobs, "train", snapshots(10_000))
    started = [quick.start(SMALL)]
    until(lambda: started[0].status == "running")
    started += [quick.start(SMALL) for _ in range(WAITING)]
    with pytest.raises(InputError, match="waiting already"):
        quick.start(SMALL)
    for job in reversed(started):
        quick.cancel(job)
    until(lambda: not any(job.active for job in started))


@pytest.mark.parametrize(
    ("fault", "said"), [(InputError("too large."), "too large."), (RuntimeError("x"), "our side")]
)
def test_a_failing_job_says_so_and_the_next_one_runs(quick, monkeypatch, fault, said):
    def broken(task, config):
        raise fault

    monkeypatch.setattr(jobs, "train", broken)
    job = quick.start(SMALL)
    until(lambda: not job.active)
    assert job.status == "failed"
    assert said in job.error
    monkeypatch.setattr(jobs, "train", snapshots(3))
    after = quick.start(SMALL)
    until(lambda: not after.active)
    assert after.status == "done"


def test_the_estimate_needs_a_pace_and_never_exceeds_the_limit():
    job = Job(config=SMALL)
    assert job.seconds_left() is None
    train = snapshots(5, pause=0.0)
    frames: list[lesson.Frame] = list(map(lesson.Frame.of, train(None, None)))  # type: ignore[arg-type]
    job.frames, job.drawn = frames[:1], time.monotonic()
    assert job.seconds_left() is None
    job.frames = frames[:3]
    left = job.seconds_left()
    assert left is not None
    assert 0 <= left <= SMALL.seconds


@pytest.mark.slow
def test_a_real_training_ends_in_a_file_that_opens():
    manager = Jobs(running=1)
    job = manager.start(SMALL)
    until(lambda: not job.active, seconds=200)
    assert job.error == ""
    assert job.status == "done"
    assert job.frames[-1].loss <= job.frames[0].loss
    checkpoint = lesson.checkpoint_of(SMALL, job.frames[-1], job.measured)
    opened = parse_checkpoint("model.safetensors", checkpoint_bytes(checkpoint))
    assert opened.task == SMALL.task()
    np.testing.assert_array_equal(opened.model.P, np.asarray(job.frames[-1].model.P))
    assert "Bayes floor" in lesson.finding("diag", SMALL.task(), job.measured)


def test_the_page_shows_a_training_and_its_result(open_page, monkeypatch):
    monkeypatch.setattr(jobs, "train", snapshots(6))
    manager = Jobs(running=1)
    monkeypatch.setattr("ui.jobs.trainings", lambda: manager)
    monkeypatch.setattr("ui.training_view.trainings", lambda: manager)
    app = open_page("train", v="1", dim="1", num_context="10", layers="1")
    next(button for button in app.button if button.label == "Start training").click().run()
    assert not app.exception
    job = manager.find(app.session_state["train:job"])
    assert job is not None
    until(lambda: not job.active)
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert any("Bayes floor" in text.value for text in app.markdown)
    assert app.get("download_button")


def test_the_page_tells_when_too_many_trainings_wait(open_page, monkeypatch):
    def refuse(config):
        raise InputError("12 trainings are waiting already: try again in a few minutes.")

    manager = Jobs(running=0)
    monkeypatch.setattr(manager, "start", refuse)
    monkeypatch.setattr("ui.jobs.trainings", lambda: manager)
    app = open_page("train")
    next(button for button in app.button if button.label == "Start training").click().run()
    assert not app.exception
    assert [error.value for error in app.error] == [
        "12 trainings are waiting already: try again in a few minutes."
    ]
