"""Many DIAG models at once, by their omegas alone: what switching one of them on and off takes.

A layer (paper 2, section 4.2), with S, r, lam the blocks of the current Gram matrix:
    x <- x + omega_xx S x + omega_xy y r,    y <- y + omega_yx <r, x> + omega_yy lam y.
"""

import functools
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from icl_core.arrays import WeightPath
from icl_core.models.products import multiply
from icl_core.tasks.linear import Moments, Prompts

DEEPEST = 12
"""Layers that there is room for: one compilation serves every depth."""
AT_ONCE = 21
"""Models of one call of the compiled program."""
BLOCK = 32
"""Prompts that run together: their matrices stay in the cache nearest to the processor."""


def losses_of(
    omegas: Float[np.ndarray, "models layers 4"],
    moments: Moments,
    target: Float[Array | np.ndarray, "batch dim"],
) -> Float[np.ndarray, "models steps batch"]:
    """1/2 ||w - target||^2 of each prompt after layer 0..L (half MSE) of every model."""
    models, layers, _ = omegas.shape
    rows = -(-models // AT_ONCE) * AT_ONCE
    padded = np.zeros((rows, DEEPEST, 4))
    padded[:models, :layers] = omegas
    parts = []
    for start in range(0, models, AT_ONCE):
        sizes = np.array([min(models - start, AT_ONCE), layers], np.int32)
        part = padded[start : start + AT_ONCE]
        parts.append(np.asarray(_losses(part, sizes, moments, target, np.int32(1))))
    return np.concatenate(parts)[:models, : layers + 1]


@dataclass(frozen=True, kw_only=True, eq=False)
class OmegaModel:
    """A model of DIAG's form by its omegas [L, 4] alone, which serve any dimension.

    `weight_path` has `steps` steps; after the last layer the weights stay as they are.
    """

    omegas: Float[np.ndarray, "layers 4"]
    steps: int

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """w after layer 0..L, [steps+1, batch, d]."""
        layers = len(self.omegas)
        padded = np.zeros((DEEPEST, 4))
        padded[:layers] = self.omegas
        path = _paths(padded, np.int32(layers), prompts.moments, np.int32(1))
        return path[: self.steps + 1]


def _blocked(part: Any) -> Array:
    """[batch, ...] as [blocks, BLOCK, ...]; the last block is filled with zeros."""
    blocks = -(-part.shape[0] // BLOCK)
    room = [(0, blocks * BLOCK - part.shape[0])] + [(0, 0)] * (part.ndim - 1)
    return jnp.pad(part, room).reshape(blocks, BLOCK, *part.shape[1:])


@jax.jit
def _losses(
    omegas: Float[Array, "models layers 4"],
    sizes: Int[Array, "2"],
    moments: Moments,
    target: Float[Array, "batch dim"],
    on: Int[Array, ""],
) -> Float[Array, "models steps batch"]:
    """Of the first models and layers, as many as `sizes` says: what there is room for is free."""
    room = jnp.zeros((omegas.shape[0], omegas.shape[1] + 1, BLOCK), omegas.dtype)

    def block(part: tuple[Moments, Array]) -> Array:
        start, aim = _start(part[0]), part[1].T

        def one(index: Any, losses: Array) -> Array:
            path = _path(omegas[index], sizes[1], start, on)
            found = 0.5 * jnp.sum((path - aim[None]) ** 2, axis=1)
            return jax.lax.dynamic_update_index_in_dim(losses, found, index, 0)

        return jax.lax.fori_loop(0, sizes[0], one, room)

    losses = jax.lax.map(block, jax.tree.map(_blocked, (moments, target)))
    flat = jnp.moveaxis(losses, 0, -2).reshape(*losses.shape[1:-1], -1)
    return flat[..., : target.shape[0]]


@jax.jit
def _paths(
    omegas: Float[Array, "layers 4"],
    layers: Int[Array, ""],
    moments: Moments,
    on: Int[Array, ""],
) -> Float[Array, "steps batch dim"]:
    """Weights of one model."""
    found = jax.lax.map(
        lambda part: _path(omegas, layers, _start(part), on), jax.tree.map(_blocked, moments)
    )
    return found.transpose(1, 0, 3, 2).reshape(found.shape[1], -1, found.shape[2])[
        :, : moments.lam.shape[0]
    ]


def _start(moments: Moments) -> tuple[Array, ...]:
    """S, r, lam, M and w before the first layer, the batch last."""
    Sigma, alpha, lam = (jnp.moveaxis(part, 0, -1) for part in jax.tree.leaves(moments))
    identity = jnp.broadcast_to(jnp.eye(Sigma.shape[0], dtype=lam.dtype)[..., None], Sigma.shape)
    return Sigma, alpha, lam[None], identity, jnp.zeros_like(alpha)


def _path(
    omegas: Float[Array, "layers 4"], layers: Int[Array, ""], start: tuple[Array, ...], on: Array
) -> Float[Array, "steps dim block"]:
    """w after layer 0, 1, ... of one model; after its last, the same again."""
    times = functools.partial(multiply, on=on)

    def answer(index: Any, state: tuple[Array, ...]) -> Array:
        """What a layer makes of w: all that is wanted of the last one."""
        _, r, lam, M, w = state
        _, _, yx, yy = omegas[index]
        return (1 + yy * lam) * w - yx * jnp.sum(M * r[:, None], axis=0)

    def layer(index: Any, carry: tuple[Any, Array]) -> tuple[Any, Array]:
        state, seen = carry
        S, r, lam, M, w = state
        xx, xy, yx, yy = omegas[index]
        g, rr = 1 + yy * lam, jnp.sum(r * r, axis=0, keepdims=True)
        Sr = jnp.sum(S * r[None], axis=1)
        Kr, KS = r + xx * Sr, S + xx * times(S, S)
        left = Kr[:, None] * r[None]
        S_new = KS + xx * times(KS, S) + xy * (left + left.swapaxes(0, 1))
        S_new += xy**2 * lam[None] * r[:, None] * r[None]
        turned = g * r + yx * Sr
        r_new = turned + xx * jnp.sum(S * turned[None], axis=1) + xy * r * (g * lam + yx * rr)
        lam_new = g**2 * lam + 2 * g * yx * rr + yx**2 * jnp.sum(r * Sr, axis=0, keepdims=True)
        w_new = answer(index, state)
        M_new = M + xx * times(S, M) - xy * r[:, None] * w[None]
        seen = jax.lax.dynamic_update_index_in_dim(seen, w_new, index + 1, 0)
        return (S_new, r_new, lam_new, M_new, w_new), seen

    steps = omegas.shape[0] + 1
    seen = jnp.zeros((steps, *start[-1].shape), start[-1].dtype)
    state, seen = jax.lax.fori_loop(0, layers - 1, layer, (start, seen))
    last = answer(layers - 1, state)
    return jnp.where(jnp.arange(steps)[:, None, None] < layers, seen, last[None])
