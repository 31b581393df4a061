"""The loop: every update once, states that go on bit for bit, files that are checked."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from icl_core.errors import InputError
from icl_core.models.blocks import BlockModel
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise, UniformNoise
from icl_core.training import RunConfig, Snapshot, Trainee, load_run, recipe, run, save_run
from icl_core.training.factors import FactorTrainee
from icl_core.training.linear import LinearTrainee
from icl_core.training.loop import Drawn, Loss, generator_of, words_of
from icl_core.training.optimisers import SCHEDULES
from icl_core.training.tokens import BlockTrainee
from tests.hostile import assert_one_sentence

TASK = LinearTask(dim=2, num_context=5, noise=FixedNoise(value=0), inputs=UniformInputs())
NOISY = LinearTask(dim=2, num_context=5, noise=UniformNoise(sigma_max=1))
SHORT = RunConfig(steps=80, batch=16, snapshots=5, seed=3, cooling=0.5)
AVERAGED = SHORT.replace(spacing="log", schedule="warmed", clip=0.1, decay=0.99, memory=200)
CASES: dict[str, tuple[Any, RunConfig]] = {
    "one layer": (FactorTrainee(task=TASK), SHORT),
    "tied layers": (FactorTrainee(task=TASK, layers=3, wider=1.2), SHORT),
    "blocks": (BlockTrainee(task=TASK, model=BlockModel(widening=2), queries=2), SHORT),
    "softmax": (BlockTrainee(task=TASK, model=BlockModel(attention="softmax")), SHORT),
    "fixed prompts": (BlockTrainee(task=TASK, tasks=40), SHORT),
    "all fixed prompts": (BlockTrainee(task=TASK, tasks=8), SHORT),
    "normalised": (
        LinearTrainee(tasks=(NOISY, NOISY), seeds=(1, 2), num_layers=2, starts=3, robust=0.5),
        AVERAGED.replace(batch=2048),
    ),
}
"""A row for every kind of trainee: all tests of the loop run on it."""


def same(found: Snapshot, expected: Snapshot) -> bool:
    """Whether two snapshots agree bit for bit, their states too."""
    mine, theirs = ((s.parameters, s.train_loss, s.state) for s in (found, expected))
    pairs = zip(jax.tree.leaves(mine), jax.tree.leaves(theirs), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Trainee, RunConfig, list[Snapshot]]:
    trainee, config = CASES[request.param]
    return trainee, config, list(run(trainee, config))


def test_snapshots_are_at_the_marks_and_learn(case: tuple) -> None:
    _, config, whole = case
    assert [snapshot.step for snapshot in whole] == config.marks()
    assert all(snapshot.total_steps == config.steps for snapshot in whole)
    assert np.all(np.isnan(whole[0].train_loss))
    assert np.all(np.isfinite(whole[-1].train_loss))
    moved = jax.tree.map(
        lambda a, b: np.abs(a - b).max(), whole[0].parameters, whole[-1].parameters
    )
    assert max(jax.tree.leaves(moved)) > 1e-3


@pytest.mark.parametrize("at", [0, 2, 3])
def test_a_saved_run_goes_on_as_if_never_stopped(case: tuple, at: int, tmp_path: Path) -> None:
    trainee, config, whole = case
    save_run(tmp_path / "run.safetensors", whole[at].state, trainee, config)
    rest = list(run(trainee, config, load_run(tmp_path / "run.safetensors", trainee, config)))
    assert [s.step for s in rest] == [s.step for s in whole[at + 1 :]]
    assert all(itertools.starmap(same, zip(rest, whole[at + 1 :], strict=True)))


class _Stop(Exception):  # noqa: N818 - not an error
    pass


def test_a_run_that_died_between_snapshots_goes_on_from_its_last_file(
    case: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops after updates that no snapshot has seen; nothing of them is left."""
    trainee, config, whole = case
    file, draw, stopped = tmp_path / "run.safetensors", type(trainee).draw, []

    def dies(self: Any, stream: Any, step: int, size: int) -> Drawn:
        if step > whole[-2].step:
            stopped.append(step)
            raise _Stop
        return draw(self, stream, step, size)

    with monkeypatch.context() as patch, contextlib.suppress(_Stop):
        patch.setattr(type(trainee), "draw", dies)
        for snapshot in run(trainee, config):
            save_run(file, snapshot.state, trainee, config)
    state = load_run(file, trainee, config)
    assert whole[-2].step == state.step < stopped[0] < config.steps
    (last,) = run(trainee, config, state)
    assert same(last, whole[-1])


