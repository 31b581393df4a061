"""Array types, precision and the choice between numpy and XLA: what every floor above shares.

The algorithms, models and measures of the engine are written once, over the namespace of the arrays
that they are given. On numpy arrays they are plain numpy in the calling thread: nothing is compiled
and no pool of threads is waited for, which is what a server of many sessions needs. On JAX's arrays
they are one XLA program, which can be transformed, and which tests hold against numpy.
"""

import functools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, ParamSpec, TypeAlias, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from icl_core.errors import InputError

A = ParamSpec("A")
R = TypeVar("R")

Key = PRNGKeyArray
Array: TypeAlias = np.ndarray | jax.Array
"""What the engine computes with, of either kind."""
Scalar: TypeAlias = Float[Array, ""] | np.floating
WeightPath = Float[Array, "steps batch dim"]
"""Implicit weights after step 0, 1, ... of a method, for a batch of prompts."""


def in_float64(function: Callable[A, R]) -> Callable[A, R]:
    """Run `function` with 64-bit JAX types, whatever the process's setting.

    Only the call is affected, so importing the engine sets no global state. Not for generators:
    the setting would leak between `next` calls.
    """

    @functools.wraps(function)
    def wrapped(*args: A.args, **kwargs: A.kwargs) -> R:
        with jax.enable_x64(True):
            return function(*args, **kwargs)

    return wrapped


def namespace(*arrays: Any) -> Any:
    """`jax.numpy` where one of the arrays, or a leaf of a pytree of them, is JAX's; else numpy."""
    return jnp if any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(arrays)) else np


def numpy_or_xla(
    function: Callable[A, R] | None = None, *, static: tuple[str, ...] = ()
) -> Callable[..., Any]:
    """Run `function` as it is where all arrays are numpy's, and as one XLA program otherwise.

    `static` names arguments that are no arrays. Overflow becomes inf or NaN without a warning, as
    it does in XLA.
    """
    if function is None:
        return functools.partial(numpy_or_xla, static=static)
    program = jax.jit(function, static_argnames=static)

    @functools.wraps(function)
    def either(*args: A.args, **kwargs: A.kwargs) -> R:
        if namespace(args, kwargs) is jnp:
            return program(*args, **kwargs)
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return either


def scan(step: Callable[[Any, Any], tuple[Any, Any]], state: Any, inputs: Any, length: int) -> Any:
    """`jax.lax.scan` for arrays of either kind: the last state, and the stacked outputs.

    `inputs` is a pytree of arrays whose leading axis is gone through, or None; `length` is 1 or
    more, for of no step nobody knows the outputs' shapes.
    """
    if namespace(state, inputs) is jnp:
        return jax.lax.scan(step, state, inputs, length=length)
    outputs = []
    for index in range(length):
        now = jax.tree.map(lambda values, at=index: values[at], inputs)
        state, output = step(state, now)
        outputs.append(output)
    return state, jax.tree.map(lambda *rows: np.stack(rows), *outputs)


def eigh(
    matrices: Float[Array, "*batch dim dim"],
) -> tuple[Float[Array, "*batch dim"], Float[Array, "*batch dim dim"]]:
    """Eigenvalues, ascending, and eigenvectors of symmetric matrices; NaN where entries are not
    finite, for which numpy's own raises."""
    xp = namespace(matrices)
    if xp is jnp:
        return jnp.linalg.eigh(matrices)
    return _DECOMPOSED.of(np.asarray(matrices))


class _Decomposed:
    """The decompositions asked for last, of arrays that are still alive: every ridge regression on
    the same prompts asks for the same one."""

    def __init__(self, kept: int) -> None:
        self._kept, self._lock = kept, Lock()
        self._found: OrderedDict[int, tuple[weakref.ref, np.ndarray, np.ndarray]] = OrderedDict()

    def of(self, matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        key = id(matrices)
        with self._lock:
            known = self._found.get(key)
        if known is not None and known[0]() is matrices:
            return known[1:]
        finite = np.asarray(np.isfinite(matrices).all((-2, -1)))
        values, vectors = np.linalg.eigh(np.where(finite[..., None, None], matrices, 0))
        found = (
            np.where(finite[..., None], values, np.nan),
            np.where(finite[..., None, None], vectors, np.nan),
        )
        for array in found:
            array.flags.writeable = False
        with self._lock:
            self._found[key] = (weakref.ref(matrices, lambda gone: self._forget(key)), *found)
            while len(self._found) > self._kept:
                self._found.popitem(last=False)
        return found

    def _forget(self, key: int) -> None:
        # Without the lock: an array may be collected by the thread that holds it.
        self._found.pop(key, None)


_DECOMPOSED = _Decomposed(kept=4)


def key_of(seed: int | Key) -> Key:
    """A JAX random key from an integer seed; keys pass through."""
    return jax.random.key(seed) if isinstance(seed, int) else seed


def require_shape(name: str, array: Any, shape: tuple[int | None, ...]) -> None:
    """Raise `InputError` unless `array.shape` matches; None stands for any size."""
    actual = tuple(array.shape)
    if len(actual) != len(shape) or any(
        want is not None and have != want for have, want in zip(actual, shape, strict=True)
    ):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise InputError(f"{name} has shape {list(actual)}: expected [{wanted}].")


def eye_like(matrices: Float[Array, "*batch rows rows"]) -> Float[Array, "*batch rows rows"]:
    """An identity in the place of every matrix."""
    xp = namespace(matrices)
    return xp.broadcast_to(xp.eye(matrices.shape[-1], dtype=matrices.dtype), matrices.shape)


def without_rounding(eigenvalues: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
    """Ascending eigenvalues of positive semidefinite matrices; what is 0 but for rounding is 0.

    A sum over n < d tokens has d - n such eigenvalues: left at 1e-15, they would be divided by.
    """
    xp = namespace(eigenvalues)
    tiny = 8 * eigenvalues.shape[-1] * xp.finfo(eigenvalues.dtype).eps * eigenvalues[..., -1:]
    return xp.where(eigenvalues > tiny, eigenvalues, 0)
