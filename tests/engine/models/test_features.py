"""An MLP below attention: a token-by-token reference, the frozen step, its features and kernel."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.algorithms.kernel import KernelDescent, gaussian_kernel
from icl_core.analysis.features import (
    agreement,
    best_kernel_step,
    contributions,
    features,
    kernel,
    slopes,
)
from icl_core.analysis.loss import evaluate
from icl_core.errors import InputError
from icl_core.models.features import FeatureModel, FeatureTransformer, embedded
from icl_core.tasks.sine import SineTask
from tests.cases import assert_close

TASK = SineTask(num_context=5)
SHAPES = {
    "trained": FeatureModel(width=6, num_layers=2, num_heads=2),
    "one": FeatureModel(width=6),
    "frozen": FeatureModel(width=6, widening=2, frozen=True, num_layers=3, eta=0.4),
}
each_shape = pytest.mark.parametrize("name", SHAPES)
DRAWN = TASK.draw(3, 4, queries=3)


def some_model(name: str) -> FeatureTransformer:
    config, rng = SHAPES[name].to_dict(), np.random.default_rng(2)
    shapes = FeatureTransformer.shapes(config, TASK)
    tensors = {key: 0.4 * rng.standard_normal(shape) for key, shape in shapes.items()}
    return FeatureTransformer.build(config, tensors)


def _gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))


def _token(model: FeatureTransformer, x: np.ndarray, y: float) -> np.ndarray:
    of = model.tensors()
    e = of["W_E"] @ np.append(x, y)
    return e + of["W_2"] @ _gelu(of["W_1"] @ e + of["b_1"]) + of["b_2"]


def _by_tokens(model: FeatureTransformer, X: np.ndarray, y: np.ndarray, x: np.ndarray) -> list:
    """One prompt, one query; written from the formulas, token by token."""
    shape, of = model.shape, model.tensors()
    tokens = [_token(model, *pair) for pair in [*zip(X, y, strict=True), (x, 0.0)]]
    said = [-tokens[-1][-1]]
    for layer in range(shape.num_layers):
        if shape.frozen:
            gradient = sum(e[-1] * e[:-1] for e in tokens[:-1])
            changes = [-shape.eta / len(X) * (gradient @ e[:-1]) for e in tokens]
            tokens = [np.append(e[:-1], e[-1] + c) for e, c in zip(tokens, changes, strict=True)]
        else:
            seen, tokens = tokens, [e.copy() for e in tokens]
            for h in range(shape.num_heads):
                W_K, W_Q, W_V, P = (of[key][layer, h] for key in ("W_K", "W_Q", "W_V", "P"))
                for e, own in zip(tokens, seen, strict=True):
                    e += P @ sum((W_V @ o) * ((W_K @ o) @ (W_Q @ own)) for o in seen[:-1])
        said.append(-tokens[-1][-1])
    return said


@each_shape
def test_answers_are_those_of_the_formulas(name: str) -> None:
    """So that no query changes another's answer, and a frozen layer is a step on the features."""
    model = some_model(name)
    found = model.answers(DRAWN.context, DRAWN.queries)
    assert found.shape == (model.shape.num_layers + 1, 4, 3)
    for b in range(4):
        for q in range(3):
            X, y, x = DRAWN.context.X[b], DRAWN.context.y[b], DRAWN.queries[b, q]
            assert_close(found[:, b, q], _by_tokens(model, X, y, x))


def test_frozen_attention_is_gradient_descent_on_features() -> None:
    """Three steps of W from 0 on tokens of the MLP, answers of the features from what it says."""
    model = some_model("frozen")
    E = np.asarray(embedded(model.parameters, DRAWN.context.X, DRAWN.context.y)).transpose(2, 1, 0)
    m, targets = E[..., :-1], E[..., -1]
    asked = np.asarray(embedded(model.parameters, DRAWN.queries)).transpose(2, 1, 0)
    W, answers = np.zeros((4, 5)), [-asked[..., -1]]
    for _ in range(3):
        W = W + 0.4 / 5 * np.einsum("bn,bnf->bf", targets - np.einsum("bf,bnf->bn", W, m), m)
        answers.append(np.einsum("bf,bqf->bq", W, asked[..., :-1]) - asked[..., -1])
    assert_close(model.answers(DRAWN.context, DRAWN.queries), answers)


@pytest.mark.parametrize("name", ["trained", "frozen"])
def test_contributions_add_up_to_what_the_first_layer_does(name: str) -> None:
    model = some_model(name)
    answers = model.answers(DRAWN.context, DRAWN.queries)
    parts = contributions(model, DRAWN.context, DRAWN.queries)
    assert_close(parts.sum(1), answers[1] - answers[0])