KILLED = """
import sys
from pathlib import Path
from tests.engine.training.test_loop import CASES
from icl_core.training import run, save_run
trainee, config = CASES["tied layers"]
config = config.replace(steps=100_000, snapshots=500)
for snapshot in run(trainee, config):
    save_run(Path(sys.argv[1]), snapshot.state, trainee, config)
    print(snapshot.step, flush=True)
"""


def test_a_killed_process_leaves_a_file_to_go_on_from(tmp_path: Path) -> None:
    trainee, config = CASES["tied layers"]
    config, file = config.replace(steps=100_000, snapshots=500), tmp_path / "run.safetensors"
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(file)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) > 20:
                os.kill(process.pid, signal.SIGKILL)
    state = load_run(file, trainee, config)
    assert state.step > 20
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".safetensors"] == [
        file.name
    ]
    expected = next(s for s in run(trainee, config) if s.step > state.step)
    assert same(next(run(trainee, config, state)), expected)


def test_files_of_other_runs_are_refused(case: tuple, tmp_path: Path) -> None:
    trainee, config, whole = case
    file = tmp_path / "run.safetensors"
    save_run(file, whole[1].state, trainee, config)
    later = tmp_path / "later.safetensors"
    save_run(later, replace(whole[1].state, step=config.steps + 1), trainee, config)
    damaged, other = tmp_path / "damaged", tmp_path / "other"
    damaged.write_bytes(file.read_bytes()[:-9])
    save_run(other, replace(whole[1].state, optimiser=()), trainee, config)
    for wrong, asked in (
        (file, config.replace(seed=4)),
        (later, config),
        (damaged, config),
        (other, config),
        (tmp_path / "none", config),
    ):
        with pytest.raises(InputError) as caught:
            load_run(wrong, trainee, asked)
        assert_one_sentence(caught.value)


def test_stretches_and_seeds_share_a_program(case: tuple, compilations: list[str]) -> None:
    trainee, config, _ = case
    list(run(trainee, config.replace(seed=5, snapshots=7)))
    assert compilations == []


@pytest.mark.parametrize("precise", [False, True])
def test_precision_outside_is_left_alone_and_makes_no_difference(
    case: tuple, precise: bool
) -> None:
    trainee, config, whole = case
    with jax.enable_x64(precise):
        first = itertools.islice(run(trainee, config), 3)
        for found, expected in zip(first, whole, strict=False):
            assert jnp.zeros(()).dtype == (jnp.float64 if precise else jnp.float32)
            assert same(found, expected)


@dataclass(frozen=True)
class _Square(Loss):
    def __call__(self, parameters: Any, batch: Any, progress: Any) -> Any:
        return (parameters["w"] - batch) ** 2


class _Follows:
    """One number that follows normal variates, twenty of them drawn at a time."""

    loss = _Square()

    def start(self, seed: int) -> Any:
        return {"w": jnp.zeros((), jnp.float32)}

    def stream(self, seed: int) -> np.ndarray:
        return words_of(np.random.default_rng(seed))

    def draw(self, stream: np.ndarray, step: int, size: int) -> Drawn:
        rng = generator_of(stream)
        return Drawn(rng.standard_normal(20).astype(np.float32), 0, 20, words_of(rng))


