"""Exploring and refining: snapshots, determinism, limits and failures, on small problems."""

import itertools
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.analysis.loss import evaluate
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.training import Exploration, TrainingConfig, train, validation

TASK = LinearTask(dim=2, num_context=8, noise=UniformNoise(sigma_max=1))
SHORT = TrainingConfig(
    num_layers=2, restarts=3, explore_steps=60, explore_batch=32, refine_steps=60, refine_batch=64
)


@pytest.fixture(scope="module")
def run():
    return list(train(TASK, SHORT))


def test_snapshots_tell_the_whole_run(run):
    steps = [snapshot.step for snapshot in run]
    assert steps[0] == 0
    assert steps == sorted(steps)
    assert steps[-1] == 120
    assert [phase for phase, _ in itertools.groupby(run, key=lambda s: s.phase)] == [
        "exploring",
        "refining",
        "finished",
    ]
    assert 15 <= len(run) <= 45
    assert run[-1].loss == min(s.loss for s in run if s.phase != "exploring")
    assert run[-1].loss < 0.3 * run[0].loss
    assert run[-1].loss > run[-1].floor > 0


def test_the_model_of_a_snapshot_is_its_best_candidate(run):
    for snapshot in run[:-1]:
        index = int(np.argmin(snapshot.losses))
        assert index == snapshot.best
        np.testing.assert_array_equal(snapshot.model.P, snapshot.candidates.P[index])


def test_the_snapshots_loss_is_the_models(run):
    """float32 validation against float64 evaluation on other prompts, within 5 standard errors."""
    fresh = evaluate({"m": run[-1].model}, TASK, prompts=20_000, seed=3)["m"]
    spread = fresh.stderr[-1] * np.sqrt(1 + 20_000 / 4096)
    assert abs(fresh.final - run[-1].loss) < 5 * spread


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(run):
    again = list(train(TASK, SHORT))[-1]
    np.testing.assert_array_equal(again.model.P, run[-1].model.P)
    other = list(train(TASK, SHORT.replace(seed=1)))[-1]
    assert np.abs(other.model.P - run[-1].model.P).max() > 1e-3


def test_lanes_train_as_they_would_alone(run):
    """Another task and seed beside it change nothing but rounding."""
    other = TASK.replace(noise=UniformNoise(sigma_max=3))
    together = list(Exploration([TASK, other], [0, 5], SHORT).snapshots())
    assert len(together) == len(run)
    for (mine, _), alone in zip(together[:4], run, strict=False):
        np.testing.assert_allclose(mine.candidates.P, alone.candidates.P, rtol=1e-3, atol=1e-4)
    assert together[-1][0].loss == pytest.approx(run[-1].loss, rel=0.02)
    assert together[-1][1].floor > together[-1][0].floor


TWO_DEVICES = """
import jax, numpy as np
jax.config.update("jax_num_cpu_devices", 2)
from icl_core.runtime import prepare_process
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.training import Exploration, TrainingConfig
prepare_process()
tasks = [LinearTask(dim=2, num_context=8, noise=UniformNoise(sigma_max=s)) for s in (1, 3)]
config = TrainingConfig(
    num_layers=2, restarts=3, explore_steps=60, explore_batch=32, refine_steps=60, refine_batch=64
)
exploration = Exploration(tasks, [0, 5], config)
trainee = exploration.trainees[0]
pool = trainee.draw(trainee.stream(0), 0, 64).batches
assert len(pool.gram.devices()) == 2
*_, (first, second) = exploration.snapshots()
print(first.loss, second.loss)
"""


def test_lanes_are_spread_over_devices():
    """In a process of its own with two forced host devices."""
    finished = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True, timeout=240
    )
    assert finished.returncode == 0, finished.stderr
    together = [snapshot.loss for snapshot in list(_pair())[-1]]
    # Another order of sums, and so after 120 steps slightly another model.
    assert [float(text) for text in finished.stdout.split()] == pytest.approx(together, rel=0.3)


def _pair():
    tasks = [TASK, TASK.replace(noise=UniformNoise(sigma_max=3))]
    return Exploration(tasks, [0, 5], SHORT).snapshots()


@pytest.mark.parametrize("precise", [False, True])
def test_precision_outside_is_left_alone(precise):
    with jax.enable_x64(precise):
        for _ in itertools.islice(train(TASK, SHORT), 3):
            assert jnp.zeros(()).dtype == (jnp.float64 if precise else jnp.float32)


