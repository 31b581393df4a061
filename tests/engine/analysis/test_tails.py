"""A mean that few prompts decide says so; one that others will find again does not."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.loss import prompt_losses
from icl_core.analysis.tails import tail_of, told_loss
from icl_core.lessons.train.words import model_finding, tail_warning
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise

HEAVY = LinearTask(dim=2, num_context=5, noise=CategoricalNoise(values=(0.3, 1.5)))


def descent(eta: float, steps: int = 8) -> GradientDescent:
    return GradientDescent(etas=(5 * eta,) * steps)


def test_steps_that_explode_on_rare_prompts_are_told():
    wild, tame = told_loss(descent(0.1), HEAVY), told_loss(descent(0.05), HEAVY)
    assert not wild.tail.resolved
    assert tame.tail.resolved
    assert wild.tail.effective < 50 < 1000 < tame.tail.effective
    assert wild.tail.median < wild.tail.trimmed < wild.tail.mean < wild.tail.largest
    assert wild.mean[-1] == wild.tail.mean
    many = prompt_losses({"m": descent(0.1)}, HEAVY, prompts=1_000_000, seed=3)["m"][-1].mean()
    assert wild.tail.mean < many < 2 * wild.tail.rare


def test_rare_prompts_find_what_few_prompts_hide():
    """With 4,096 prompts the mean looks firm."""
    few = told_loss(descent(0.065, steps=12), HEAVY, prompts=4096)
    assert few.tail.stderr < 0.05 * few.tail.mean
    assert few.tail.effective > 500
    assert few.tail.rare > 3 * few.tail.mean
    assert not few.tail.resolved


def test_what_rare_prompts_decide_is_a_whole_sentence():
    wild, tame = told_loss(descent(0.1), HEAVY), told_loss(descent(0.05), HEAVY)
    said = tail_warning(wild.tail)
    assert said.startswith("**Rare prompts decide the mean**: the median loss is 0.0")
    assert said.endswith(".")
    assert "of 100,000" in said
    shallow = wild.at(slice(0, 3))  # whose last mean is firm
    assert not hasattr(shallow, "tail")
    bayes = {"bayes_rr": tame}
    assert "Rare prompts" not in model_finding("diag", HEAVY, {"model": tame, **bayes})


@pytest.mark.parametrize("losses", [np.zeros(200), np.full(200, 3.0)])
def test_equal_losses_count_each(losses: np.ndarray):
    tail = tail_of(losses, losses)
    assert tail.effective == 200
    assert tail.resolved
    assert tail.trimmed == tail.median == tail.largest == losses[0]


def test_infinite_losses_are_not_resolved():
    tail = tail_of(np.append(np.ones(99), np.inf), np.ones(10))
    assert (tail.effective, tail.trimmed, tail.median) == (1.0, 1.0, 1.0)
    assert not tail.resolved