def _one_by_one(config: RunConfig, targets: Iterator[float]) -> dict[int, tuple[float, float]]:
    """Loss and number after every update, by optax alone."""
    fall = optax.cosine_decay_schedule(config.learning_rate, config.steps - config.held)
    constant = optax.constant_schedule(config.learning_rate)
    optimiser = optax.chain(
        optax.clip_by_global_norm(config.clip),
        optax.adam(optax.join_schedules([constant, fall], [config.held]), b2=config.decay),
    )
    w, found = jnp.zeros(()), {}
    state = optimiser.init(w)
    for step, target in enumerate(targets, start=1):
        loss, slope = jax.value_and_grad(lambda w, target=target: (w - target) ** 2)(w)
        change, state = optimiser.update(slope, state)
        w = w + change
        found[step] = float(loss), float(w)
    return found


def test_a_run_makes_every_update_once() -> None:
    """In stretches between marks as one by one, on batches that are drawn 20 at a time."""
    config = RunConfig(
        steps=60, snapshots=3, learning_rate=0.1, clip=1.0, cooling=0.5, seed=4, batch=1
    )
    assert config.marks() == [0, 15, 60]
    rng = np.random.default_rng(4)
    drawn = [rng.standard_normal(20) for _ in range(4)]
    used = [*drawn[0][:15], *drawn[1], *drawn[2], *drawn[3][:5]]
    expected = _one_by_one(config, iter(used))
    first, *rest = run(_Follows(), config)
    assert (first.step, np.isnan(first.train_loss)) == (0, True)
    assert [snapshot.step for snapshot in rest] == [15, 60]
    for snapshot in rest:
        found = snapshot.train_loss, float(snapshot.parameters["w"])
        assert found == pytest.approx(expected[snapshot.step], rel=1e-5)


@pytest.mark.parametrize("held", [0, 6, 10])
def test_the_learning_rate_is_held_and_then_falls_along_a_cosine(held: int) -> None:
    config = RunConfig(steps=10, learning_rate=0.1, cooling=1 - held / 10)
    assert config.held == held
    rates = SCHEDULES["held"](0, 10, 0.1, 10, held)
    falling = 0.05 * (1 + np.cos(np.pi * np.arange(10 - held) / max(10 - held, 1)))
    np.testing.assert_allclose(rates, [0.1] * held + list(falling), rtol=1e-4)


def test_the_warmed_learning_rate_rises_over_a_twentieth_and_falls_to_a_fiftieth() -> None:
    """Whatever part of it is asked for."""
    rates = np.asarray(SCHEDULES["warmed"](0, 400, 0.04, 400, 400))
    assert np.argmax(rates) == 20
    assert rates[20] == pytest.approx(0.04)
    np.testing.assert_allclose(rates[:20], 0.04 * np.arange(20) / 20, atol=1e-9)
    expected = 0.04 * (0.02 + 0.49 * (1 + np.cos(np.pi * (np.arange(20, 400) - 20) / 380)))
    np.testing.assert_allclose(rates[20:], expected, rtol=1e-4)
    np.testing.assert_array_equal(rates[100:150], SCHEDULES["warmed"](100, 50, 0.04, 400, 400))


def test_starts_have_the_variance_of_the_recipe() -> None:
    model = BlockModel(num_layers=3, num_heads=4, widening=4, norm="every")
    found = recipe.start(model.shapes(40), layers=3, seed=0)
    for name, fan_in in (("W_K", 41), ("P", 164), ("W_1", 41), ("W_2", 164)):
        assert np.var(found[name]) == pytest.approx(0.002 / 3 / fan_in, rel=0.1), name
    assert np.all(found["scale"] == 1)
    assert not np.any(found["offset"])
    assert not np.any(found["b_1"])
    assert not np.any(found["b_2"])


def test_a_stream_goes_on_where_it_was() -> None:
    """With half of a 64-bit number still to be used, too."""
    rng = np.random.default_rng(7)
    rng.integers(9, size=3, dtype=np.uint32)
    again = generator_of(words_of(rng))
    np.testing.assert_array_equal(
        rng.integers(9, size=5, dtype=np.uint32), again.integers(9, size=5, dtype=np.uint32)
    )
    np.testing.assert_array_equal(rng.standard_normal(50), again.standard_normal(50))
