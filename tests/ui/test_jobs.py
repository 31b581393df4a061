"""Trainings in the background: run, wait, stop, fail, and never hold up anybody."""

import os
import signal
import time
from functools import partial

import numpy as np
import pytest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from icl_core.checkpoints import checkpoint_bytes, parse_checkpoint
from icl_core.cluster import Cluster
from icl_core.errors import InputError
from icl_core.lessons.shared.coordinates import model_of
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.measure import checkpoint_of, train_in
from icl_core.lessons.train.runs import Run, note, read_saved, unfinished
from icl_core.lessons.train.trainer import Trainer
from icl_core.lessons.train.words import model_finding
from icl_core.settings import Settings
from icl_core.zoo.shelf import shelf
from ui.job import Job
from ui.jobs import GIVEN_UP, LOSSES, Jobs, at_a_time
from ui.visitor import visitor

WAITING, OWN = Settings().waiting, Settings().per_visitor
SMALL = Train(dim=1, num_context=10, sigma=1.0, layers=1, seconds=30.0)


def frame(step: int, total: int, dim: int = 1) -> Frame:
    weights = np.full((1, 1, dim + 1, dim + 1), 0.01 * step)
    return Frame(
        step=step,
        total_steps=total,
        seconds=0.01 * step,
        phase="exploring",
        loss=1 / (step + 1),
        losses=(1.0,),
        floor=0.01,
        model=model_of(weights, weights),
    )


class Costless(Trainer):
    """Trainings that cost nothing, for what concerns the queue alone; the seed is their length, and
    a paused one goes on after the frames of `reached`."""

    fault: Exception | None = None
    closed = 0

    def __init__(self):
        self.reached = {}

    def train(self, config, order, folder=None):
        frames = self.reached.pop(folder, [])
        if frames:
            yield "saved", list(frames)
        for step in range(len(frames), config.seed):
            time.sleep(0.01)
            if Costless.fault:
                raise Costless.fault
            frames.append(frame(step, config.seed - 1, config.dim))
            yield "frame", frames[-1]
            if order() == "pause":
                self.reached[folder] = frames
                yield "paused", None
                return
            if order():
                break
        yield "measuring", None
        yield "measured", {}

    def close(self):
        Costless.closed += 1


SHORT, ENDLESS = SMALL.replace(seed=20), SMALL.replace(seed=100_000)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(Costless, "fault", None)
    manager = Jobs(Costless())
    yield manager
    for job in reversed([*manager._jobs.values()]):
        manager.cancel(job)


@pytest.fixture(scope="module")
def real():
    """With one worker process, which stays warm from test to test."""
    with Cluster() as cluster:
        yield Jobs(Trainer(cluster))


def until(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.01)


def test_a_job_runs_to_its_end_and_keeps_its_snapshots(quick):
    job = quick.start(SHORT)
    until(lambda: not job.active)
    assert job.status == "done"
    assert len(job.frames) == 20
    assert job.progress() == 1
    assert quick.find(job.id) is job


def test_jobs_wait_their_turn(quick):
    running = quick.start(ENDLESS)
    until(lambda: running.frames)
    second, third = quick.start(SHORT), quick.start(SHORT)
    assert [quick.place_of(job) for job in (running, second, third)] == [0, 1, 2]
    quick.cancel(running)
    until(lambda: not third.active)
    assert second.status == third.status == "done"
    assert quick.place_of(third) == 0


def test_a_cancelled_job_stops_and_keeps_what_it_had(quick):
    job = quick.start(ENDLESS)
    until(lambda: len(job.frames) > 2)
    quick.cancel(job)
    until(lambda: not job.active)
    assert job.status == "cancelled"
    assert 2 < len(job.frames) < 10_000


def test_a_waiting_job_can_be_cancelled(quick):
    running, waiting = quick.start(ENDLESS), quick.start(SHORT)
    quick.cancel(waiting)
    assert waiting.status == "cancelled"
    quick.cancel(running)
    until(lambda: not running.active)
    assert not waiting.frames


