"""What a weight matrix is made of: entries that are read, a DIAG part, and a rest of low rank.

Everything here is numpy in float64 and independent of how P and Q share a factor.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from icl_core.arrays import Array
from icl_core.models.linear import AnyLayers

Stack = Float[np.ndarray, "layers heads tokens tokens"]


def as_float64(model: AnyLayers) -> AnyLayers:
    """The same weights as numpy arrays."""
    P, Q = (np.asarray(stack, np.float64) for stack in (model.P, model.Q))
    return replace(model, P=P, Q=Q)


def read_masks(
    num_layers: int, dim: int
) -> tuple[Bool[np.ndarray, "layers tokens tokens"], Bool[np.ndarray, "layers tokens tokens"]]:
    """Which entries of P and of Q any prediction depends on.

    The prediction is minus the query's last y, so of the last P only the y row counts. The query
    starts with y = 0 and nothing else is updated for the last layer's sake, so of a single layer's
    Q the y column does not count; in deeper models it moves the context.
    """
    P, Q = np.ones((2, num_layers, dim + 1, dim + 1), bool)
    P[-1, :-1] = False
    if num_layers == 1:
        Q[0, :, -1] = False
    return P, Q


def read_part(model: AnyLayers) -> AnyLayers:
    """The model with 0 in every entry that is never read: the same predictions."""
    model = as_float64(model)
    P, Q = read_masks(model.num_layers, model.dim)
    return replace(model, P=model.P * P[:, None], Q=model.Q * Q[:, None])


def diagonal_part(model: AnyLayers) -> AnyLayers:
    """Every P and Q with only the mean of its x diagonal and its y entry kept: what DIAG can hold.

    The orthogonal projection, so that the squares of the parts add up to those of the whole.
    """
    P, Q = (_diagonal(np.asarray(stack)) for stack in (model.P, model.Q))
    return replace(model, P=P, Q=Q)


def _diagonal(stack: np.ndarray) -> np.ndarray:
    diagonal = np.diagonal(stack, axis1=-2, axis2=-1).copy()
    diagonal[..., :-1] = diagonal[..., :-1].mean(-1, keepdims=True)
    return diagonal[..., None] * np.eye(stack.shape[-1], dtype=stack.dtype)


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """Matrices M = diagonal + sum_r left_r right_r^T, the rest by singular values, largest first.

    matrix, diagonal [L, H, d+1, d+1]; left [L, H, d+1, ranks] carries the singular values, right
    [L, H, ranks, d+1] is orthonormal.
    """

    matrix: Stack
    diagonal: Stack
    left: Float[np.ndarray, "layers heads tokens ranks"]
    right: Float[np.ndarray, "layers heads ranks tokens"]

    @property
    def shares(self) -> Float[np.ndarray, "layers heads parts"]:
        """Of sum M^2: the diagonal part's, then those of rank 1, 2, ...; they add up to 1.

        A matrix of zeros counts as all diagonal.
        """
        squares = np.concatenate(
            [np.square(self.diagonal).sum((-2, -1))[..., None], np.square(self.left).sum(-2)],
            axis=-1,
        )
        whole = squares.sum(-1, keepdims=True)
        nothing = np.eye(squares.shape[-1])[0]
        return np.where(whole > 0, squares / np.where(whole > 0, whole, 1), nothing)

    def rest(self, rank: int) -> Stack:
        """The best approximation of rank `rank` to what the diagonal part leaves."""
        return self.left[..., :rank] @ self.right[..., :rank, :]

    def leftover(self, rank: int) -> Stack:
        """What the diagonal part and `rank` more leave out."""
        return self.matrix - self.diagonal - self.rest(rank)


def parts_of(stack: Array) -> Parts:
    """Every matrix of [L, H, d+1, d+1] split into its DIAG part and a rest by singular values."""
    matrix = np.asarray(stack, np.float64)
    diagonal = _diagonal(matrix)
    left, sizes, right = np.linalg.svd(matrix - diagonal)
    return Parts(matrix=matrix, diagonal=diagonal, left=left * sizes[..., None, :], right=right)
