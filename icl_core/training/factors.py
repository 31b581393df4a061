"""Linear self-attention W_K, W_Q, W_V, P by its moments, tied or not, as in paper 1, section 3.

Prompts are fresh in every step. What differs from the paper's code: the loss is exact over the
query instead of one sampled query a prompt, which has the same optimum and less noise, so that
batches can be smaller. Numbers of several layers end at `objective.BOUND`, where the paper clips
the tokens of deep models.
"""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array
from icl_core.errors import InputError
from icl_core.models.factored import FACTORS, layer_products
from icl_core.models.products import multiply
from icl_core.tasks.linear import LinearTask
from icl_core.training import recipe
from icl_core.training.loop import Drawn, Loss, Words, generator_of, words_of
from icl_core.training.objective import Batch, Parameters, losses
from icl_core.training.recipe import BLOCK
from icl_core.validation import Config, checked, integer, number

WIDE_EVERY = 16


@struct.dataclass
class Contexts:
    """Inputs X and true weights w of noiseless prompts, a batch of them or several.

    Of one layer X [batch, n, d] and w [batch, d], of several X [n, d, batch] and w [d, batch] (see
    `models.products`, and there for `on`); the inputs' variance; targets are <w, x>.
    """

    X: Float[Array, "..."]
    w: Float[Array, "..."]
    variance: Float[Array, ""]
    on: Float[Array, ""]


@dataclass(frozen=True)
class FactorLoss(Loss):
    """The mean over prompts of half the squared error, exact over the query, of `layers` layers."""

    layers: int

    def pick(self, batches: Contexts, index: Array) -> Contexts | Batch:
        """Of several layers only the moments are needed."""
        batch = replace(batches, X=batches.X[index], w=batches.w[index])
        return batch if self.layers == 1 else moments(batch)

    def __call__(self, parameters: Parameters, batch: Contexts | Batch, progress: Array) -> Array:
        if isinstance(batch, Batch):
            return jnp.mean(losses(products(parameters, self.layers), batch))
        y = jnp.einsum("bnd,bd->bn", batch.X, batch.w)
        gap = layer_weights(parameters, batch.X, y) - batch.w
        return 0.5 * batch.variance * jnp.mean(jnp.sum(gap**2, axis=-1))


@dataclass(frozen=True, kw_only=True)
class FactorTrainee(Config):
    """Layers and distinct blocks of weights (1: all tied), on a noiseless task whose inputs have
    one variance.

    wider: by how much the inputs of one prompt in WIDE_EVERY are multiplied; 1 is the paper's.
    Deep layers are polynomials of high degree in the eigenvalues of Sigma, and else diverge on the
    one prompt in thousands that is beyond all of the last batches. Parameters are the FACTORS, each
    [blocks, d+1, d+1].
    """

    task: LinearTask
    layers: int = checked(1, integer, "The number of layers", "num_layers")
    blocks: int = 1
    wider: float = checked(1.0, number, "The factor of wider inputs", (1.0, 10.0))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.blocks not in (1, self.layers):
            raise InputError(
                f"There are {self.blocks} blocks for {self.layers} layers: "
                "choose 1, tied, or one for each layer."
            )

    @property
    def loss(self) -> FactorLoss:
        return FactorLoss(self.layers)

    def start(self, seed: int) -> Parameters:
        size = self.task.dim + 1
        shapes = dict.fromkeys(FACTORS, ((self.blocks, size, size), size))
        return recipe.start(shapes, self.layers, seed)

    def stream(self, seed: int) -> Words:
        own = (1,) if self.layers == 1 else (self.layers, self.blocks)
        return words_of(np.random.default_rng((seed, *own)))

    def draw(self, stream: Words, step: int, size: int) -> Drawn:
        """BLOCK batches of fresh prompts."""
        rng, task = generator_of(stream), self.task
        X = task.inputs.draw(rng, (BLOCK, size, task.num_context, task.dim), np.float32)
        X[:, ::WIDE_EVERY] *= self.wider
        last = self.layers > 1
        w = rng.standard_normal(
            (BLOCK, task.dim, size) if last else (BLOCK, size, task.dim), np.float32
        )
        if last:
            X = np.ascontiguousarray(np.moveaxis(X, 1, -1))
        variance, on = np.asarray(task.inputs.variance, np.float32), np.asarray(1, np.int32)
        contexts = Contexts(X=X, w=w, variance=variance, on=on)
        return Drawn(contexts, 0, BLOCK, words_of(rng))


def moments(batch: Contexts) -> Batch:
    """What the objective needs of noiseless prompts, in raw coordinates."""
    X, w, on = batch.X, batch.w, batch.on
    Sigma = multiply(X.swapaxes(0, 1), X, on)
    alpha = jnp.sum(Sigma * w[None], axis=1)
    lam = jnp.sum(alpha * w, axis=0)
    top = jnp.concatenate([Sigma, alpha[:, None]], axis=1)
    bottom = jnp.concatenate([alpha, lam[None]], axis=0)[None]
    unit = jnp.sqrt(batch.variance).astype(w.dtype)
    return Batch(
        gram=jnp.concatenate([top, bottom], axis=0),
        target=unit * w,
        weight=jnp.ones_like(lam),
        scale=jnp.broadcast_to(unit, w.shape[:1]),
        on=on,
    )


def products(weights: Parameters, layers: int) -> Parameters:
    """P W_V and W_K^T W_Q of every layer as the one head of a linear transformer, [K, 1, ...]."""
    P, Q = layer_products(weights, layers)
    return {"P": P[:, None], "Q": Q[:, None]}


def layer_weights(
    weights: Parameters, X: Float[Array, "batch n dim"], y: Float[Array, "batch n"]
) -> Float[Array, "batch dim"]:
    """Implicit weights of one layer: minus the last row of P W_V G W_K^T W_Q, its x part."""
    dim, (W_K, W_Q, W_V, P) = X.shape[-1], (weights[name][0] for name in FACTORS)
    writes = P[-1] @ W_V
    compares = W_K.T @ W_Q[:, :dim]
    values = jnp.einsum("bnd,d->bn", X, writes[:dim]) + y * writes[dim]
    read = jnp.einsum("bn,bnd->bd", values, X)
    last = jnp.sum(values * y, axis=-1)
    return -(read @ compares[:dim] + last[:, None] * compares[dim][None])
