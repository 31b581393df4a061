"""Many DIAG models at once, by their omegas alone: what switching one of them on and off takes.

A layer (paper 2, section 4.2), with S, r, lam the blocks of the current Gram matrix G:
    x <- x + omega_xx S x + omega_xy y r,    y <- y + omega_yx <r, x> + omega_yy lam y.
As a matrix it is A = I + Omega * G, entry by entry, with omega_xx in the whole x block of Omega.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.arrays import WeightPath
from icl_core.models.predictor import Method
from icl_core.tasks.linear import Moments, Prompts


@dataclass(frozen=True, kw_only=True, eq=False)
class OmegaModel(Method):
    """A model of DIAG's form by its omegas [L, 4] alone, which serve any dimension."""

    omegas: Float[np.ndarray, "layers 4"]

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """w after layer 0..L, [L+1, batch, d]."""
        return omega_path(self.omegas, prompts.moments)


def losses_of(
    omegas: Float[np.ndarray, "models layers 4"],
    moments: Moments,
    target: Float[np.ndarray, "batch dim"],
) -> Float[np.ndarray, "models steps batch"]:
    """1/2 ||w - target||^2 of each prompt after layer 0..L (half MSE) of every model.

    One model after the other: the matrices of a batch then stay in the processor's cache.
    """
    with np.errstate(all="ignore"):
        paths = (omega_path(model, moments) for model in omegas)
        return np.stack([0.5 * ((path - target) ** 2).sum(-1) for path in paths])


def omega_path(omegas: Float[np.ndarray, "layers 4"], moments: Moments) -> WeightPath:
    """w after layer 0..L, [L+1, batch, d], in numpy: minus the last row of A_l ... A_1.

    Overflow becomes inf or NaN.
    """
    G = np.asarray(moments.gram())
    identity = np.eye(G.shape[-1])
    B, path = np.broadcast_to(identity, G.shape), [np.zeros_like(G[:, -1, :-1])]
    with np.errstate(all="ignore"):
        for place, (xx, xy, yx, yy) in enumerate(omegas, 1):
            spread = np.full_like(identity, xx)
            spread[:-1, -1], spread[-1, :-1], spread[-1, -1] = xy, yx, yy
            A = identity + spread * G
            if place < len(omegas):
                B, G = A @ B, A @ G @ A.mT
                path.append(-B[:, -1, :-1])
            else:
                # Of the last layer only what it makes of w is wanted.
                path.append(-np.vecmat(A[:, -1], B)[:, :-1])
    return np.stack(path)
