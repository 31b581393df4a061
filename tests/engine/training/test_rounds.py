"""Rounds of exploring and refining: when they end, what wins, and that they can stop anywhere."""

import itertools
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.loss import prompt_losses
from icl_core.constructions.descent import gradient_descent_model
from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, UniformNoise
from icl_core.training import Rounds, RoundsProgress, recipe_for, train_in_rounds
from icl_core.training.linear import as_parameters
from icl_core.training.plateau import AGREEMENT, GAIN, is_settled

TASK = LinearTask(dim=2, num_context=8, noise=UniformNoise(sigma_max=1))
SHORT = recipe_for(
    TASK,
    num_layers=2,
    restarts=8,
    explore_steps=30,
    explore_batch=32,
    refine_steps=8,
    refine_batch=64,
    max_seconds=3600.0,
)
HEAVY = LinearTask(dim=2, num_context=5, noise=CategoricalNoise(values=(0.3, 1.5)))


@pytest.fixture(scope="module")
def run():
    return list(train_in_rounds(TASK, SHORT))


def test_a_training_ends_when_it_gains_no_more_and_its_starts_agree():
    ends = [
        is_settled(reached, losses)
        for reached, losses in [
            ([1.0], [1.0, 1.0]),  # one round cannot tell
            ([1.0, 0.9], [0.9, 0.9]),
            ([1.0, 0.9, 0.899], [0.95, 0.899]),
            ([1.0, 0.9, 0.899], [1.3, 0.9, 0.899]),
            ([1.0, 1.0], [np.inf, 1.0]),
        ]
    ]
    assert ends == [False, False, False, True, False]
    assert is_settled([1.0, 1.0 - 0.99 * GAIN], [1.0, 1.0 + 0.99 * AGREEMENT])
    assert not is_settled([1.0, 1.0 - 1.01 * GAIN], [1.0, 1.0])
    assert not is_settled([1.0, 1.0], [1.0, 1.0 + 1.01 * AGREEMENT])


def test_large_models_are_explored_from_fewer_starts():
    def starts(dim: int, layers: int) -> int:
        return recipe_for(TASK.replace(dim=dim), num_layers=layers).restarts

    assert (starts(2, 2), starts(10, 4), starts(20, 6)) == (64, 16, 8)


def test_snapshots_tell_rounds_that_never_lose_what_was_found(run):
    phases = [key for key, _ in itertools.groupby(run, key=lambda s: (s.round, s.phase))]
    rounds = run[-1].round
    assert rounds >= 2
    told = [(r, p) for r in range(1, rounds + 1) for p in ("exploring", "refining")]
    assert phases == [*told, (rounds, "finished")]
    steps = [snapshot.step for snapshot in run]
    assert steps == sorted(steps)
    assert steps[-1] == sum(30 + 8 * 2**r for r in range(rounds))
    refined = [snapshot.loss for snapshot in run if snapshot.phase == "refining"]
    assert refined == sorted(refined, reverse=True)
    assert run[-1].loss == refined[-1] < 0.5 * run[0].loss
    assert not run[-1].cut
    for snapshot in run:
        best = int(np.argmin(snapshot.losses))
        np.testing.assert_array_equal(snapshot.model.P, snapshot.candidates.P[best])


def test_the_seed_alone_decides_where_no_time_limit_cuts(run):
    again = list(train_in_rounds(TASK, SHORT.replace(max_seconds=1800.0)))
    assert [s.step for s in again] == [s.step for s in run]
    np.testing.assert_array_equal(again[-1].model.P, run[-1].model.P)
    other = list(train_in_rounds(TASK, SHORT.replace(seed=1)))[-1]
    assert np.abs(other.model.P - run[-1].model.P).max() > 1e-3


