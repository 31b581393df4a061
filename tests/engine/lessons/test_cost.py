"""What a training is told to take before it starts, and what it takes."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.pace import apart, compared
from icl_core.lessons.shared.coordinates import model_of
from icl_core.lessons.train import cost
from icl_core.lessons.train.config import SYSTEMS, Train
from icl_core.lessons.train.cost import Costs, calibrate, estimate, note, noted, work
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.timing import Timed, phases_of, shape_of, timed
from icl_core.lessons.train.words import duration, in_time

ORDER = 10.0
"""Of what a busy machine takes."""
WITHIN = 3.0
"""An update takes at most so many times as long as it is told to, and not less than that part."""
SMALL = Train(dim=2, num_context=10, sigma=1.0)


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A server that has trained nothing yet."""
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of one speed, whatever else is at work on it."""
    monkeypatch.setattr(cost, "_unit", lambda window: 0.001)


def frames_of(config: Train, pace: float, compiling: float, rounds: int = 1) -> list[Frame]:
    """A training whose updates all take `pace`, and every program `compiling`."""
    weights = np.zeros((1, 1, 3, 3))
    spent, step, frames = 0.0, 0, []

    def shot(phase: str, number: int) -> None:
        frames.append(
            Frame(
                step=step,
                total_steps=step,
                seconds=spent,
                phase=phase,
                loss=1.0,
                losses=(1.0,),
                floor=0.1,
                model=model_of(weights, weights),
                round=number,
            )
        )

    shot(phases_of(config)[0].name, 1)
    for number in range(1, rounds + 1):
        for phase in phases_of(config):
            spent += compiling if number == 1 else 0.0
            for _ in range(10):
                step += phase.updates // 10
                spent += pace * (phase.updates // 10)
                shot(phase.name, number)
    shot("finished", rounds)
    return frames


@pytest.mark.parametrize("config", [SMALL, SMALL.replace(recipe="adam"), Train(system="sine")])
def test_a_trainings_frames_tell_its_pace_and_what_it_compiled(config: Train) -> None:
    phases = phases_of(config)
    frames = frames_of(config, 0.01, 3.0, rounds=len(phases))
    seen = timed(config, frames)
    assert seen is not None
    assert seen.paces == {phase.name: pytest.approx(0.01) for phase in phases}
    assert seen.compiling == pytest.approx(3.0 * len(phases))
    assert seen.rounds == len(phases)
    cut = timed(config, [*frames[:-1], replace(frames[-1], cut=True)])
    assert cut is not None
    assert cut.rounds == 0
    assert timed(config, frames[:2]) is None
    assert Timed.from_dict(seen.to_dict()) == seen


def test_a_cost_for_any_shape_follows_from_those_that_were_timed() -> None:
    """From times that are a sum of what an update does, those of another shape, exactly."""
    costs = np.array([0.5, 2e-7, 3e-7, 1e-5, 2e-6, 1e-4])

    def run(config: Train) -> Timed:
        paces = {p.name: float(work(config, p) @ costs) for p in phases_of(config)}
        layers, kinds = config.layers, config.parametrization == "full"
        programs = len(paces) * (700.0 + 200 * layers + 90 * layers * config.heads * kinds)
        return Timed(config=config, paces=paces, compiling=programs)

    known = [
        SMALL.replace(layers=layers, dim=dim, parametrization=kind, recipe=recipe, inputs=inputs)
        for layers, dim in ((1, 3), (4, 10), (3, 20))
        for kind in ("diag", "full")
        for recipe in ("rounds", "muon")
        for inputs in ("gaussian", "uniform")
    ]
    numbers = {"starting": 1.0, "measuring": 1.0, "loading": 1.0}
    told = Costs(**numbers, runs=tuple(map(run, known)))
    for other in (
        SMALL.replace(layers=6, dim=7, heads=2, parametrization="full"),
        SMALL.replace(recipe="adam", layers=2, starts=3, batch=100),
        SMALL.replace(recipe="muon", parametrization="full", layers=5, inputs="uniform"),
    ):
        for phase in phases_of(other):
            assert told.pace(other, phase) == pytest.approx(run(other).paces[phase.name], rel=1e-6)
        assert told.compiling(other) == pytest.approx(run(other).compiling, rel=1e-6)


def test_every_shape_that_was_timed_follows_from_the_others() -> None:
    rows = compared(Costs.read())
    assert len(rows) > 15
    for row in rows:
        for ratio in (*row["measured/told"].values(), row["compiling"]):
            assert 1 / WITHIN < ratio < WITHIN, row


@pytest.mark.usefixtures("steady")
def test_what_this_server_has_trained_is_believed(empty: Path) -> None:
    before = estimate(SMALL)
    frames = frames_of(SMALL, 0.25, 40.0, rounds=2)
    note(SMALL, frames)
    assert [run.config for run in noted()] == [SMALL]
    same, other = SMALL.replace(seed=8, num_context=90), SMALL.replace(layers=5)
    assert shape_of(same) == shape_of(SMALL) != shape_of(other)
    assert shape_of(Train(system="sine", heads=4)) == shape_of(Train(system="sine"))
    assert estimate(same).pace == pytest.approx(0.25)
    shipped = Costs.read()
    units = sum(shipped.pace(SMALL, phase) for phase in phases_of(SMALL))
    told = shipped.pace(other, phases_of(other)[-1]) * 2 * 0.25 / (units + cost.PRIOR)
    assert estimate(other).pace == pytest.approx(told, rel=0.1)
    assert before.pace < 0.1
    assert estimate(same).limited
    for _ in range(cost.KEPT + 3):
        note(other, frames)
    assert len(noted()) == cost.KEPT
    (empty / "paces.json").write_text(
        (empty / "paces.json").read_text().replace('"refining"', '"resting"')
    )
    assert noted() == ()
    (empty / "paces.json").write_text("{")
    assert noted() == ()
    assert estimate(same).pace < 0.1


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_choice_is_told_a_time_within_its_limit(system: str) -> None:
    for config in (Train(system=system), Train(system=system, seconds=5.0)):
        told = estimate(config)
        outside = told.longest - config.seconds
        assert 0 < told.shortest <= told.longest
        assert told.starting > 0
        assert outside < estimate(config.replace(seconds=6.0)).longest
    config = Train(recipe="paper", seconds=60.0)
    told = estimate(config)
    assert told.limited
    assert 0 < told.updates < told.planned == 200_000
    line, about = duration(config)
    assert "your 60 s end it" in line
    assert f"{told.updates:,} of 200,000 updates" in about


def test_seconds_in_words() -> None:
    said = [in_time(seconds) for seconds in (0.00004, 0.0083, 0.13, 0.9996, 4.4, 18.9, 43, 98, 400)]
    assert said == ["0.1 ms", "8 ms", "100 ms", "1 s", "4 s", "19 s", "45 s", "100 s", "7 min"]


def test_the_calibration_is_short_and_counts_by_any_clock() -> None:
    begun = time.perf_counter()
    assert 0 < calibrate() < 1
    assert time.perf_counter() - begun < 5
    ticks = iter(range(1000))
    assert calibrate(3, clock=lambda: float(next(ticks))) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [
        SMALL.replace(layers=3, tied=True),
        SMALL.replace(recipe="muon", parametrization="full", dim=7, layers=4),
        Train(system="softmax", heads=2),
    ],
    ids=lambda config: "-".join([config.system, config.recipe, config.parametrization]),
)
def test_a_real_training_takes_about_what_it_is_told(config: Train) -> None:
    """To the order of magnitude, for other work on the machine slows both in its own way:
    `benchmarks.pace` says how near it is on a quiet one."""
    costs = Costs.read()
    seen, starting, measuring = apart(config, whole=False)
    assert seen is not None
    for phase in phases_of(config):
        told = costs.pace(config, phase)
        assert told / ORDER < seen.paces[phase.name] < told * ORDER
    told, took = (costs.starting + costs.measuring, starting + measuring)
    assert told / ORDER < took < told * ORDER
    assert seen.compiling < costs.compiling(config) * ORDER
