"""The recipes of the page: chosen, run by a worker, and started again with a smaller rate."""

import time
from collections.abc import Iterator

import pytest

from icl_core.cluster import Cluster
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.trainer import Trainer
from icl_core.training.plain_config import RECIPES as RUNS
from icl_core.training.plain_config import PlainConfig
from ui.job import Job
from ui.jobs import Jobs

CHOSEN = {"v": "1", "dim": "2", "num_context": "10", "sigma": "1"}


@pytest.fixture(scope="module")
def manager() -> Iterator[Jobs]:
    """With one worker process, which stays warm from test to test."""
    with Cluster(workers=1) as cluster:
        yield Jobs(Trainer(cluster))


@pytest.fixture
def served(manager: Jobs, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """The pages' trainings are those of that manager."""
    monkeypatch.setattr("ui.jobs.trainings", lambda: manager)
    monkeypatch.setattr("ui.training_view.trainings", lambda: manager)
    return manager


def button(app, label: str):
    return next(button for button in app.button if button.label.startswith(label))


def shown(app, manager: Jobs) -> Job:
    """The training that the link names, when it has ended."""
    value = app.query_params["job"]
    job = manager.find(value if isinstance(value, str) else value[0])
    assert job is not None
    end = time.monotonic() + 100
    while job.active:
        assert time.monotonic() < end, "took too long"
        time.sleep(0.02)
    return job


@pytest.mark.slow
def test_a_run_that_diverges_is_explained_and_starts_again_with_a_rate_that_holds(
    open_page, served: Jobs
) -> None:
    app = open_page("train", **CHOSEN, recipe="adam", rate="4", steps="300", seed="5")
    button(app, "Start training").click().run()
    first = shown(app, served)
    last = first.frames[-1]
    assert last.phase == "diverged"
    assert (first.kept, first.status) == ("", "done")
    app.run()
    (warning,) = (warning.value for warning in app.warning)
    for words in ("has diverged and was stopped", "after layer", f"{last.holds:g}"):
        assert words in warning
    assert not app.get("download_button")
    button(app, f"Start again with rate {last.holds:g}").click().run()
    assert not app.exception
    second = shown(app, served)
    assert second is not first
    assert second.config == first.config.replace(rate=last.holds)
    assert second.frames[-1].phase == "finished"
    assert app.session_state["train:config"].rate == last.holds
    app.run()
    assert not app.warning
    assert app.get("download_button")


def test_recipes_have_their_own_numbers_and_muon_needs_matrices(open_page) -> None:
    app = open_page("train", **CHOSEN)
    labels = {box.label for box in app.text_input}
    assert not labels & {"Learning rate", "Updates", "Prompts each", "Starts"}
    app = open_page("train", **CHOSEN, recipe="paper", rate="0.001")
    boxes = {box.label: box for box in app.text_input}
    assert boxes["Learning rate"].value == "0.001"
    assert boxes["Updates"].value == ""
    assert boxes["Updates"].placeholder == f"{RUNS['paper'].steps:g}"
    boxes["Learning rate"].set_value(" ").run()
    assert app.session_state["train:config"].rate is None
    boxes = {box.label: box for box in app.text_input}
    boxes["Prompts each"].set_value("0").run()
    assert app.session_state["train:config"].batch is None
    assert any("Prompts each is '0', out of range" in error.value for error in app.error)
    app = open_page("train", **CHOSEN, recipe="muon")
    assert app.session_state["train:config"].recipe == "rounds"
    app = open_page("train", **CHOSEN, recipe="muon", parametrization="full", tied="1")
    assert app.session_state["train:config"].recipe == "muon"
    assert app.session_state["train:config"].tied


def test_choices_become_a_training() -> None:
    config = Train(recipe="adam", rate=0.5, steps=7, starts=3, tied=True, layers=3, seed=4)
    training = config.training()
    assert isinstance(training, PlainConfig)
    run = training.run
    assert (run.learning_rate, run.steps, run.batch, run.seed) == (0.5, 7, RUNS["adam"].batch, 4)
    assert training.tied
    assert config.replace(recipe="rounds").training().tied
