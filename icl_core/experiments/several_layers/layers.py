"""Several layers as models: by moments, exactly, or by tokens, which can be clipped."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from icl_core.analysis.loss import distance_loss, sampled_loss
from icl_core.analysis.statistics import overflowed
from icl_core.arrays import Array
from icl_core.experiments.several_layers.settings import SWEEP_PROMPTS
from icl_core.experiments.shared import EVALUATION_SEED
from icl_core.models.blocks import BlockModel, BlockTransformer, Parameters, answers
from icl_core.models.factored import NAMES, FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.base import Draw
from icl_core.tasks.linear import LinearTask, Prompts

QUERIES = 4


def factored(weights: Mapping[str, Array], layers: int) -> FactoredTransformer:
    """The model of factors [blocks, d+1, d+1], each of one head."""
    factors: Any = {name: np.asarray(weights[name], np.float32)[:, None] for name in NAMES}
    return FactoredTransformer(num_layers=layers, **factors)


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


def exact_losses(path: Any, prompts: Prompts, query: Any) -> np.ndarray:
    """Losses by layer and prompt, [L+1, prompts]; overflow is infinite."""
    return overflowed(np.asarray(distance_loss(path, prompts.w, query)))


def as_blocks(model: LinearTransformer, clip: float) -> BlockTransformer:
    """The model by its tokens, which are clipped to +-clip after every layer; 0: not at all."""
    one = np.broadcast_to(np.eye(model.dim + 1, dtype=np.float32), model.P.shape)
    weights = {"W_K": one, "W_Q": model.Q, "W_V": one, "P": model.P}
    arrays = {name: np.asarray(values, np.float32) for name, values in weights.items()}
    shape = BlockModel(num_layers=model.num_layers, clip=clip)
    return BlockTransformer(parameters=arrays, shape=shape)


def answers_of(model: BlockTransformer, drawn: Draw) -> np.ndarray:
    """By layer, prompt and query, by XLA, as the model was trained."""
    found = jax.tree.map(jnp.asarray, model).answers(drawn.context, drawn.queries)
    return np.asarray(found, np.float64)


def query_losses(model: BlockTransformer, drawn: Draw) -> np.ndarray:
    """Losses by layer and prompt, [L+1, prompts], means over the queries of a prompt."""
    return sampled_loss(answers_of(model, drawn), drawn.truth)


def draw_clipped(task: LinearTask, count: int = SWEEP_PROMPTS) -> Draw:
    """The prompts on which clipped tokens are measured, the same for every model."""
    return task.draw(EVALUATION_SEED, count, QUERIES, np.float32)


@partial(jax.jit, static_argnames="model")
def sensitivities(
    model: BlockModel, parameters: Parameters, X: Array, y: Array, queries: Array
) -> Float[Array, "layers+1 batch dim"]:
    """d answer / d query after 0..L blocks, at the first query of every prompt."""
    found, back = jax.vjp(lambda x: answers(model, parameters, X, y, x), queries[:, :1])
    one = jnp.eye(len(found), dtype=found.dtype)[:, :, None, None] * jnp.ones_like(found)[None]
    return jax.vmap(lambda slope: back(slope)[0][:, 0])(one)


def readings(model: BlockTransformer, drawn: Draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By layer: answers at the first query and losses, [L+1, prompts], and sensitivities there,
    [L+1, prompts, d]."""
    found, context = answers_of(model, drawn), drawn.context
    slopes = sensitivities(model.shape, model.parameters, context.X, context.y, drawn.queries)
    return found[..., 0], sampled_loss(found, drawn.truth), np.asarray(slopes)