def test_too_many_waiting_jobs_are_refused_in_one_sentence(quick):
    running = quick.start(ENDLESS)
    until(lambda: running.status == "running")
    for _ in range(WAITING):
        quick.start(SHORT)
    with pytest.raises(InputError, match="waiting already"):
        quick.start(SHORT)


def test_one_visitor_has_a_few_jobs_at_a_time(quick):
    mine = [quick.start(ENDLESS, "me") for _ in range(OWN)]
    with pytest.raises(InputError, match=rf"^{OWN} trainings of yours .*\.$"):
        quick.start(SHORT, "me")
    assert quick.start(SHORT, "another").status == "waiting"
    quick.cancel(mine[-1])
    assert quick.start(SHORT, "me").status == "waiting"


def test_visitors_take_turns(quick):
    """Whoever asks for much waits behind whoever asks for one."""
    running = quick.start(ENDLESS, "me")
    until(lambda: running.status == "running")
    mine = [quick.start(ENDLESS, "me") for _ in range(2)]
    first, second = (quick.start(ENDLESS, "another") for _ in range(2))
    assert [quick.place_of(job) for job in (first, mine[0], second, mine[1])] == [1, 2, 3, 4]
    quick.cancel(running)
    until(lambda: first.status == "running")
    assert [quick.place_of(job) for job in (mine[0], second, mine[1])] == [1, 2, 3]


def test_a_paused_job_frees_its_worker_and_goes_on_from_there(quick):
    job = quick.start(ENDLESS, "me")
    until(lambda: len(job.frames) > 2)
    quick.pause(job)
    until(lambda: job.status == "paused")
    reached = len(job.frames)
    other = quick.start(SHORT)
    until(lambda: other.status == "done")
    assert quick.active_of("me") == []
    assert (job.status, len(job.frames)) == ("paused", reached)
    quick.resume(job)
    until(lambda: len(job.frames) > reached)
    assert [frame.step for frame in job.frames] == [*range(len(job.frames))]
    quick.cancel(job)
    until(lambda: job.status == "cancelled")


def test_a_paused_job_cannot_be_resumed_beyond_the_limits(quick):
    job = quick.start(ENDLESS, "me")
    until(lambda: job.frames)
    quick.pause(job)
    until(lambda: job.status == "paused")
    for _ in range(OWN):
        quick.start(ENDLESS, "me")
    with pytest.raises(InputError, match="trainings of yours"):
        quick.resume(job)
    assert job.status == "paused"
    quick.cancel(job)
    assert job.status == "cancelled"


def test_a_server_may_allow_fewer_seconds(quick, monkeypatch):
    monkeypatch.setenv("ICL_TRAINING_SECONDS", "20")
    with pytest.raises(InputError, match=r"^A training takes at most 20 s .* 30 are asked .*\.$"):
        quick.start(SHORT)
    assert quick.start(SHORT.replace(seconds=20.0)).active


def test_a_job_that_no_page_shows_loses_its_place_and_one_that_runs_goes_on(quick, monkeypatch):
    monkeypatch.setenv("ICL_UNSEEN_SECONDS", "0.4")
    running, left, watched = (quick.start(ENDLESS) for _ in range(3))
    until(lambda: running.frames)
    for _ in range(8):
        time.sleep(0.1)
        assert quick.find(watched.id) is watched
        place = quick.place_of(watched)
    assert place == 1
    assert (left.status, watched.status) == ("cancelled", "waiting")
    assert "no page showed it" in left.error
    assert running.status == "running"
    quick.cancel(running)
    until(lambda: watched.status == "running")
    assert not left.frames


def test_a_job_unseen_when_its_turn_comes_does_not_run(quick, monkeypatch):
    monkeypatch.setenv("ICL_UNSEEN_SECONDS", "0.2")
    running, left = quick.start(ENDLESS), quick.start(SHORT)
    until(lambda: running.frames)
    time.sleep(0.3)
    quick.cancel(running)
    until(lambda: not left.active)
    assert left.status == "cancelled"
    assert not left.frames


