"""What paper 1's trainers share: starts, the learning rate, updates in stretches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.models.blocks import BlockModel
from icl_core.training import recipe


def test_starts_have_the_variance_of_the_recipe() -> None:
    model = BlockModel(num_layers=3, num_heads=4, widening=4, norm="every")
    found = recipe.start(model.shapes(40), layers=3, seed=0)
    for name, fan_in in (("W_K", 41), ("P", 164), ("W_1", 41), ("W_2", 164)):
        assert np.var(found[name]) == pytest.approx(0.002 / 3 / fan_in, rel=0.1), name
    assert np.all(found["scale"] == 1)
    assert not np.any(found["offset"])
    assert not np.any(found["b_1"])
    assert not np.any(found["b_2"])


@pytest.mark.parametrize("held", [0, 6, 10])
def test_the_learning_rate_is_held_and_then_falls_along_a_cosine(held: int) -> None:
    """A slope that is always the same moves Adam by its learning rate, up to its epsilon."""
    optimiser = recipe.cooled_adam(0.1, 5.0, 10, held)
    parameters = {"w": jnp.zeros(())}
    state, moved = optimiser.init(parameters), []
    for _ in range(10):
        change, state = optimiser.update({"w": jnp.asarray(100.0)}, state)
        moved.append(-float(change["w"]))
    falling = 0.05 * (1 + np.cos(np.pi * np.arange(10 - held) / max(10 - held, 1)))
    np.testing.assert_allclose(moved, [0.1] * held + list(falling), rtol=1e-4)


def test_a_run_makes_every_update_once() -> None:
    """In stretches between marks as one by one, on batches that are drawn BLOCK at a time."""
    optimiser = recipe.cooled_adam(0.1, 1.0, 60, 30)
    targets = np.random.default_rng(0).standard_normal((3, recipe.BLOCK)).astype(np.float32)

    def loss(parameters: dict, batch: jax.Array) -> jax.Array:
        return (parameters["w"] - batch) ** 2

    def advance(state: recipe.State, count: int) -> tuple[recipe.State, jax.Array]:
        drawn = jnp.asarray(next(blocks))
        return recipe.descend(state, optimiser, count, lambda index: drawn[index], loss)

    blocks, start = iter(targets), {"w": jnp.zeros(())}
    (first, nothing, _), *rest = recipe.run(start, optimiser, [0, 10, 60], advance)
    assert (first, np.isnan(nothing)) == (0, True)
    state = recipe.State(parameters=start, optimiser=optimiser.init(start))
    expected, used = {}, [*targets[0][:10], *targets[1], *targets[2]]
    for step, target in enumerate(used, start=1):
        state, value = recipe.update(state, optimiser, lambda p, target=target: loss(p, target))
        expected[step] = float(value), float(state.parameters["w"])
    for step, value, parameters in rest:
        assert (value, float(parameters["w"])) == pytest.approx(expected[step], rel=1e-5)
    assert [step for step, *_ in rest] == [10, 60]
