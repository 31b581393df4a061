"""The recursion by eigenvalues is GD and GD++, and its optima are those of paper 1."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GDPlusPlus
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.recursion import (
    exact_losses,
    residuals,
    sample_spectra,
    tune_steps,
    tune_untied,
)
from icl_core.errors import InputError
from icl_core.tasks.inputs import GaussianInputs, UniformInputs
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import FixedNoise
from tests.cases import TASK as NOISY
from tests.cases import assert_close
from tests.hostile import assert_one_sentence

TASK = LinearTask(dim=10, num_context=10, noise=FixedNoise(value=0), inputs=UniformInputs())
SMALL = TASK.replace(dim=3, num_context=5)


def test_residuals_are_those_of_the_algorithm() -> None:
    """|w_k - w|^2 in the eigenbasis, prompt by prompt, averaged over w = e_1 .. e_d."""
    method = GDPlusPlus(etas=(5.0, 3.0, 8.0), gammas=(0.2, 0.1, 0.3))
    prompts = draw_prompts(SMALL, 0, 40)
    Sigma = np.asarray(prompts.moments.Sigma)
    total = np.zeros((4, 40))
    for axis in np.eye(3):
        moments = prompts.moments.replace(alpha=Sigma @ axis)  # type: ignore[attr-defined]
        path = method.weight_path(prompts.replace(moments=moments))  # type: ignore[attr-defined]
        total += np.sum((np.asarray(path) - axis) ** 2, axis=-1)
    exact = exact_losses(method, SMALL, np.linalg.eigvalsh(Sigma))
    assert_close(exact, 0.5 * SMALL.inputs.variance * total)


def test_one_tuned_step_is_the_closed_form() -> None:
    """10,000 spectra: eta within 1 %, the loss within 5 standard errors."""
    values = sample_spectra(TASK)
    tuned = tune_steps(TASK, 1, preconditioned=False, eigenvalues=values)
    found = exact_losses(tuned, TASK, values)[-1]
    assert tuned.etas[0] == pytest.approx(one_layer_step(TASK), rel=0.01)
    assert abs(found.mean() - one_layer_loss(TASK)) < 5 * found.std() / 100


PUBLISHED = ((10, 0.179, 0.176, 0.156, 0.110), (25, 0.099, 0.0993, 0.059, 0.0183))
PUBLISHED += ((50, 0.056, 0.0559, 0.0215, 0.0026), (100, 0.029, 0.0297, 0.0066, 0.0004))


@pytest.mark.parametrize(("n", "trained", "best", "gd", "gdpp"), PUBLISHED)
def test_two_tied_steps(n: int, trained: float, best: float, gd: float, gdpp: float) -> None:
    """(E5): gamma within 1 % of the exact one and 3 % of the papers' trained one; losses within
    5 standard errors and rounding."""
    task = TASK.replace(num_context=n)
    values = sample_spectra(task)
    tuned = {
        name: tune_steps(task, 2, preconditioned=name == "gdpp", eigenvalues=values)
        for name in ("gd", "gdpp")
    }
    assert tuned["gdpp"].gammas[0] == pytest.approx(best, rel=0.01)
    assert tuned["gdpp"].gammas[0] == pytest.approx(trained, rel=0.03)
    for name, expected in (("gd", gd), ("gdpp", gdpp)):
        found = exact_losses(tuned[name], task, values)[-1]
        rounding = 0.5 * 10.0 ** -len(f"{expected:.10g}".partition(".")[2])
        assert abs(found.mean() - expected) < 5 * found.std() / 100 + rounding


def test_untied_steps_are_better_and_within_their_bounds() -> None:
    values = sample_spectra(SMALL, prompts=1000)

    def loss(method: GDPlusPlus) -> float:
        return float(exact_losses(method, SMALL, values)[-1].mean())

    tied = tune_steps(SMALL, 3, preconditioned=True, eigenvalues=values)
    bounds = (8.0, 0.6)
    free = tune_steps(SMALL, 3, preconditioned=True, tied=False, bounds=bounds, eigenvalues=values)
    assert loss(free) < loss(tied)
    assert max(free.etas) <= 8 * 5 * (1 + 1e-9)
    assert max(free.gammas) <= 0.6 * (1 + 1e-9)


def test_steps_found_one_by_one_beat_bounded_and_tied_ones() -> None:
    """One step is the tied one; three are better than three tied."""
    values = sample_spectra(SMALL, prompts=1000)
    single, none = tune_untied(SMALL, 1, values)
    tied = tune_steps(SMALL, 1, preconditioned=False, eigenvalues=values)
    assert single[0] * SMALL.num_context == pytest.approx(tied.etas[0], rel=1e-3)
    assert none.tolist() == [0.0]
    etas, gammas = tune_untied(SMALL, 3, np.concatenate([values, 1.3 * values[:50]]))
    assert gammas[-1] == 0
    assert gammas[1] > gammas[0] > 0
    left = residuals(values, etas, gammas)[-1]
    mine = 0.5 * SMALL.inputs.variance * float(np.sum(left**2, axis=-1).mean())
    best = tune_steps(SMALL, 3, preconditioned=True, eigenvalues=values)
    assert mine < 0.7 * float(exact_losses(best, SMALL, values)[-1].mean())


@pytest.mark.parametrize(
    "task", [NOISY, TASK.replace(inputs=GaussianInputs(condition=2.0))], ids=["noise", "condition"]
)
def test_tasks_it_is_not_made_for(task: LinearTask) -> None:
    with pytest.raises(InputError) as caught:
        tune_steps(task, 2, preconditioned=True)
    assert_one_sentence(caught.value)
