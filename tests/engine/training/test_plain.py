"""One run by Adam, by Muon or as paper 2 trains: what it descends, ties, and where it ends."""

import itertools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.analysis.growth import GREW, first_grown, token_sizes
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.inputs import GaussianInputs
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import UniformNoise
from icl_core.training import Plain, PlainConfig, Validated, recipe_for, train_any
from icl_core.training.linear import as_model
from icl_core.training.paper import AskedLoss, asked_batch, in_units
from icl_core.training.plain_config import RECIPES

TASK = LinearTask(dim=3, num_context=10, noise=UniformNoise(sigma_max=1))
SHORT = PlainConfig(num_layers=2, steps=60, batch=64, starts=2, max_seconds=3600.0)


def trained(config: PlainConfig) -> list[Validated]:
    return list(train_any(TASK, config))


@pytest.mark.parametrize("kind", ["gdpp", "diag", "full"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_lowers_the_loss_and_ties_layers_exactly(recipe: str, kind) -> None:
    rate = 0.02 if recipe == "paper" else None
    config = SHORT.replace(recipe=recipe, parametrization=kind, tied=True, learning_rate=rate)
    shots = trained(config)
    assert shots[-1].phase == "finished"
    assert shots[-1].step == 60
    assert len(shots[-1].losses) == 2
    assert shots[-1].loss < 0.7 * shots[0].loss
    first, second = (np.asarray(matrices) for matrices in shots[-1].model.P)
    np.testing.assert_array_equal(first, second)


def test_layers_that_are_not_tied_part() -> None:
    first, second = np.asarray(trained(SHORT)[-1].model.P)
    assert np.abs(first - second).max() > 0.01


def test_rounds_tie_layers_exactly() -> None:
    sizes = {"restarts": 4, "explore_steps": 20, "refine_steps": 10, "refine_batch": 64}
    config = recipe_for(TASK, num_layers=3, tied=True, parametrization="full", **sizes)
    *_, last = train_any(TASK, config)
    for matrices in (last.model.P, last.model.Q):
        for layer in matrices[1:]:
            np.testing.assert_array_equal(layer, matrices[0])


@pytest.mark.parametrize("kind", ["gdpp", "diag", "full"])
def test_the_papers_loss_is_the_error_of_its_query(kind) -> None:
    """In raw coordinates, by the model itself."""
    task = TASK.replace(inputs=GaussianInputs(condition=4.0))
    numbers = np.random.default_rng(5)
    sizes = (2, 1, 4, 4) if kind == "full" else (2, 1)
    names = ("P", "Q") if kind == "full" else ("p_x", "p_y", "q_x", "q_y")[: 4 - (kind == "gdpp")]
    parameters = {name: 0.05 * numbers.standard_normal(sizes) for name in names}
    batch, prompts = asked_batch(task, 7, 200), draw_prompts(task, 7, 200)
    raw = as_model(parameters, task.dim)
    w = LinearTransformer(P=raw.P, Q=raw.Q).weight_path(prompts)[-1]
    queries = np.random.default_rng((7, 1)).standard_normal((200, 3))
    queries *= np.sqrt(task.query_variances)
    error = 0.5 * np.mean(np.sum((w - prompts.w) * queries, axis=1) ** 2)
    with jax.enable_x64(True):
        loss = AskedLoss(0.0)(jax.tree.map(jnp.asarray, parameters), batch, jnp.zeros(()))
    assert float(loss) == pytest.approx(error, rel=1e-9)
    normal = as_model(in_units(parameters, batch.D), task.dim)
    expected = LinearTransformer(P=raw.P, Q=raw.Q).normalised(task)
    np.testing.assert_allclose(normal.P, expected.P)
    np.testing.assert_allclose(normal.Q, expected.Q)


def test_the_papers_prompts_never_come_twice() -> None:
    trainee = Plain(TASK, SHORT.replace(recipe="paper")).trainee
    words = trainee.stream(0)
    grams = [np.asarray(trainee.draw(words, step, 8192).batches.gram) for step in (0, 2, 4)]
    assert all((one != other).any() for one, other in itertools.combinations(grams, 2))


def test_a_saved_run_goes_on_as_if_never_stopped(tmp_path: Path) -> None:
    whole, file = trained(SHORT), tmp_path / "run.safetensors"
    for place in (0, len(whole) // 2, len(whole) - 2):
        Plain(TASK, SHORT).save(file, whole[place].state)  # type: ignore[arg-type]
        again = Plain(TASK, SHORT)
        rest = list(again.snapshots(again.load(file)))
        assert rest[-1].step == whole[-1].step
        np.testing.assert_array_equal(rest[-1].losses, whole[-1].losses)
        np.testing.assert_array_equal(rest[-1].candidates.Q, whole[-1].candidates.Q)
    with pytest.raises(InputError, match="no saved state"):
        Plain(TASK, SHORT.replace(seed=1)).load(file)


def test_a_time_limit_is_kept_and_told() -> None:
    last = trained(SHORT.replace(recipe="paper", steps=None, batch=None, max_seconds=3.0))[-1]
    assert (last.phase, last.cut) == ("finished", True)
    assert last.step == last.total_steps < RECIPES["paper"].steps
    assert last.seconds < 10


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": "adam", "num_layers": 3},
        {"recipe": "adam", "num_layers": 3, "tied": True},
        {"recipe": "adam", "num_layers": 2, "parametrization": "full"},
        {"recipe": "muon", "num_layers": 2, "parametrization": "full"},
        {"recipe": "paper", "num_layers": 2},
    ],
    ids=lambda change: "-".join(map(str, change.values())),
)
def test_a_rate_that_is_too_large_is_told_with_one_that_holds(change: dict) -> None:
    config = SHORT.replace(**change, learning_rate=3.0, steps=1000, starts=1)
    *_, last = trained(config)
    assert last.phase == "diverged"
    assert last.step < 1000
    assert 0 < last.holds < 3.0
    sizes = token_sizes(last.model, TASK)
    layer = first_grown(sizes)
    assert sizes[0] == pytest.approx(1, rel=0.3)
    assert sizes[layer] > GREW * sizes[0] > sizes[:layer].max()
    shots = trained(config.replace(learning_rate=last.holds))
    assert shots[-1].phase == "finished"
    assert shots[-1].loss < shots[0].loss


def test_tokens_grow_where_a_layer_says_so() -> None:
    """Layers that add their tokens' squares, of which the second is a hundred times as strong."""
    identity = np.eye(4)[None]
    P = np.stack([0.01 * identity, identity, 0.01 * identity])
    model = LinearTransformer(P=P, Q=np.stack([identity] * 3) / 10)
    sizes = token_sizes(model, TASK)
    assert first_grown(sizes) == 2
    assert first_grown(sizes[:2]) == 1
    with np.errstate(all="ignore"):
        huge = LinearTransformer(P=1e200 * P, Q=model.Q)
        assert np.isinf(token_sizes(huge, TASK)[-1])
