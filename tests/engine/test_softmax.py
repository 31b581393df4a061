"""Softmax heads: what they tend to, how fast, and what is linear in them."""

from dataclasses import replace

import numpy as np
import pytest

from icl_core.algorithms.descent import GradientDescent
from icl_core.algorithms.truth import TrueWeights
from icl_core.analysis.floors import one_layer_loss
from icl_core.analysis.loss import evaluate
from icl_core.analysis.softmax import at_temperature, linearisation, weighed_scores
from icl_core.constructions.softmax import (
    centred,
    centred_loss,
    centred_step,
    softmax_descent,
)
from icl_core.errors import InputError
from icl_core.models.blocks import BlockModel, BlockTransformer
from icl_core.models.predictor import Answers, Queries
from icl_core.tasks.base import Context, Draw
from icl_core.tasks.inputs import GaussianInputs, UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from tests.cases import assert_close, some_model

ETA = 6.0
TASK = LinearTask(dim=10, num_context=10, noise=FixedNoise(value=0), inputs=UniformInputs())


def some_draw() -> Draw:
    return TASK.draw(3, 8, queries=4)


def gap(heads: int, scale: float, drawn: Draw) -> np.ndarray:
    """The heads' answers minus those of a step on centred inputs, [batch, queries]."""
    model = softmax_descent(dim=10, eta=ETA, scale=scale, heads=heads)
    step = GradientDescent(etas=(ETA,)).answers(centred(drawn.context), drawn.queries)[-1]
    return np.asarray(model.answers(drawn.context, drawn.queries)[-1] - step)


@pytest.mark.parametrize(("heads", "scale"), [(2, 5e-6), (4, 1e-3)])
def test_in_the_linear_limit_pairs_are_a_step_on_centred_inputs(heads: int, scale: float) -> None:
    assert np.abs(gap(heads, scale, some_draw())).max() < 1e-10


@pytest.mark.parametrize("heads", [2, 4])
def test_with_inputs_of_mean_zero_they_are_the_step_itself(heads: int) -> None:
    drawn = some_draw()
    context = centred(drawn.context)
    model = softmax_descent(dim=10, eta=ETA, scale={2: 5e-6, 4: 1e-3}[heads], heads=heads)
    step = GradientDescent(etas=(ETA,)).answers(context, drawn.queries)
    np.testing.assert_allclose(model.answers(context, drawn.queries), step, atol=1e-10)


@pytest.mark.parametrize(("heads", "order"), [(2, 2), (4, 4)])
def test_the_distance_falls_with_that_power_of_the_scale(heads: int, order: int) -> None:
    coarse, fine = (np.abs(gap(heads, scale, some_draw())).max() for scale in (0.08, 0.04))
    assert coarse / fine == pytest.approx(2**order, rel=0.02)


def test_the_first_term_of_the_distance_is_the_formulas() -> None:
    """Two heads: eta c^2 / 6 k_4; one head: eta ybar / c + eta c / 2 k_3."""
    drawn, c = some_draw(), 1e-2
    y = np.asarray(drawn.context.y)[:, None]
    z = np.einsum("bnd,bqd->bqn", drawn.context.X, drawn.queries)
    dy, dz = (values - values.mean(-1, keepdims=True) for values in (y, z))
    k_4 = (dy * dz**3).mean(-1) - 3 * (dy * dz).mean(-1) * (dz**2).mean(-1)
    np.testing.assert_allclose(gap(2, c, drawn), ETA * c**2 / 6 * k_4, atol=1e-8)
    k_3 = (dy * dz**2).mean(-1)
    expected = ETA * y.mean(-1) / c + ETA * c / 2 * k_3
    np.testing.assert_allclose(gap(1, c, drawn), expected, atol=1e-3)


class Centred:
    """The best step on centred inputs, as a predictor."""

    def answers(self, context: Context, queries: Queries) -> Answers:
        step = GradientDescent(etas=(centred_step(TASK),))
        return step.answers(centred(context), queries)


