"""Constructions with numbers of one's own."""

import numpy as np

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.constructions.made import Made
from icl_core.tasks.linear import draw_prompts


def test_it_is_the_method_with_these_numbers() -> None:
    made = Made(dim=3, num_context=8, layers=2, eta=0.4, gamma_n=0.2)
    prompts = draw_prompts(made.task, 0, 20)
    exact = GDPlusPlus(etas=(0.4, 0.4), gammas=(0.025, 0.025)).weight_path(prompts)
    np.testing.assert_allclose(made.model.weight_path(prompts), exact, atol=1e-12)
    plain = made.replace(gamma_n=0.0)
    steps = GradientDescent(etas=(0.4, 0.4)).weight_path(prompts)
    np.testing.assert_allclose(plain.model.weight_path(prompts), steps, atol=1e-12)
    assert plain.label == "GD by hand: 2 steps, η = 0.4"
    assert "nγ = 0.2" in made.label