@pytest.mark.parametrize(
    ("fault", "said"), [(InputError("too large."), "too large."), (RuntimeError("x"), "our side")]
)
def test_a_failing_job_says_so_and_the_next_one_runs(quick, monkeypatch, fault, said):
    monkeypatch.setattr(Costless, "fault", fault)
    job = quick.start(SHORT)
    until(lambda: not job.active)
    assert job.status == "failed"
    assert said in job.error
    monkeypatch.setattr(Costless, "fault", None)
    after = quick.start(SHORT)
    until(lambda: not after.active)
    assert after.status == "done"


def test_a_worker_without_work_is_given_up(monkeypatch):
    monkeypatch.setenv("ICL_IDLE_SECONDS", "0.1")
    closed = Costless.closed
    manager = Jobs(Costless())
    until(lambda: Costless.closed > closed)
    job = manager.start(SHORT)
    until(lambda: job.status == "done")


def test_the_estimate_needs_a_pace_and_never_exceeds_the_limit():
    job = Job(config=SMALL)
    assert job.seconds_left() is None
    frames = [frame(step, 4) for step in range(5)]
    job.frames, job.drawn = frames[:1], time.monotonic()
    assert job.seconds_left() is None
    job.frames = frames[:3]
    left = job.seconds_left()
    assert left is not None
    assert 0 <= left <= SMALL.seconds


@pytest.mark.slow
def test_a_real_training_ends_in_a_file_that_opens(real):
    job = real.start(SMALL)
    until(lambda: not job.active, seconds=200)
    assert job.error == ""
    assert job.status == "done"
    assert job.frames[-1].loss <= job.frames[0].loss
    checkpoint = checkpoint_of(SMALL, job.frames[-1], job.measured)
    opened = parse_checkpoint("model.safetensors", checkpoint_bytes(checkpoint))
    assert opened.task == SMALL.task()
    np.testing.assert_array_equal(opened.model.P, np.asarray(job.frames[-1].model.P))
    assert "Bayes floor" in model_finding("diag", SMALL.task(), job.measured)


def test_a_job_whose_worker_is_killed_goes_on_and_after_three_it_is_given_up():
    cluster = Cluster()

    def worker() -> int:
        (pid,) = cluster.client().run(os.getpid).values()
        return pid

    manager = Jobs(Trainer(cluster))
    job = manager.start(Train(seconds=300.0))
    for lost in range(LOSSES):
        assert job.lost == lost
        until(lambda: job.drawn > job.begun, seconds=100)
        os.kill(worker(), signal.SIGKILL)
        until(partial(lambda lost: job.lost > lost, lost))
    until(lambda: not job.active)
    assert job.status == "failed"
    assert "ended before its time" in job.error
    after = manager.start(SMALL)
    until(lambda: after.frames, seconds=100)
    os.kill(worker(), signal.SIGKILL)
    until(lambda: not after.active, seconds=100)
    assert (after.status, after.lost) == ("done", 1)
    alone = list(train_in(SMALL, SMALL.seconds))
    assert (after.frames[-1].step, after.frames[-1].loss) == (alone[-1].step, alone[-1].loss)
    cluster.close()


def test_a_server_that_ends_goes_on_with_its_jobs(real, monkeypatch, tmp_path):
    """By itself with those under way; by their link with those that have ended."""
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    trainer = real._trainer
    left = Run(id="left", config=SMALL, shelf="ada")
    note(left)
    again = Jobs(trainer, resume=True)
    job = again.find("left")
    assert job is not None
    assert job.shelf == "ada"
    until(lambda: not job.active, seconds=100)
    assert job.status == "done"
    (kept,) = shelf().of("ada")
    assert job.kept == kept.name
    until(lambda: not unfinished())
    later = Jobs(trainer, resume=True)
    assert not later._jobs
    found = later.find("left")
    assert found is not None
    until(lambda: not later.find("left").active, seconds=100)
    assert [frame.loss for frame in found.frames] == [frame.loss for frame in job.frames]
    assert found.kept == job.kept
    assert later.find("never") is None
    cancelled = later.start(Train(seconds=300.0))
    until(lambda: cancelled.frames, seconds=100)
    later.cancel(cancelled)
    until(lambda: not cancelled.active, seconds=100)
    until(lambda: not cancelled.run.folder.exists())
    assert unfinished() == []


