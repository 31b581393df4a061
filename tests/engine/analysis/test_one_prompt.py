"""One prompt at many noise levels, the ridge that weights imply, and other dimensions."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from icl_core.algorithms.ridge import (
    AdaRR,
    ConstRR,
    OracleRR,
    noise_posterior,
    ols_variance,
    ridge,
    spectrum,
)
from icl_core.analysis.floors import const_rr_floor, ridge_profile
from icl_core.analysis.implied import nearest_ridge
from icl_core.analysis.loss import noise_profile, noise_profile_at_once
from icl_core.analysis.one_prompt import tell
from icl_core.tasks.linear import LinearTask, at_levels, draw_prompts
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, UniformNoise
from tests.cases import TASK, assert_close, diag_model, some_prompts

SIGMAS = np.array([0.0, 0.5, 1.7])
PAPER = LinearTask(dim=10, num_context=20, noise=UniformNoise(sigma_max=5))


@pytest.mark.parametrize("count", [1, 3])
def test_prompts_at_a_level_are_those_drawn_there(count: int):
    prompts = at_levels(TASK, 3, SIGMAS, count)
    for level, sigma in enumerate(SIGMAS):
        rows = slice(count * level, count * (level + 1))
        alone = draw_prompts(TASK.replace(noise=FixedNoise(value=sigma)), 3, count)
        assert_close(prompts.moments.Sigma[rows], alone.moments.Sigma)
        assert_close(prompts.moments.alpha[rows], alone.moments.alpha)
        assert_close(prompts.moments.lam[rows], alone.moments.lam)
        assert_close(prompts.w[rows], alone.w)
        assert_close(prompts.sigma[rows], alone.sigma)


def test_a_ridge_regression_implies_its_own_strength():
    eigen = spectrum(some_prompts().moments)
    strength = jnp.array([0.0, 0.03, 1.0, 40.0])
    found = nearest_ridge(eigen, np.asarray(ridge(eigen, strength)))
    np.testing.assert_allclose(found.strength, strength, rtol=1e-6, atol=1e-9)
    assert found.distance.max() < 1e-14


def test_other_weights_imply_what_scipy_finds():
    eigen = spectrum(some_prompts().moments)
    w = np.asarray(ridge(eigen, jnp.full(4, 1.3))) + 0.05
    found = nearest_ridge(eigen, w)
    for row in range(4):

        def gap(log_s, row=row):
            return 0.5 * float(((ridge(eigen, jnp.exp(log_s))[row] - w[row]) ** 2).sum())

        best = minimize_scalar(gap, bounds=(-12, 12), method="bounded", options={"xatol": 1e-9})
        assert_close(found.distance[row], best.fun, tolerance=1e-9)
    assert nearest_ridge(eigen, np.zeros((4, 3))).strength.min() > 1e5


def test_a_story_is_made_of_what_the_algorithms_say():
    story = tell({"ada_rr": AdaRR(), "oracle_rr": OracleRR()}, TASK, 5, SIGMAS)
    prompts = at_levels(TASK, 5, SIGMAS)
    eigen = spectrum(prompts.moments)
    variance = np.asarray(ols_variance(eigen, prompts.num_context))
    assert_close(story.residual, np.sqrt(variance))
    assert_close(story.implied["ada_rr"].strength, variance, tolerance=1e-6)
    assert not story.losses["oracle_rr"][-1].any()
    gap = story.paths["ada_rr"][-1] - story.paths["oracle_rr"][-1]
    assert_close(story.losses["ada_rr"][-1], 0.5 * (gap**2).sum(-1))
    assert story.continuous
    assert_close(story.posterior.max(-1), np.ones(3))


def test_the_posterior_of_single_levels_is_a_probability():
    task = TASK.replace(noise=CategoricalNoise(values=(0.5, 2, 2)))
    story = tell({}, task, 5, SIGMAS)
    assert not story.continuous
    assert story.levels.tolist() == [0.5, 2]
    assert_close(story.posterior.sum(-1), np.ones(3))
    eigen, nodes = spectrum(at_levels(task, 5, SIGMAS).moments), jnp.array([0.5, 2.0])
    expected = noise_posterior(eigen, nodes, jnp.array([1 / 3, 2 / 3]), 7.0)
    assert_close(story.posterior, expected)
    flat = tell({}, TASK.replace(noise=UniformNoise(sigma_max=0)), 5, SIGMAS)
    assert_close(flat.posterior, np.ones((3, 1)))


def test_a_profile_at_once_is_the_profile():
    methods = {"diag": diag_model(3), "const_rr": ConstRR.of(TASK)}
    one = noise_profile(methods, TASK, SIGMAS, prompts=32)
    other = noise_profile_at_once(methods, TASK, SIGMAS, prompts=32)
    for name in methods:
        assert_close(other[name].mean, one[name].mean)
        assert_close(other[name].high, one[name].high)


def test_the_ridge_profile_is_exact():
    """Against samples; and its mean over the noise law is the floor of GD++."""
    methods, sigmas = {"const_rr": ConstRR(strength=4.0)}, np.array([0.5, 2.0, 5.0])
    sampled = noise_profile_at_once(methods, PAPER, sigmas, prompts=1024)["const_rr"]
    exact = ridge_profile(PAPER, 4.0, sigmas)
    assert exact[1] == 0
    gap = np.abs(sampled.mean[:, -1] - exact)
    assert (gap <= 5 * sampled.stderr[:, -1] + 1e-3 * exact).all()
    nodes, prior = PAPER.noise.nodes()
    mean = ridge_profile(PAPER, PAPER.noise.second_moment, nodes) @ prior
    assert mean == pytest.approx(const_rr_floor(PAPER), rel=1e-9)