@pytest.mark.parametrize("at", ["first", "exploring", "refining", "last"])
def test_a_saved_training_goes_on_as_if_never_stopped(run, at: str, tmp_path: Path):
    """From a file of the start, of both phases of the second round, and of its end."""
    second = {s.phase: i for i, s in enumerate(run) if s.round == 2}
    place = {"first": 0, "last": len(run) - 2}.get(at, second.get(at, 0))
    file = tmp_path / "progress.safetensors"
    Rounds(TASK, SHORT).save(file, run[place].state)
    again = Rounds(TASK, SHORT)
    rest = list(again.snapshots(again.load(file)))
    assert len(rest) == len(run) - place - 1
    for mine, theirs in zip(rest, run[place + 1 :], strict=True):
        assert (mine.step, mine.phase, mine.round) == (theirs.step, theirs.phase, theirs.round)
        assert mine.train_loss == theirs.train_loss
        np.testing.assert_array_equal(mine.losses, theirs.losses)
        np.testing.assert_array_equal(mine.candidates.P, theirs.candidates.P)
    with pytest.raises(InputError, match=r"^progress.safetensors is no saved state .*\.$"):
        Rounds(TASK, SHORT.replace(seed=5)).load(file)


@pytest.mark.parametrize("precise", [False, True])
def test_the_precision_outside_changes_nothing(run, precise):
    with jax.enable_x64(precise):
        first, second = itertools.islice(train_in_rounds(TASK, SHORT), 2)
        assert jnp.zeros(()).dtype == (jnp.float64 if precise else jnp.float32)
    np.testing.assert_array_equal(first.losses, run[0].losses)
    np.testing.assert_array_equal(second.candidates.P, run[1].candidates.P)


def test_a_time_limit_is_kept_and_told():
    config = SHORT.replace(max_seconds=6.0, explore_steps=100_000, refine_steps=100_000)
    last = list(train_in_rounds(TASK, config))[-1]
    assert last.phase == "finished"
    assert last.cut
    assert last.seconds < 12
    assert np.isfinite(last.loss)


def test_a_start_that_explodes_on_rare_prompts_is_never_the_winner():
    """Two descents: by 4,096 of the task's prompts the first looks better, by a million it is worse
    by far."""
    wild, tame = ([eta * 5] * 8 for eta in (0.08, 0.035))
    methods = {"wild": GradientDescent(etas=tuple(wild)), "tame": GradientDescent(etas=tuple(tame))}

    def means(count: int, seed: int) -> tuple[float, float]:
        found = prompt_losses(methods, HEAVY, prompts=count, seed=seed)
        return found["wild"][-1].mean(), found["tame"][-1].mean()

    few, many = means(4096, 987_654), means(1_000_000, 7)
    assert few[0] < few[1]
    assert many[0] > 1.5 * many[1]
    rounds = Rounds(HEAVY, recipe_for(HEAVY, num_layers=8, restarts=2, refine_steps=4))
    models = [
        gradient_descent_model(methods[name], dim=2, num_context=5).normalised(HEAVY)
        for name in ("wild", "tame")
    ]
    given = [as_parameters(model, "diag") for model in models]
    starts = jax.tree.map(lambda *v: np.stack(v, dtype=np.float32)[None], *given)
    progress = rounds._entered(0, 1, starts)
    losses = rounds._scores(progress)[0]
    assert losses[1] < losses[0]
    unknown = (progress.best[0], np.full_like(progress.best[1], np.inf))
    found = rounds._look(replace(progress, best=unknown)).state
    assert isinstance(found, RoundsProgress)
    np.testing.assert_array_equal(found.best[0]["p_x"][0, 0], starts["p_x"][0, 1])


def test_divergence_is_one_sentence():
    begun = Rounds(TASK, SHORT)._entered(0, 0)
    lost = {name: values * np.nan for name, values in begun.parameters.items()}
    lost = replace(begun, parameters=lost, average=lost, step=begun.steps)
    with pytest.raises(InputError, match=r"diverged.*lower the learning rate.*\.$"):
        list(train_in_rounds(TASK, SHORT, progress=lost))
