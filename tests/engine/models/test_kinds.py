"""What every kind of trained model promises: one test per promise, one row of `MODELS` each."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import save

from icl_core.analysis.loss import evaluate
from icl_core.checkpoints import Checkpoint, checkpoint_bytes, parse_checkpoint, read_tensors
from icl_core.errors import InputError
from icl_core.models.blocks import BlockModel, BlockTransformer
from icl_core.models.kinds import KINDS
from icl_core.models.linear import LinearTransformer, forward_tokens
from icl_core.models.predictor import Method, Model
from tests.cases import MODELS, TASK, assert_close, some_model, some_prompts
from tests.hostile import assert_one_sentence

each_model = pytest.mark.parametrize("name", MODELS)


def checkpoint_of(model: Model) -> Checkpoint[Model]:
    return Checkpoint(
        model=model, task=TASK, seed=3, licence="Apache-2.0", recipe="python -m icl_core zoo build"
    )


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_checkpoint("it", data)
    assert_one_sentence(caught.value)
    return str(caught.value)


def test_every_kind_is_in_the_table() -> None:
    assert {build().kind for build in MODELS.values()} == set(KINDS)


@each_model
def test_a_model_answers_every_query_after_every_layer(name: str) -> None:
    """None is asked anything that another's answer depends on, and before the first layer all
    answers are 0, but of models whose queries are more than (x, 0)."""
    model, drawn = MODELS[name](), TASK.draw(4, 5, queries=3)
    found = model.answers(drawn.context, drawn.queries)
    assert found.shape == (model.config()["num_layers"] + 1, 5, 3)
    assert found[0].any() == (model.kind in ("copying", "features"))
    assert found[1:].all()
    alone = jax.tree.map(lambda values: values[2:3], drawn)
    assert_close(model.answers(alone.context, alone.queries[:, 1:2])[:, 0, 0], found[:, 2, 1])


@each_model
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_numpy_and_xla_give_the_same_answers(
    name: str, dtype: type, tolerance: float, compilations: list[str]
) -> None:
    """On numpy arrays a model is numpy and compiles nothing."""
    model, drawn = jax.tree.map(lambda v: v.astype(dtype), (MODELS[name](), TASK.draw(5, 20, 3)))
    found = model.answers(drawn.context, drawn.queries)
    assert isinstance(found, np.ndarray)
    assert found.dtype == dtype
    assert not compilations
    with jax.enable_x64(dtype is np.float64):
        on_xla, its = jax.tree.map(jnp.asarray, (model, drawn))
        program = jax.jit(lambda model: model.answers(its.context, its.queries))
        assert np.abs(found - program(on_xla)).max() < tolerance * np.abs(found).max()


@pytest.mark.parametrize("name", [name for name in MODELS if isinstance(MODELS[name](), Method)])
def test_a_linear_model_answers_as_its_tokens_do(name: str) -> None:
    """To 1e-10: the weight path at the queries, the definition token by token, and blocks."""
    model, drawn = MODELS[name](), TASK.draw(6, 4, queries=2)
    found = model.answers(drawn.context, drawn.queries)
    path = model.weight_path(some_prompts())
    linear = model if isinstance(model, LinearTransformer) else model.linear
    assert_close(linear.weight_path(some_prompts()), path)
    for b, (X, y) in enumerate(zip(drawn.context.X, drawn.context.y, strict=True)):
        for q, x in enumerate(drawn.queries[b]):
            assert_close(found[:, b, q], forward_tokens(linear, X, y, x)[1])
    assert_close(token_wise(linear).answers(drawn.context, drawn.queries), found)


def token_wise(linear: LinearTransformer) -> BlockTransformer:
    """The same model as blocks, which know no weight path."""
    one = np.broadcast_to(np.eye(linear.dim + 1), linear.P.shape)
    shape = BlockModel(num_layers=linear.num_layers, num_heads=linear.num_heads)
    weights = {"W_K": one, "W_Q": linear.Q, "W_V": one, "P": linear.P}
    return BlockTransformer(shape=shape, parameters=weights)


@each_model
def test_a_model_is_evaluated(name: str, compilations: list[str]) -> None:
    """By layer, beside others, deterministic in the seed and without XLA."""
    model = MODELS[name]()
    methods = {"it": model, "other": some_model("factors", num_layers=1, num_heads=1, tied=True)}
    losses = evaluate(methods, TASK, prompts=200, seed=2)
    assert losses["it"].mean.shape == (model.config()["num_layers"] + 1,)
    assert losses["it"].count == losses["other"].count == 200
    assert (losses["it"].stderr > 0).all()
    np.testing.assert_array_equal(
        losses["it"].mean, evaluate({"it": model}, TASK, prompts=200, seed=2)["it"].mean
    )
    assert not compilations


@each_model
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_checkpoint_gives_the_same_model(name: str, dtype: type) -> None:
    """In its own precision; linear transformers are always in float64, which holds either."""
    model: Model = jax.tree.map(lambda values: values.astype(dtype), MODELS[name]())
    made = checkpoint_of(model)
    data = checkpoint_bytes(made)
    again = parse_checkpoint("it", data)
    assert type(again.model) is type(model)
    assert again.model.config() == model.config()
    for key, values in model.tensors().items():
        np.testing.assert_array_equal(again.model.tensors()[key], values)
        assert again.model.tensors()[key].dtype == values.dtype
    assert (again.licence, again.recipe) == (made.licence, made.recipe)
    assert checkpoint_bytes(again) == data


@each_model
def test_tensors_that_are_not_the_models_are_refused(name: str) -> None:
    tensors, metadata = read_tensors("it", checkpoint_bytes(checkpoint_of(MODELS[name]())))
    for key, values in tensors.items():
        unknown = values.copy()
        unknown.flat[-1] = np.nan
        others = {
            f"no tensor {key}": None,
            "not finite": unknown,
            f"tensor {key} has shape": values[..., :-1],
            "numbers of type I64": values.astype(np.int64),
        }
        for says, other in others.items():
            rest = {k: v for k, v in tensors.items() if k != key}
            given = rest if other is None else rest | {key: np.ascontiguousarray(other)}
            assert says in refusal(save(given, metadata=metadata))


@each_model
def test_what_a_model_is_not_is_refused(name: str) -> None:
    """Other entries than its own, a claim of DIAG, another kind's name (but factors are blocks)."""
    model = MODELS[name]()
    tensors, metadata = read_tensors("it", checkpoint_bytes(checkpoint_of(model)))
    experiment = json.loads(metadata["experiment"])
    entry = experiment["model"]
    for wrong in (
        *(entry | {key: value} for key in entry for value in (None, -1, "many", [], {})),
        entry | {"parametrization": "diag"},
        *(() if entry.get("tied") or entry.get("frozen") else (entry | {"num_layers": 11},)),
        entry | {"momentum": 0.9},
        *(
            {**entry, "kind": kind}
            for kind in KINDS
            if kind != model.kind and (model.kind, kind) != ("factors", "blocks")
        ),
    ):
        changed = {"experiment": json.dumps(experiment | {"model": wrong})}
        refusal(save(tensors, metadata=changed))


@each_model
def test_only_linear_transformers_are_taken_for_such(name: str) -> None:
    checkpoint = checkpoint_of(MODELS[name]())
    if checkpoint.model.kind == "linear":
        assert checkpoint.holding(LinearTransformer) is checkpoint
        return
    with pytest.raises(InputError, match=f"of the kind '{checkpoint.model.kind}'") as caught:
        checkpoint.holding(LinearTransformer)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("tied", [True, False])
def test_factors_are_the_linear_transformer_of_their_products(tied: bool) -> None:
    """Written out by layers and heads."""
    model = some_model("factors", num_layers=2, num_heads=2, tied=tied)
    tensors = model.tensors()
    blocks = [0, 0] if tied else [0, 1]
    P = [[tensors["P"][i, h] @ tensors["W_V"][i, h] for h in range(2)] for i in blocks]
    Q = [[tensors["W_K"][i, h].T @ tensors["W_Q"][i, h] for h in range(2)] for i in blocks]
    expected = LinearTransformer(P=np.array(P), Q=np.array(Q))
    prompts = some_prompts()
    assert_close(model.weight_path(prompts), expected.weight_path(prompts))
