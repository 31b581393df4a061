"""Many DIAG models at once, by their omegas alone: what switching one of them on and off takes.

A layer (paper 2, section 4.2), with S, r, lam the blocks of the current Gram matrix:
    x <- x + omega_xx S x + omega_xy y r,    y <- y + omega_yx <r, x> + omega_yy lam y.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from icl_core.models.products import multiply
from icl_core.tasks.linear import Moments

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


@jax.jit
def _losses(
    omegas: Float[Array, "models layers 4"],
    sizes: Int[Array, "2"],
    moments: Moments,
    target: Float[Array | np.ndarray, "batch dim"],
    on: Int[Array, ""],
) -> Float[Array, "models steps batch"]:
    """Of the first models and layers, as many as `sizes` says: what there is room for is free."""
    batch = target.shape[0]
    blocks = -(-batch // BLOCK)

    def blocked(part: Any) -> Array:
        """[batch, ...] as [blocks, BLOCK, ...]; the last block is filled with zeros."""
        room = [(0, blocks * BLOCK - batch)] + [(0, 0)] * (part.ndim - 1)
        return jnp.pad(part, room).reshape(blocks, BLOCK, *part.shape[1:])

    parts = jax.tree.map(blocked, (moments, jnp.asarray(target)))
    losses = jax.lax.map(lambda part: _block_losses(omegas, sizes, part[0], part[1], on), parts)
    return jnp.moveaxis(losses, 0, -2).reshape(*losses.shape[1:-1], -1)[..., :batch]


def _block_losses(
    omegas: Float[Array, "models layers 4"],
    sizes: Int[Array, "2"],
    moments: Moments,
    target: Float[Array, "block dim"],
    on: Int[Array, ""],
) -> Float[Array, "models steps block"]:
    Sigma, alpha, lam = (jnp.moveaxis(part, 0, -1) for part in jax.tree.leaves(moments))
    identity = jnp.broadcast_to(jnp.eye(Sigma.shape[0], dtype=lam.dtype)[..., None], Sigma.shape)
    aim = target.T

    def missing(w: Array) -> Array:
        return 0.5 * jnp.sum((w - aim) ** 2, axis=0)

    def layer(index: Any, state: tuple[Any, ...], of: Array) -> tuple[Any, ...]:
        S, r, lam, M, w, _ = state
        xx, xy, yx, yy = of[index]
        times = functools.partial(multiply, on=on)
        g, rr = 1 + yy * lam, jnp.sum(r * r, axis=0, keepdims=True)
        Sr = jnp.sum(S * r[None], axis=1)
        Kr, KS = r + xx * Sr, S + xx * times(S, S)
        left = Kr[:, None] * r[None]
        S_new = KS + xx * times(KS, S) + xy * (left + left.swapaxes(0, 1))
        S_new += xy**2 * lam[None] * r[:, None] * r[None]
        turned = g * r + yx * Sr
        r_new = turned + xx * jnp.sum(S * turned[None], axis=1) + xy * r * (g * lam + yx * rr)
        lam_new = g**2 * lam + 2 * g * yx * rr + yx**2 * jnp.sum(r * Sr, axis=0, keepdims=True)
        w_new, seen = answer(index, state, of)
        M_new = M + xx * times(S, M) - xy * r[:, None] * w[None]
        return S_new, r_new, lam_new, M_new, w_new, seen

    def answer(index: Any, state: tuple[Any, ...], of: Array) -> tuple[Array, Array]:
        """What a layer changes of w alone, and its losses: all that is wanted of the last one."""
        _, r, lam, M, w, seen = state
        _, _, yx, yy = of[index]
        w_new = (1 + yy * lam) * w - yx * jnp.sum(M * r[:, None], axis=0)
        return w_new, jax.lax.dynamic_update_index_in_dim(seen, missing(w_new), index + 1, 0)

    def one(index: Any, losses: Array) -> Array:
        w = jnp.zeros_like(alpha)
        seen = jnp.zeros(losses.shape[1:], lam.dtype).at[0].set(missing(w))
        start = Sigma, alpha, lam[None], identity, w, seen
        run = functools.partial(layer, of=omegas[index])
        state = jax.lax.fori_loop(0, sizes[1] - 1, run, start)
        _, seen = answer(sizes[1] - 1, state, omegas[index])
        return jax.lax.dynamic_update_index_in_dim(losses, seen, index, 0)

    room = jnp.zeros((omegas.shape[0], omegas.shape[1] + 1, lam.shape[0]), lam.dtype)
    return jax.lax.fori_loop(0, sizes[0], one, room)