@pytest.mark.parametrize(("parametrization", "heads"), [("gdpp", 1), ("diag", 2), ("full", 2)])
def test_trained_weights_keep_their_parametrization(parametrization, heads):
    config = SHORT.replace(
        parametrization=parametrization, num_heads=heads, explore_steps=5, refine_steps=5
    )
    model = list(train(TASK, config))[-1].model
    assert model.P.shape == model.Q.shape == (2, heads, 3, 3)
    off_diagonal = np.abs(model.P[..., ~np.eye(3, dtype=bool)]).max()
    if parametrization == "full":
        assert off_diagonal > 0
    else:
        assert off_diagonal == 0
        np.testing.assert_array_equal(model.P[..., 0, 0], model.P[..., 1, 1])
    assert (np.abs(model.Q[..., -1, -1]).max() == 0) == (parametrization == "gdpp")


def test_a_time_limit_shortens_the_run():
    list(train(TASK, SHORT.replace(explore_steps=1, refine_steps=1)))  # compiles
    config = SHORT.replace(max_seconds=0.5, explore_steps=1_000_000, refine_steps=1_000_000)
    last = list(train(TASK, config))[-1]
    assert last.phase == "finished"
    assert last.seconds < 5
    assert last.step < 1_000_000
    assert np.isfinite(last.loss)


def test_a_run_may_be_closed_at_any_moment():
    generator = train(TASK, SHORT)
    next(generator)
    generator.close()
    assert next(generator, None) is None


def test_a_warm_start_is_the_first_candidate():
    model = LinearTransformer(P=np.full((1, 1, 3, 3), 0.01), Q=np.full((1, 1, 3, 3), -0.02))
    first = next(train(TASK, SHORT.replace(parametrization="full"), warm_starts=[model]))
    np.testing.assert_allclose(first.candidates.P[0, :1], model.P, rtol=1e-5)
    np.testing.assert_allclose(first.candidates.P[0, 1:], 0, atol=1e-8)
    near = np.abs(first.candidates.P[1, 1:]).max()
    assert 0 < near < 1


def test_divergence_is_one_sentence():
    config = SHORT.replace(learning_rate=10.0, parametrization="full", num_layers=6)
    huge = LinearTransformer(P=np.full((1, 1, 3, 3), 1e30), Q=np.full((1, 1, 3, 3), 1e30))
    with pytest.raises(InputError, match=r"diverged.*lower the learning rate.*\.$"):
        list(train(TASK, config.replace(explore_steps=3, refine_steps=3), warm_starts=[huge] * 3))


@pytest.mark.parametrize("at", [0, 7, 25])
def test_a_saved_training_goes_on_as_if_never_stopped(at: int, tmp_path: Path):
    """Two tasks, from a file of the start, of exploring and of refining: the same snapshots."""
    tasks = [TASK, TASK.replace(noise=UniformNoise(sigma_max=3))]
    whole = list(Exploration(tasks, [0, 5], SHORT).snapshots())
    file = tmp_path / "progress.safetensors"
    Exploration(tasks, [0, 5], SHORT).save(file, whole[at][0].state)
    again = Exploration(tasks, [0, 5], SHORT)
    rest = list(again.snapshots(progress=again.load(file)))
    assert len(rest) == len(whole) - at - 1
    for found, expected in zip(rest, whole[at + 1 :], strict=True):
        for mine, theirs in zip(found, expected, strict=True):
            assert (mine.step, mine.phase, mine.best) == (theirs.step, theirs.phase, theirs.best)
            assert mine.train_loss == theirs.train_loss
            np.testing.assert_array_equal(mine.losses, theirs.losses)
            np.testing.assert_array_equal(mine.candidates.P, theirs.candidates.P)
            np.testing.assert_array_equal(mine.candidates.Q, theirs.candidates.Q)
    with pytest.raises(InputError, match=r"^progress.safetensors is no saved state .*\.$"):
        Exploration(tasks, [0, 6], SHORT).load(file)


@pytest.mark.parametrize(("dim", "num_context"), [(1, 1), (5, 3)])
def test_small_and_short_problems_train(dim, num_context):
    task = LinearTask(dim=dim, num_context=num_context, noise=UniformNoise(sigma_max=1))
    config = SHORT.replace(num_layers=1, explore_steps=100, refine_steps=50)
    run = list(train(task, config))
    assert run[-1].loss < run[0].loss


@pytest.mark.slow
def test_preparing_a_run_always_returns():
    """Two decompositions in one program stopped it for ever within 50 runs (see `runtime`)."""
    floors = {validation.validation_of.__wrapped__(TASK)[1] for _ in range(60)}
    assert len(floors) == 1
