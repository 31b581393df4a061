"""Layers in depth as models: by moments, exactly, or by tokens, which can be clipped."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from icl_core.analysis.loss import distance_loss, sampled_loss
from icl_core.analysis.statistics import overflowed
from icl_core.arrays import Array
from icl_core.models.blocks import BlockModel, Parameters, answers
from icl_core.models.factored import FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, Prompts
from icl_core.training.recipe import FACTORS
from icl_core.training.tokens import Batch, BlockTrainee, draw_batch
from icl_core.zoo.paper1.depth import Kind
from icl_core.zoo.paper1.one_layer import EVALUATION_SEED, MAIN
from icl_core.zoo.paper1.store import Part

SWEEP_PROMPTS, QUERIES = 2048, 4
Blocks = tuple[BlockModel, Parameters]


def stack_model(weights: dict[str, np.ndarray], layers: int) -> LinearTransformer:
    """The linear transformer of factors [blocks, d+1, d+1]."""
    heads = {name: values[:, None] for name, values in weights.items()}
    return FactoredTransformer(num_layers=layers, **heads).linear


def trained(part: Part, layers: int) -> LinearTransformer:
    """The layers at the end of a run."""
    return stack_model({name: part[name] for name in FACTORS}, layers)


def scaled(model: LinearTransformer) -> LinearTransformer:
    """The same model, in every layer the mean of the first d diagonal entries of W_K^T W_Q 1."""
    Q = np.asarray(model.Q)
    beta = np.diagonal(Q, axis1=-2, axis2=-1)[..., :-1].mean(-1)[..., None, None]
    return LinearTransformer(P=np.asarray(model.P) * beta, Q=Q / beta)


def mixed(model: LinearTransformer, ideal: LinearTransformer, share: float) -> LinearTransformer:
    """Between trained (share 0) and constructed (1), layer by layer, both `scaled`."""
    mine = scaled(model)
    P, Q = (
        (1 - share) * np.asarray(getattr(mine, key)) + share * np.asarray(getattr(ideal, key))
        for key in ("P", "Q")
    )
    return LinearTransformer(P=P, Q=Q)


def exact(path: Any, prompts: Prompts, query: Any) -> np.ndarray:
    """Losses by layer and prompt; overflow is infinite."""
    return overflowed(np.asarray(distance_loss(path, prompts.w, query)))


def as_blocks(model: LinearTransformer, clip: float) -> Blocks:
    """The model for `models.blocks`, whose tokens can be clipped."""
    one = np.broadcast_to(np.eye(model.dim + 1, dtype=np.float32), model.P.shape)
    weights = {"W_K": one, "W_Q": model.Q, "W_V": one, "P": model.P}
    arrays = {name: jnp.asarray(values, np.float32) for name, values in weights.items()}
    return BlockModel(num_layers=model.num_layers, clip=clip), arrays


def clipped_blocks(part: Part, kind: Kind) -> Blocks:
    """The blocks at the end of a run of `training.tokens`."""
    assert isinstance(kind.trainee, BlockTrainee)
    model = kind.trainee.model
    return model, {name: jnp.asarray(part[name]) for name in model.shapes(MAIN)}


def asked(blocks: Blocks, drawn: Batch) -> np.ndarray:
    """Losses by layer and prompt, means over the queries of a prompt."""
    y = np.einsum("bnd,bd->bn", drawn.X, drawn.w)
    truth = np.einsum("bqd,bd->bq", drawn.queries, drawn.w)
    found = np.asarray(answers(*blocks, drawn.X, y, drawn.queries), np.float64)
    return sampled_loss(found, truth)


def draw_clipped(task: LinearTask, count: int = SWEEP_PROMPTS) -> Batch:
    return draw_batch(task, np.random.default_rng(EVALUATION_SEED), (count,), QUERIES)


@partial(jax.jit, static_argnames="model")
def sensitivities(
    model: BlockModel, parameters: Parameters, X: Array, y: Array, queries: Array
) -> Float[Array, "layers+1 batch dim"]:
    """d answer / d query after 0..L blocks, at the first query of every prompt."""
    found, back = jax.vjp(lambda x: answers(model, parameters, X, y, x), queries[:, :1])
    one = jnp.eye(len(found), dtype=found.dtype)[:, :, None, None] * jnp.ones_like(found)[None]
    return jax.vmap(lambda slope: back(slope)[0][:, 0])(one)


def through(blocks: Blocks, drawn: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers at the first query and losses, [L+1, prompts], and sensitivities by layer."""
    y = np.einsum("bnd,bd->bn", drawn.X, drawn.w)
    first = np.asarray(answers(*blocks, drawn.X, y, drawn.queries))[..., 0]
    return (
        first,
        asked(blocks, drawn),
        np.asarray(sensitivities(*blocks, drawn.X, y, drawn.queries)),
    )
