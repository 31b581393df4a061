"""Several layers as models: by moments, exactly, or by tokens, which can be clipped."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from icl_core.analysis.loss import distance_loss
from icl_core.arrays import Array
from icl_core.experiments.several_layers.settings import SWEEP_PROMPTS
from icl_core.experiments.shared import EVALUATION_SEED
from icl_core.models.blocks import BlockModel, BlockTransformer, Parameters, answers
from icl_core.models.factored import NAMES, FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, Prompts
from icl_core.training.blocks import Batch, draw_batch

QUERIES = 4


def factored(weights: dict[str, np.ndarray], layers: int) -> FactoredTransformer:
    """The model of factors [blocks, d+1, d+1], each of one head."""
    factors: Any = {name: np.asarray(weights[name], np.float32)[:, None] for name in NAMES}
    return FactoredTransformer(num_layers=layers, **factors)


def scaled(model: LinearTransformer) -> LinearTransformer:
    """The same model, in every layer the mean of the first d diagonal entries of W_K^T W_Q 1."""
    Q = np.asarray(model.Q)
    beta = np.diagonal(Q, axis1=-2, axis2=-1)[..., :-1].mean(-1)[..., None, None]
    return LinearTransformer(P=np.asarray(model.P) * beta, Q=Q / beta)  # type: ignore[arg-type]


def mixed(model: LinearTransformer, ideal: LinearTransformer, share: float) -> LinearTransformer:
    """Between trained (share 0) and constructed (1), layer by layer, both `scaled`."""
    mine = scaled(model)
    P, Q = (
        (1 - share) * np.asarray(getattr(mine, key)) + share * np.asarray(getattr(ideal, key))
        for key in ("P", "Q")
    )
    return LinearTransformer(P=P, Q=Q)  # type: ignore[arg-type]


def exact_losses(path: Any, prompts: Prompts, query: Any) -> np.ndarray:
    """Losses by layer and prompt, [L+1, prompts]; overflow is infinite."""
    losses = np.asarray(distance_loss(path, prompts.w, query))
    return np.where(np.isnan(losses), np.inf, losses)


def as_blocks(model: LinearTransformer, clip: float) -> BlockTransformer:
    """The model by its tokens, which are clipped to +-clip after every layer; 0: not at all."""
    one = np.broadcast_to(np.eye(model.dim + 1, dtype=np.float32), model.P.shape)
    weights = {"W_K": one, "W_Q": model.Q, "W_V": one, "P": model.P}
    arrays: Any = {name: np.asarray(values, np.float32) for name, values in weights.items()}
    shape = BlockModel(num_layers=model.num_layers, clip=clip)
    return BlockTransformer(parameters=arrays, shape=shape)


def query_losses(model: BlockTransformer, drawn: Batch) -> np.ndarray:
    """Losses by layer and prompt, [L+1, prompts], means over the queries of a prompt."""
    y = np.einsum("bnd,bd->bn", drawn.X, drawn.w)
    truth = np.einsum("bqd,bd->bq", drawn.queries, drawn.w)
    found = answers(model.shape, model.parameters, drawn.X, y, drawn.queries)
    return 0.5 * np.mean((np.asarray(found, np.float64) - truth) ** 2, axis=-1)


def draw_clipped(task: LinearTask, count: int = SWEEP_PROMPTS) -> Batch:
    """The prompts on which clipped tokens are measured, the same for every model."""
    return draw_batch(task, np.random.default_rng(EVALUATION_SEED), (count,), QUERIES)


@partial(jax.jit, static_argnames="model")
def sensitivities(
    model: BlockModel, parameters: Parameters, X: Array, y: Array, queries: Array
) -> Float[Array, "layers+1 batch dim"]:
    """d answer / d query after 0..L blocks, at the first query of every prompt."""
    found, back = jax.vjp(lambda x: answers(model, parameters, X, y, x), queries[:, :1])
    one = jnp.eye(len(found), dtype=found.dtype)[:, :, None, None] * jnp.ones_like(found)[None]
    return jax.vmap(lambda slope: back(slope)[0][:, 0])(one)


def readings(model: BlockTransformer, drawn: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By layer: answers at the first query and losses, [L+1, prompts], and sensitivities there,
    [L+1, prompts, d]."""
    y = np.einsum("bnd,bd->bn", drawn.X, drawn.w)
    known = model.shape, model.parameters, drawn.X, y, drawn.queries
    first = np.asarray(answers(*known))[..., 0]
    return first, query_losses(model, drawn), np.asarray(sensitivities(*known))
