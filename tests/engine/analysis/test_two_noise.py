"""The two-noise construction by eigenvalues, by the model itself, and against exact floors."""

import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.algorithms.ridge import BayesRR, ConstRR, OracleRR
from icl_core.analysis.floors import const_rr_floor
from icl_core.analysis.loss import distance_loss
from icl_core.analysis.two_noise import (
    CONTEXTS,
    bank,
    fitted_losses,
    layer_factor,
    two_noise_limit,
    two_noise_losses,
)
from icl_core.constructions.two_noise import TwoNoise, of_unit_inputs, two_noise_model
from icl_core.tasks.linear import LinearTask, Moments, Prompts
from icl_core.tasks.noise import CategoricalNoise
from icl_core.zoo.tables import baseline_table_name, load_table

LEVELS = of_unit_inputs(1.0, 20), of_unit_inputs(3.0, 20)
ZOO = LinearTask(dim=10, num_context=20, noise=CategoricalNoise(values=(1.0, 3.0)))
DIM = 10


def prompts_at(row: int, sigma: float) -> Prompts:
    """The bank's prompts of one length as moments, in their eigenbasis."""
    found = bank(DIM)
    values = found.eigenvalues[row]
    moments = Moments(
        Sigma=jnp.asarray(values[:, None, :] * np.eye(DIM)),
        alpha=jnp.asarray(found.alpha(sigma)[row]),
        lam=jnp.asarray(found.lam(sigma)[row]),
    )
    return Prompts(
        moments=moments,
        sigma=jnp.full(len(values), sigma),
        w=jnp.asarray(found.w),
        num_context=jnp.asarray(float(CONTEXTS[row])),
    )


def test_losses_are_those_of_the_model_and_the_ridge_family() -> None:
    row = CONTEXTS.index(50)
    methods = {
        "two_noise": two_noise_model(
            TwoNoise(low=LEVELS[0], high=LEVELS[1], num_context=50), dim=DIM
        ),
        "const_rr": ConstRR(strength=(LEVELS[0] ** 2 + LEVELS[1] ** 2) / 2),
        "bayes_rr": BayesRR(noise=CategoricalNoise(values=LEVELS)),
    }
    found = two_noise_losses(bank(DIM), LEVELS)
    for name, method in methods.items():
        both = []
        for sigma in LEVELS:
            prompts = prompts_at(row, sigma)
            target = OracleRR().weight_path(prompts)[-1]
            both.append(distance_loss(method.weight_path(prompts), target)[-1])
        np.testing.assert_allclose(found[name][row], np.mean(both, axis=0), rtol=1e-9, atol=1e-13)


def test_every_prompt_is_shrunk_by_its_factor() -> None:
    row, sigma = CONTEXTS.index(200), 0.37
    method = TwoNoise(low=LEVELS[0], high=LEVELS[1], num_context=200)
    prompts = prompts_at(row, sigma)
    w = np.asarray(two_noise_model(method, dim=DIM).weight_path(prompts))[-1]
    factor = layer_factor(bank(DIM), method.replace(num_context=1), np.array([sigma]))[0, row]
    np.testing.assert_allclose(w, factor[:, None] * prompts.moments.alpha, rtol=1e-10)


def test_the_units_are_those_of_the_shipped_models() -> None:
    """At n = 20 the theorem's prompts are those of noise 1 and 3 with N(0, I) inputs."""
    losses = two_noise_limit(LEVELS).losses
    row = CONTEXTS.index(20)

    def apart(name: str, expected: float, more: float = 0.0) -> float:
        summary = losses[name]
        return abs(summary.mean[row] - expected) / np.hypot(summary.stderr[row], more)

    assert apart("const_rr", const_rr_floor(ZOO)) < 5
    table = load_table(baseline_table_name(ZOO, "bayes_rr")).loss
    assert apart("bayes_rr", table.final, table.stderr[-1]) < 5


@pytest.mark.parametrize("levels", [LEVELS, (1.0, 3.0)])
def test_the_construction_tends_to_the_optimum_as_one_over_n(levels: tuple[float, float]) -> None:
    found = two_noise_limit(levels)
    loss = found.losses["two_noise"]
    first, last = CONTEXTS.index(10_000), CONTEXTS.index(100_000)
    assert loss.mean[first] / loss.mean[last] == pytest.approx(10, rel=0.1)
    # One strength for both levels does not: what it leaves depends on the levels alone.
    s, (low, high) = (levels[0] ** 2 + levels[1] ** 2) / 2, levels
    plateau = [(1 + v) * (1 / (1 + s) - 1 / (1 + v)) ** 2 for v in (low**2, high**2)]
    const = found.losses["const_rr"]
    expected = DIM / 2 * np.mean(plateau)
    assert abs(const.mean[last] - expected) < 5 * const.stderr[last] + 1e-3 * expected


def test_the_limit_is_optimal_at_both_levels_alone() -> None:
    found = two_noise_limit(LEVELS)
    gap = found.limit - found.optimum
    inside = (found.sigmas > LEVELS[0]) & (found.sigmas < LEVELS[1])
    assert (gap[inside] > 0).all()
    assert (gap[(found.sigmas < LEVELS[0] - 0.02) | (found.sigmas > LEVELS[1] + 0.02)] < 0).all()
    np.testing.assert_allclose(found.median[-1], found.limit, atol=0.002)
    spread = (found.high - found.low)[:, -1]
    assert spread[-1] < spread[CONTEXTS.index(1000)] / 5 < spread[CONTEXTS.index(20)] / 25


def test_fitted_layers_are_no_worse_and_become_the_construction() -> None:
    """Measured on half of the prompts, the construction on the same half."""
    found = bank(DIM)
    fitted = fitted_losses(found, LEVELS)
    own = two_noise_losses(found, LEVELS)["two_noise"][:, len(found.w) // 2 :]
    ratio = fitted.mean(-1) / own.mean(-1)
    assert (ratio < 1.05).all()
    assert ratio[CONTEXTS.index(20)] < 0.5
    assert ratio[-1] == pytest.approx(1, abs=0.05)