LONG = Train(seconds=300.0)


def test_a_stop_saves_what_runs_and_the_next_server_goes_on(real, monkeypatch, tmp_path):
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    manager = Jobs(real._trainer)
    job, waiting = manager.start(LONG), manager.start(SMALL)
    until(lambda: len(job.frames) > 2, seconds=100)
    manager.stop(30.0)
    saved = read_saved(job.run.folder)
    assert [frame.loss for frame in saved.frames] == [frame.loss for frame in job.frames]
    assert waiting.status == "waiting"
    assert {run.id for run in unfinished()} == {job.id, waiting.id}
    later = Jobs(real._trainer, resume=True)
    again = later.find(job.id)
    until(lambda: len(again.frames) > len(job.frames), seconds=100)
    assert [frame.step for frame in again.frames[: len(job.frames)]] == [
        frame.step for frame in job.frames
    ]
    later.stop(30.0)


def test_a_training_is_shown_by_every_server_and_run_by_one(real, monkeypatch, tmp_path):
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("ui.jobs.FOLLOWED", 0.1)
    with Cluster() as cluster:
        here, there = Jobs(real._trainer), Jobs(Trainer(cluster))
        job = here.start(LONG)
        until(lambda: (job.run.folder / "saved.run").exists(), seconds=100)
        shown = there.find(job.id)
        until(lambda: shown.taken)
        until(lambda: there.find(job.id).frames)
        assert (shown.status, shown.error) == ("running", "")
        assert there.number_of("running") == 0
        assert [frame.loss for frame in job.frames[: len(shown.frames)]] == [
            frame.loss for frame in shown.frames
        ]
        here.pause(job)
        until(lambda: job.status == "paused", seconds=100)
        until(lambda: there.find(job.id).status == "paused")
        assert not shown.taken
        there.resume(shown)
        until(lambda: len(shown.frames) > len(job.frames), seconds=100)
        assert there.number_of("running") == 1
        there.cancel(shown)
        until(lambda: not shown.active, seconds=100)
        assert shown.status == "cancelled"


def test_a_server_of_several_has_its_share_of_the_workers(monkeypatch):
    for servers, workers, share in (("2", "6", 3), ("4", "6", 1), ("4", "2", 1)):
        monkeypatch.setenv("ICL_SERVERS", servers)
        monkeypatch.setenv("ICL_WORKERS", workers)
        assert at_a_time() == share


def start_button(app):
    return next(button for button in app.button if button.label == "Start training")


def linked(app) -> str:
    """The training that the link names; AppTest keeps what a page wrote as text."""
    value = app.query_params["job"]
    return value if isinstance(value, str) else value[0]


@pytest.fixture
def serve(monkeypatch):
    """`serve(manager)`: the pages' trainings are those of a manager."""

    def serve(manager: Jobs) -> Jobs:
        monkeypatch.setattr("ui.jobs.trainings", lambda: manager)
        monkeypatch.setattr("ui.training_view.trainings", lambda: manager)
        return manager

    return serve


def test_the_page_shows_a_training_and_its_result_to_every_session_with_the_link(
    open_page, serve, real
):
    manager = serve(real)
    app = open_page("train", v="1", dim="1", num_context="10", layers="1")
    start_button(app).click().run()
    assert not app.exception
    link = linked(app)
    job = manager.find(link)
    assert job is not None
    assert job.config.dim == 1
    until(lambda: not job.active, seconds=100)
    app.run()
    again = open_page("train", v="1", dim="1", num_context="10", layers="1", job=link)
    for shown in (app, again):
        assert not shown.exception
        assert [error.value for error in shown.error] == []
        assert any("Bayes floor" in text.value for text in shown.markdown)
        assert shown.get("download_button")
    assert linked(again) == link


