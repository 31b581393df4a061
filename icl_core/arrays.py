"""Array types and precision: what every floor above shares."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from icl_core.errors import InputError

A = ParamSpec("A")
R = TypeVar("R")

Key = PRNGKeyArray
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
    return jnp.broadcast_to(jnp.eye(matrices.shape[-1], dtype=matrices.dtype), matrices.shape)


def without_rounding(eigenvalues: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
    """Ascending eigenvalues of positive semidefinite matrices; what is 0 but for rounding is 0.

    A sum over n < d tokens has d - n such eigenvalues: left at 1e-15, they would be divided by.
    """
    tiny = 8 * eigenvalues.shape[-1] * jnp.finfo(eigenvalues.dtype).eps * eigenvalues[..., -1:]
    return jnp.where(eigenvalues > tiny, eigenvalues, 0)
