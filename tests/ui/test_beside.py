"""A training beside another: in the link, in the chart of losses, and by its weights."""

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from icl_core.lessons.shared.coordinates import model_of
from icl_core.lessons.shared.shipped import found_own
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.measure import Outcome
from icl_core.lessons.train.trainer import Trainer
from icl_core.lessons.train.views import matrices_beside, matrices_view, run_view
from icl_core.lessons.train.words import differing
from icl_core.plots.figure import tidy_rows
from icl_core.zoo.library import load_entry
from icl_core.zoo.shelf import OWN
from tests.ui.charts import told
from ui.job import Job
from ui.jobs import Jobs

FIRST = Train(dim=1, num_context=10, layers=1, seed=1)
SECOND = FIRST.replace(seed=2, recipe="adam")


def frames_of(config: Train) -> list[Frame]:
    """A training in as many snapshots as its seed says, and three."""
    count = config.seed + 3
    return [
        Frame(
            step=step,
            total_steps=count - 1,
            seconds=0.01 * step,
            phase="finished" if step == count - 1 else "training",
            loss=config.seed / (step + 1),
            losses=(1.0,),
            floor=0.01,
            model=model_of(*[np.full((1, 1, 2, 2), config.seed + step / 100)] * 2),
        )
        for step in range(count)
    ]


class Told(Trainer):
    """Trainings that are known beforehand."""

    def __init__(self) -> None:
        pass

    def close(self) -> None:
        pass

    def train(self, config: Train, order: Any, folder: Any = None) -> Iterator[tuple[str, Any]]:
        for frame in frames_of(config):
            yield "frame", frame
        yield "measuring", None
        yield "measured", {}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    manager = Jobs(Told())
    monkeypatch.setattr("ui.jobs.trainings", lambda: manager)
    monkeypatch.setattr("ui.training_view.trainings", lambda: manager)
    monkeypatch.setattr("ui.runs.trainings", lambda: manager)
    return manager


def ended(manager: Jobs, config: Train) -> Job:
    job, end = manager.start(config), time.monotonic() + 30
    while job.active or manager._busy:
        assert time.monotonic() < end, "took too long"
        time.sleep(0.01)
    return job


def sent(app) -> list[str]:
    """The titles of what the page shows."""
    return [text.value.strip("*") for text in app.markdown if text.value.startswith("**")]


def button(app, label: str):
    return next(button for button in app.button if button.label.startswith(label))


def linked(app, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def test_a_run_is_kept_beside_the_next_one(open_page, served: Jobs) -> None:
    job = ended(served, FIRST)
    app = open_page("train", v="1", dim="1", num_context="10", layers="1", seed="1", job=job.id)
    button(app, "Keep beside the next").click().run()
    assert (linked(app, "beside"), linked(app, "job")) == (job.id, job.id)
    app.session_state["train_seed"] = 2
    app.session_state["train_recipe"] = "adam"
    app.run()
    button(app, "Start training").click().run()
    assert not app.exception
    assert linked(app, "beside") == job.id
    assert linked(app, "job") != job.id
    second = served.find(linked(app, "job"))
    assert second is not None
    while second.active:
        time.sleep(0.01)
    app.run()
    assert f"Beside: {differing(FIRST, SECOND)}" in sent(app)
    (course,) = (t["figure"] for t in told(app) if "Loss on validation prompts" in t["figure"])
    assert json.dumps(f"beside: {differing(FIRST, SECOND)}")[1:-1] in course
    button(app, "Put away DIAG, 1 layer").click().run()
    assert "beside" not in app.query_params
    assert not any(title.startswith("Beside") for title in sent(app))


def test_a_run_that_is_gone_is_told(open_page, served: Jobs) -> None:
    job = ended(served, FIRST)
    app = open_page("train", v="1", seed="1", job=job.id, beside="../../nonsense")
    (info,) = (info.value for info in app.info if "gone" in info.value)
    assert "nonsense" not in info
    assert sent(app)


def test_runs_are_compared_when_as_large_a_share_has_gone_by() -> None:
    mine, other = (Outcome(frames=frames_of(config)) for config in (FIRST, SECOND))
    for shot, at in ((0, 0), (1, 1), (3, 4), (None, 4)):
        view = matrices_beside(FIRST.replace(snapshot=shot), mine, (SECOND, other))
        theirs = matrices_view(SECOND.replace(snapshot=at), other)
        assert view.plain()["data"] == theirs.plain()["data"]
    told = f"beside: {differing(SECOND, FIRST)}"
    both = run_view(FIRST, mine, (SECOND, other))
    rows = [row for row in tidy_rows(both.figure) if row["series"] == told]
    assert [row["updates + 1"] for row in rows] == [frame.step + 1 for frame in other.frames]
    assert [row["adjusted loss (half MSE)"] for row in rows] == [f.loss for f in other.frames]
    sine = Train(system="sine")
    alone = tidy_rows(run_view(sine, mine, (SECOND, other)).figure)
    assert not any(row["series"] == told for row in alone)


def test_what_differs_is_said() -> None:
    assert differing(FIRST, FIRST.replace(seconds=5.0)) == "the same choices"
    assert differing(SECOND, FIRST) == "seed 2, Adam"
    assert differing(FIRST, SECOND) == "seed 1, Fast"
    assert differing(SECOND, SECOND.replace(rate=0.5, tied=True)) == "the recipe's rate, not tied"
    assert differing(FIRST.replace(parametrization="full"), FIRST) == "FULL"


def test_a_link_can_name_a_run(open_page, served: Jobs) -> None:
    """It opens what the run has, and no id but the whole one does."""
    job = ended(served, FIRST.replace(parametrization="full"))
    app = open_page("weights", v="1", model=job.id)
    name = app.session_state["weights_task"]
    family = found_own(name.removeprefix(OWN))
    assert family.task == FIRST.task()
    np.testing.assert_allclose(
        load_entry(family.only, family.folder).model.P, job.frames[-1].model.P, rtol=1e-6
    )
    app = open_page("weights", v="1", model=job.id[:-1] + "~")
    assert any("No model is called" in info.value for info in app.info)
    assert not app.session_state["weights_task"].startswith(OWN)


def test_a_run_with_nothing_yet_says_so(open_page, served: Jobs) -> None:
    job = ended(served, FIRST)
    job.frames = []
    app = open_page("weights", v="1", model=job.id)
    assert any("has no model to open yet" in info.value for info in app.info), app.info


def test_a_training_that_cannot_be_saved_says_so_on_its_page(open_page, served: Jobs) -> None:
    job = ended(served, FIRST)
    job.status, job.unsaved = "running", "saved.run could not be saved (No space left on device)."
    app = open_page("train", v="1", seed="1", job=job.id)
    told = [info.value for info in app.info if "is not being saved" in info.value]
    assert told == [f"This training is not being saved: {job.unsaved}"]