def test_another_session_can_watch_and_cancel(open_page, serve, quick):
    manager = serve(quick)
    job = manager.start(ENDLESS)
    waiting = manager.start(SHORT)
    until(lambda: job.frames)
    app = open_page("train", job=waiting.id)
    assert start_button(app).disabled
    next(button for button in app.button if button.label == "Cancel").click().run()
    assert waiting.status == "cancelled"
    assert any("cancelled before it began" in info.value for info in app.info)


def test_watching_keeps_the_place_in_the_queue(open_page, serve, quick):
    manager = serve(quick)
    job = manager.start(ENDLESS)
    until(lambda: job.frames)
    waiting = manager.start(SHORT)
    waiting.seen -= 100
    before = waiting.seen
    open_page("train", job=waiting.id)
    assert waiting.seen > before + 100


def test_a_training_that_lost_its_place_says_so(open_page, serve, quick):
    manager = serve(quick)
    job = manager.start(ENDLESS)
    until(lambda: job.frames)
    left = manager.start(SHORT)
    left.seen -= Settings().unseen_seconds + 1
    manager.start(SHORT)
    app = open_page("train", job=left.id)
    assert [info.value for info in app.info] == [GIVEN_UP.format(5)]
    assert not start_button(app).disabled


@pytest.mark.parametrize("job", ["nonsense", "../../etc/passwd", "ü" * 5000, "<b>"])
def test_a_training_that_is_not_known_is_told_in_one_sentence(open_page, serve, quick, job):
    serve(quick)
    app = open_page("train", v="1", layers="3", job=job)
    (info,) = (info.value for info in app.info)
    assert "not known here" in info
    assert job not in info
    assert not start_button(app).disabled
    assert app.session_state["train:config"].layers == 3
    start_button(app).click().run()
    assert not app.exception
    (made,) = quick._jobs
    assert linked(app) == made


def test_the_page_finds_its_training_again_after_another_page(open_page, serve, quick):
    manager = serve(quick)
    app = open_page("train", v="1", seed="100000")
    start_button(app).click().run()
    link = linked(app)
    app.query_params.clear()
    app.switch_page("pages/style.py").run()
    app.query_params.clear()
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert linked(app) == link
    assert start_button(app).disabled
    # The back button, to before the start: the way forth stays in sight.
    del app.query_params["job"]
    app.run()
    assert "job" not in app.query_params
    assert any(
        "To your training: DIAG, 2 layers" in link.proto.label for link in app.get("page_link")
    )
    manager.cancel(manager.find(link))


def test_a_visitor_is_a_browser_whatever_the_tab(monkeypatch):
    def seen(cookies, state):
        monkeypatch.setattr("ui.jobs.st.session_state", state)
        monkeypatch.setattr("ui.jobs.st.context", type("Context", (), {"cookies": cookies}))
        return visitor()

    cookies = [
        {"_streamlit_xsrf": generate_xsrf_token_string(token, 1)}
        for token in (b"a" * 16, b"a" * 16, b"b" * 16)
    ]
    assert cookies[0] != cookies[1]
    one, same, other = (seen(cookie, {}) for cookie in cookies)
    assert one == same != other
    state = {}
    assert seen({}, state) == seen({}, state) != seen({}, {})
    assert seen({"_streamlit_xsrf": "2|zz|rubbish"}, {})


def test_the_page_tells_when_too_many_trainings_wait(open_page, serve, quick):
    manager = serve(quick)
    running = manager.start(ENDLESS)
    until(lambda: running.frames)
    for _ in range(WAITING):
        manager.start(ENDLESS)
    app = open_page("train")
    start_button(app).click().run()
    assert not app.exception
    assert [error.value for error in app.error] == [
        "12 trainings are waiting already: try again in a few minutes."
    ]
