"""Transformer blocks: linear ones are the linear transformer, others a token-by-token reference."""

import jax
import numpy as np
import pytest
from scipy.special import erf, softmax

from icl_core.models.blocks import BlockModel, answers, sensitivity
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import Tokens, prompts_of
from tests.cases import BLOCKS

DIM, PROMPTS, EXAMPLES, QUERIES = 3, 4, 5, 2


def _case(model: BlockModel) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    parameters = {
        name: 0.4 * rng.standard_normal(shape) for name, (shape, _) in model.shapes(DIM).items()
    }
    X, w = rng.standard_normal((PROMPTS, EXAMPLES, DIM)), rng.standard_normal((PROMPTS, DIM))
    queries = rng.standard_normal((PROMPTS, QUERIES, DIM))
    return parameters, X, np.einsum("bnd,bd->bn", X, w), queries


def _by_tokens(
    model: BlockModel,
    parameters: dict[str, np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
) -> list[float]:
    """One prompt, one query; written from the formulas, token by token."""
    context = [np.append(row, target) for row, target in zip(X, y, strict=True)]
    tokens = [*context, np.append(x, 0.0)]
    said = [-tokens[-1][-1]]
    for layer in range(model.num_layers):
        of = {name: values[0 if model.tied else layer] for name, values in parameters.items()}
        read = tokens
        if model.norm == "every" or (model.norm == "between" and layer):
            read = [
                of["scale"] * (e - e.mean()) / np.sqrt(e.var() + 1e-5) + of["offset"]
                for e in tokens
            ]
        after = []
        for own, seen in zip(tokens, read, strict=True):
            total = own.copy()
            for h in range(model.num_heads):
                W_K, W_Q, W_V, P = (of[name][h] for name in ("W_K", "W_Q", "W_V", "P"))
                scores = np.array([(W_K @ e) @ (W_Q @ seen) for e in read[:-1]])
                if model.attention == "softmax":
                    scores = softmax(scores / np.sqrt(DIM + 1))
                total += P @ sum(s * (W_V @ e) for s, e in zip(scores, read[:-1], strict=True))
            if model.widening:
                inner = of["W_1"] @ total + of["b_1"]
                total = total + of["W_2"] @ (inner * (1 + erf(inner / 2**0.5)) / 2) + of["b_2"]
            if model.clip:
                total = np.clip(total, -model.clip, model.clip)
            after.append(total)
        tokens = after
        said.append(-tokens[-1][-1])
    return said


@pytest.mark.parametrize("kind", BLOCKS)
def test_answers_are_those_of_the_formulas(kind: str) -> None:
    """To rounding; with an MLP to 5e-3, as JAX's gelu is the tanh approximation."""
    model = BLOCKS[kind]
    parameters, X, y, queries = _case(model)
    found = np.asarray(answers(model, parameters, X, y, queries))
    assert found.shape == (model.num_layers + 1, PROMPTS, QUERIES)
    for b in range(PROMPTS):
        for q in range(QUERIES):
            expected = _by_tokens(model, parameters, X[b], y[b], queries[b, q])
            tolerance = 5e-3 if model.widening else 1e-10
            np.testing.assert_allclose(found[:, b, q], expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", ["blocks", "blocks_tied"])
def test_linear_blocks_are_the_linear_transformer(kind: str) -> None:
    model = BLOCKS[kind]
    parameters, X, y, queries = _case(model)
    P = np.einsum("lhij,lhjk->lhik", parameters["P"], parameters["W_V"])
    Q = np.einsum("lhji,lhjk->lhik", parameters["W_K"], parameters["W_Q"])
    whole = (model.num_layers, *P.shape[1:])
    linear = LinearTransformer(P=np.broadcast_to(P, whole), Q=np.broadcast_to(Q, whole))  # type: ignore[arg-type]
    tokens = Tokens(X=X, y=y, sigma=np.zeros(PROMPTS), w=np.zeros((PROMPTS, DIM)))  # type: ignore[arg-type]
    path = np.asarray(linear.weight_path(prompts_of(tokens)))
    found = answers(model, parameters, X, y, queries)
    np.testing.assert_allclose(found, np.einsum("lbd,bqd->lbq", path, queries), atol=1e-10)
    slopes = sensitivity(model, parameters, X, y, queries, 2)
    expected = np.broadcast_to(path[2][:, None], queries.shape)
    np.testing.assert_allclose(slopes, expected, atol=1e-10)


@pytest.mark.parametrize("kind", ["blocks_softmax", "blocks_between", "blocks_mlp"])
def test_sensitivities_are_slopes(kind: str) -> None:
    model = BLOCKS[kind]
    parameters, X, y, queries = _case(model)
    slopes = np.asarray(sensitivity(model, parameters, X, y, queries))
    width = 1e-5
    for axis, one in enumerate(np.eye(DIM)):
        above, below = (
            np.asarray(answers(model, parameters, X, y, queries + sign * width * one)[-1])
            for sign in (1, -1)
        )
        np.testing.assert_allclose(slopes[..., axis], (above - below) / (2 * width), atol=1e-7)


def test_parameters_have_slopes_of_finite_differences() -> None:
    model = BLOCKS["blocks_mlp"].replace(attention="linear", norm="between")
    parameters, X, y, queries = _case(model)

    def total(given: dict[str, np.ndarray]) -> jax.Array:
        return (answers(model, given, X, y, queries)[-1] ** 2).sum()

    slopes, width = jax.grad(total)(parameters), 1e-6
    for name, values in parameters.items():
        change = np.zeros_like(values)
        change.flat[-1] = width
        above, below = (total(parameters | {name: values + sign * change}) for sign in (1, -1))
        assert slopes[name].flatten()[-1] == pytest.approx(
            float(above - below) / (2 * width), rel=1e-4, abs=1e-6
        )


def test_a_model_is_plain_data() -> None:
    for model in BLOCKS.values():
        assert BlockModel.from_dict(model.to_dict()) == model
