"""Products of many small matrices, with the batch as the last axis.

XLA on a CPU multiplies small matrices one after the other; laid out along the batch, the same sums
run through the vector units, some ten times as fast (benchmarks/kernels.py). Written as sums they
would also be fused into whatever uses them and computed again for each of its entries, so every
product stands in a branch of its own, taken whenever `on`: a number that the compiler cannot know.
On other devices they are plain matrix products, and of numpy arrays `einsum`s, which go along the
batch too and wait for no threads of a matrix library.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from icl_core.arrays import Array, namespace

Matrices = Float[Array, "rows columns batch"]
Matrix = Float[Array, "rows columns"]


def _summed(A: Array, B: Array, on: Array) -> Array:
    def product(A: Array, B: Array) -> Array:
        terms = (A[:, k, None, :] * B[None, k, :, :] for k in range(A.shape[1]))
        return sum(terms, start=jnp.zeros((), A.dtype))

    def nothing(A: Array, B: Array) -> Array:
        return jnp.zeros((A.shape[0], *B.shape[1:]), A.dtype)

    return jax.lax.cond(on > 0, product, nothing, A, B)


def _dot(A: Array, B: Array, on: Array) -> Array:
    return namespace(A, B).einsum("ikn,kjn->ijn", A, B)


def multiply(A: Matrices, B: Matrices, on: Int[Array, ""]) -> Matrices:
    """C[i, j, n] = sum_k A[i, k, n] B[k, j, n]."""
    return (_dot if namespace(A, B) is np else _multiply)(A, B, on)


@jax.custom_vjp
def _multiply(A: Array, B: Array, on: Array) -> Array:
    return jax.lax.platform_dependent(A, B, on, cpu=_summed, default=_dot)


def _multiply_forward(A: Array, B: Array, on: Array) -> tuple[Array, tuple[Array, ...]]:
    return _multiply(A, B, on), (A, B, on)


def _multiply_backward(kept: tuple[Array, ...], slope: Array) -> tuple[Array, Array, None]:
    A, B, on = kept
    return _multiply(slope, B.swapaxes(0, 1), on), _multiply(A.swapaxes(0, 1), slope, on), None


_multiply.defvjp(_multiply_forward, _multiply_backward)


def left(P: Matrix, G: Matrices) -> Matrices:
    """P G with the same P for the whole batch."""
    return namespace(P, G).einsum("ab,bcn->acn", P, G)


def _right(G: Array, Q: Array) -> Array:
    return namespace(G, Q).einsum("abn,bc->acn", G, Q)


def sandwich(P: Matrix, G: Matrices, Q: Matrix) -> Matrices:
    """P G Q with the same P and Q for the whole batch."""
    return _right(left(P, G), Q) if namespace(P, G, Q) is np else _sandwich(P, G, Q)


@jax.custom_vjp
def _sandwich(P: Array, G: Array, Q: Array) -> Array:
    return _right(left(P, G), Q)


def _sandwich_forward(P: Array, G: Array, Q: Array) -> tuple[Array, tuple[Array, ...]]:
    PG = left(P, G)
    return _right(PG, Q), (P, G, Q, PG)


def _sandwich_backward(kept: tuple[Array, ...], slope: Array) -> tuple[Array, Array, Array]:
    P, G, Q, PG = kept
    inner = _right(slope, Q.T)
    # A dot for every row, then their sum: XLA would first transpose all of both for a single dot.
    slope_Q = jnp.einsum("abn,acn->abc", PG, slope).sum(0)
    return jnp.einsum("acn,bcn->ab", inner, G), left(P.T, inner), slope_Q


_sandwich.defvjp(_sandwich_forward, _sandwich_backward)