@pytest.mark.parametrize("name", ["one", "frozen"])
def test_the_kernel_is_what_a_target_adds(name: str) -> None:
    """Of a token whose last entry is 1 and not 0, with nothing else changed."""
    model = some_model(name)
    x, others = np.array([[-1.0], [0.5], [2.0]]), np.array([[0.0], [3.0]])
    found = kernel(model, x, others, num_context=5)
    m, n = features(model, x), features(model, others)
    assert_close(m[1], _token(model, x[1], 0.0)[:-1])
    if name == "frozen":
        assert_close(found, 0.4 / 5 * m @ n.T)
        return
    of = {key: values[0, 0] for key, values in model.tensors().items() if values.ndim == 4}

    def said(target: float) -> np.ndarray:
        e, asked = np.append(m[1], target), np.append(n[1], 0.0)
        return -(of["P"] @ of["W_V"] @ e * ((of["W_K"] @ e) @ (of["W_Q"] @ asked)))[-1]

    slope = (said(1e-6) - said(-1e-6)) / 2e-6
    mixed = of["W_K"][:, -1] @ (of["W_Q"] @ np.append(n[1], 0.0))
    other = -(of["P"] @ of["W_V"] @ np.append(m[1], 0.0))[-1] * mixed
    assert found[1, 1] == pytest.approx(slope - other, rel=1e-6)


def test_a_kernel_step_smooths() -> None:
    method = KernelDescent(etas=(0.7, 0.3), length=1.5)
    X, y, x = DRAWN.context.X[0, :, 0], DRAWN.context.y[0], DRAWN.queries[0, :, 0]
    among, to = (np.exp(-((p[:, None] - X) ** 2) / 4.5) for p in (X, x))
    first = 0.7 / 5 * to @ y
    second = first + 0.3 / 5 * to @ (y - 0.7 / 5 * among @ y)
    found = method.answers(DRAWN.context, DRAWN.queries)
    assert_close(found[:, 0], [0 * first, first, second])
    given = jax.tree.map(jnp.asarray, DRAWN)
    assert_close(method.answers(given.context, given.queries), found, 1e-6)
    assert_close(gaussian_kernel(DRAWN.queries, DRAWN.context.X, 1.5)[0], to)


def test_no_other_step_size_or_length_is_better() -> None:
    lengths = (0.5, 1.0, 1.5, 2.0)
    best = best_kernel_step(TASK, lengths, prompts=500)
    drawn = TASK.draw(1, 500, 16)

    def loss(method: KernelDescent) -> float:
        gap = method.answers(drawn.context, drawn.queries)[-1] - drawn.truth
        return 0.5 * float((gap**2).mean())

    least = loss(best)
    for length in lengths:
        for factor in (0.9, 1.0, 1.1):
            other = KernelDescent(etas=(factor * best.etas[0],), length=length)
            assert loss(other) >= least
    found = evaluate({"step": best}, TASK, prompts=4000, seed=2, against=None)["step"]
    assert found.mean[0] == pytest.approx(0.5 * 0.5 * (0.1**2 + 0.1 * 0.4 + 0.4**2 / 3), rel=0.1)
    assert found.final < 0.7 * found.mean[0]


def test_slopes_are_those_of_jax() -> None:
    model = some_model("trained")
    with jax.enable_x64(True):
        other = jax.tree.map(jnp.asarray, model)
        given = jax.tree.map(jnp.asarray, DRAWN)
        expected = jax.grad(lambda x: other.answers(given.context, x)[-1].sum())(given.queries)
    found = slopes(model, DRAWN.context, DRAWN.queries)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_agreement_counts_answers_slopes_and_signs() -> None:
    model = some_model("one")
    same = agreement(model, model, DRAWN)
    assert (same.prediction_gap, same.slope_gap) == (0, 0)
    assert same.cosine == pytest.approx(1, abs=1e-4)

    class Opposite:
        def answers(self, context, queries):
            return -model.answers(context, queries)

    other = agreement(model, Opposite(), DRAWN)
    answers = model.answers(DRAWN.context, DRAWN.queries)[-1]
    assert other.prediction_gap == pytest.approx(2 * np.abs(answers).mean())
    assert other.cosine == pytest.approx(-1, abs=1e-4)
    slope = np.abs(slopes(model, DRAWN.context, DRAWN.queries))[..., 0]
    assert other.slope_gap == pytest.approx(2 * slope.mean())
    assert other.slope_stderr == pytest.approx(2 * slope.mean(1).std(ddof=1) / 2)


def test_what_does_not_fit_is_refused() -> None:
    for wrong in ({"width": 1}, {"frozen": 1.5}, {"num_layers": 99}, {"depth": 2}):
        with pytest.raises(InputError):
            FeatureModel.from_dict(FeatureModel().to_dict() | wrong)
    with pytest.raises(InputError):
        KernelDescent(etas=(), length=1)