def test_the_limit_has_the_loss_of_the_formula() -> None:
    """6 % above that of one step: what two heads cannot do without leaving the linear regime."""
    assert centred_loss(TASK) == pytest.approx(0.21846, abs=1e-5)
    assert one_layer_loss(TASK) == pytest.approx(0.20623, abs=1e-5)
    models = {"limit": Centred(), "zero": GradientDescent(etas=(0.0,))}
    found = evaluate(models, TASK, prompts=4000, seed=5, against=TrueWeights())
    assert found["limit"].final == pytest.approx(
        centred_loss(TASK), abs=4 * found["limit"].stderr[-1]
    )
    assert found["zero"].final == pytest.approx(0.41667, abs=4 * found["zero"].stderr[-1])


@pytest.mark.parametrize("inputs", [GaussianInputs(scale=0.5), UniformInputs(width=2)])
def test_no_other_step_on_centred_inputs_is_better(inputs: GaussianInputs | UniformInputs) -> None:
    """From samples of the moments in the numerator and the denominator of the best step."""
    task = TASK.replace(dim=3, num_context=6, inputs=inputs)
    X = inputs.draw(np.random.default_rng(1), (200_000, 6, 3))
    X -= X.mean(1, keepdims=True)
    M = X.mT @ X
    first, second = np.trace(M, axis1=1, axis2=2).mean(), (M**2).sum((1, 2)).mean()
    assert centred_step(task) == pytest.approx(6 * first / second, rel=5e-3)
    loss = 0.5 * inputs.variance * (3 - first**2 / second)
    assert centred_loss(task) == pytest.approx(loss, rel=5e-3)


def test_parts_add_up_to_the_answers() -> None:
    drawn = some_draw()
    model = some_model("blocks", TASK, num_heads=4, attention="softmax")
    assert isinstance(model, BlockTransformer)
    found = linearisation(model, drawn.context, drawn.queries)
    answers = model.answers(drawn.context, drawn.queries)[-1]
    assert_close(found.answers.sum(0), answers)
    assert_close(found.offset + found.linear + found.rest, found.answers)
    assert_close(found.first_order.sum(-1), 1)
    warm = at_temperature(model, 1e5)
    cooled = linearisation(warm, drawn.context, drawn.queries)
    assert_close(cooled.scores * 1e5, found.scores)
    assert np.abs(cooled.rest).max() < 1e-9
    assert_close(cooled.linear * 1e5, found.linear)
    assert_close(warm.answers(drawn.context, drawn.queries)[-1], cooled.answers.sum(0))


def test_a_second_head_takes_the_offset_away() -> None:
    drawn = some_draw()
    found = linearisation(softmax_descent(dim=10, eta=ETA, scale=0.1), drawn.context, drawn.queries)
    assert_close(found.offset.sum(0), np.zeros((8, 4)))
    assert_close(found.linear[0], found.linear[1])
    step = GradientDescent(etas=(ETA,)).answers(centred(drawn.context), drawn.queries)[-1]
    assert_close(found.linear.sum(0), step)


def test_weighed_scores_of_a_pair_are_equal_and_sum_to_the_step() -> None:
    model = softmax_descent(dim=10, eta=ETA, scale=0.1)
    found = weighed_scores(model) / 11**0.5
    assert_close(found[0], found[1])
    assert_close(found.sum(0), -ETA * np.diag([1.0] * 10 + [0]))


def test_what_is_no_layer_of_softmax_heads_is_refused() -> None:
    drawn = some_draw()
    for shape in (BlockModel(), BlockModel(attention="softmax", num_layers=2)):
        model = some_model("blocks", TASK, **shape.to_dict())
        assert isinstance(model, BlockTransformer)
        with pytest.raises(InputError, match="no single layer"):
            linearisation(model, drawn.context, drawn.queries)
    with pytest.raises(InputError, match="heads"):
        softmax_descent(dim=3, eta=1, scale=1, heads=3)


def test_a_query_changes_no_others_answer() -> None:
    drawn = some_draw()
    model = softmax_descent(dim=10, eta=ETA, scale=0.3)
    alone = model.answers(drawn.context, drawn.queries[:, 2:3])
    assert_close(alone[..., 0], model.answers(drawn.context, drawn.queries)[..., 2])
    other = replace(drawn.context, y=2 * drawn.context.y)
    assert np.abs(model.answers(other, drawn.queries)[-1] - alone[-1]).max() > 1e-3
