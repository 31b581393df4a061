"""Training any model that answers: draws, starts, Muon, and that a little training helps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.models.blocks import BlockModel
from icl_core.models.copying import CopyingModel
from icl_core.models.features import FeatureModel
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from icl_core.tasks.sine import SineTask
from icl_core.training.answers import RECIPES, AnswerTrainee, model_of
from icl_core.training.config import RunConfig
from icl_core.training.loop import generator_of, run
from icl_core.training.optimisers import OPTIMISERS, SHRINKING

LINEAR = LinearTask(dim=2, num_context=3, noise=FixedNoise(value=0), inputs=UniformInputs())
TRAINEES = {
    "softmax": AnswerTrainee(
        task=LINEAR, model=BlockModel(num_heads=2, attention="softmax"), queries=4
    ),
    "copying": AnswerTrainee(task=LINEAR, model=CopyingModel(), queries=4),
    "sine": AnswerTrainee(task=SineTask(), model=FeatureModel(width=8), queries=4),
    "control": AnswerTrainee(task=SineTask(), model=FeatureModel(width=8, frozen=True), queries=4),
}
SHORT = RunConfig(
    steps=200, batch=64, snapshots=3, learning_rate=0.02, clip=10.0, optimiser="muon", cooling=1.0
)
each_trainee = pytest.mark.parametrize("name", TRAINEES)


@each_trainee
def test_a_little_training_helps(name: str) -> None:
    """On fresh prompts, paired; and a snapshot's parameters are numpy's, so that it answers so."""
    trainee = TRAINEES[name]
    first, *_, last = run(trainee, SHORT)
    fresh = trainee.task.draw(99, 2000, 4)
    before, after = (
        model_of(trainee.model, snapshot.parameters).answers(fresh.context, fresh.queries)[-1]
        for snapshot in (first, last)
    )
    assert isinstance(after, np.ndarray)
    assert ((after - fresh.truth) ** 2).mean() < 0.99 * ((before - fresh.truth) ** 2).mean()


@each_trainee
def test_the_loss_is_that_of_the_answers(name: str) -> None:
    trainee = TRAINEES[name]
    drawn = trainee.draw(trainee.stream(5), 0, 3)
    batch = trainee.loss.pick(drawn.batches, jnp.asarray(7))
    parameters = trainee.start(1)
    answers = model_of(trainee.model, parameters).answers(batch.context, batch.queries)[-1]
    assert answers.shape == (3, 4)
    expected = 0.5 * np.mean((np.asarray(answers) - batch.truth) ** 2)
    assert float(trainee.loss(parameters, batch, jnp.zeros(()))) == pytest.approx(expected)
    again = trainee.task.draw(generator_of(trainee.stream(5)), 25 * 3, 4, np.float32)
    np.testing.assert_array_equal(np.asarray(batch.truth), again.truth.reshape(25, 3, 4)[7])


def test_starts_have_the_variances_of_the_paper() -> None:
    """Of matrices of many entries; the control's W_1 begins as if it summed two numbers."""
    task = LINEAR.replace(dim=10, num_context=10)
    found = AnswerTrainee(task=task, model=CopyingModel()).start(0)
    assert float(jnp.std(found["W_K"])) == pytest.approx((0.01 / 20) ** 0.5, rel=0.1)
    trained, control = (
        AnswerTrainee(task=SineTask(), model=FeatureModel(frozen=frozen)).start(0)
        for frozen in (False, True)
    )
    assert float(jnp.std(trained["W_1"])) == pytest.approx((0.002 / 40) ** 0.5, rel=0.1)
    assert float(jnp.std(control["W_1"])) == pytest.approx((0.002 / 2) ** 0.5, rel=0.1)
    assert float(jnp.std(control["W_2"])) == pytest.approx((0.002 / 40) ** 0.5, rel=0.1)
    assert not trained["b_1"].any()
    assert "W_K" not in control


def test_muon_makes_steps_of_matrices_orthogonal() -> None:
    """Each matrix of a stack for itself, up to what five iterations leave; biases are Adam's."""
    rng = np.random.default_rng(0)
    slopes = {
        "W_K": jnp.asarray(rng.standard_normal((2, 3, 6, 6)), jnp.float32),
        "b_1": jnp.asarray(rng.standard_normal((2, 6)), jnp.float32),
    }
    rule = OPTIMISERS["muon"](0.98)
    change, _ = rule.update(slopes, rule.init(slopes), slopes)
    values = np.linalg.svd(np.asarray(change["W_K"]), compute_uv=False)
    assert np.abs(values - 1).max() < 0.4
    assert (np.einsum("lhij,lhij->lh", change["W_K"], slopes["W_K"]) > 0).all()
    sizes = np.abs(change["b_1"])  # with Nesterov's momentum larger than 1, but all alike
    np.testing.assert_allclose(sizes, sizes[0, 0], rtol=1e-4)


def test_shrinking_takes_a_share_of_every_matrix() -> None:
    """Beside the same direction, and nothing of what is no matrix."""
    slopes = {"P": jnp.ones((1, 1, 3, 3)), "b_1": jnp.ones((1, 3))}
    values = {"P": jnp.full((1, 1, 3, 3), 2.0), "b_1": jnp.full((1, 3), 2.0)}
    found = {}
    for name in ("muon", "muon_shrinking"):
        rule = OPTIMISERS[name](0.98)
        found[name], _ = rule.update(slopes, rule.init(values), values)
    more = jax.tree.map(lambda a, b: np.asarray(b - a), *found.values())
    np.testing.assert_allclose(more["P"], SHRINKING * 2, rtol=1e-5)
    assert not more["b_1"].any()


def test_runs_depend_on_the_seed_alone() -> None:
    config = SHORT.replace(steps=5)
    ends = [
        list(run(TRAINEES["copying"], config.replace(seed=seed)))[-1].parameters["P"]
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(ends[0], ends[1])
    assert np.abs(ends[0] - ends[2]).max() > 1e-4


@pytest.mark.parametrize("name", [name for name in RECIPES if not name.endswith("_quick")])
def test_recipes_describe_models_of_their_task(name: str) -> None:
    recipe = RECIPES[name]
    task = SineTask() if isinstance(recipe.model, FeatureModel) else LINEAR
    trainee = AnswerTrainee(task=task, model=recipe.model, queries=recipe.queries)
    parameters = {key: np.asarray(values) for key, values in trainee.start(0).items()}
    drawn = task.draw(0, 2, dtype=np.float32)
    answers = model_of(recipe.model, parameters).answers(drawn.context, drawn.queries)
    assert answers.dtype == np.float32
    assert np.isfinite(answers).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="task"):
        AnswerTrainee(task=3, model=BlockModel())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="queries"):
        AnswerTrainee(task=LINEAR, model=BlockModel(), queries=65)
