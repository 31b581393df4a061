"""Precision, shapes and the small linear algebra that every floor shares."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core import arrays
from icl_core.arrays import (
    eigh,
    eye_like,
    in_float64,
    key_of,
    namespace,
    numpy_or_xla,
    require_shape,
    scan,
    without_rounding,
)
from icl_core.errors import InputError
from tests.hostile import assert_one_sentence


def test_in_float64_holds_for_the_call_only() -> None:
    def dtype() -> np.dtype:
        return jnp.zeros(()).dtype

    with jax.enable_x64(False):
        assert in_float64(dtype)() == np.float64
        assert dtype() == np.float32


def test_key_of() -> None:
    key = key_of(3)
    assert key_of(key) is key
    assert (jax.random.key_data(key) == jax.random.key_data(jax.random.key(3))).all()


def test_require_shape() -> None:
    require_shape("P", np.zeros((2, 3)), (2, None))
    for shape in ((3, 2), (2, 3, 1), (2,), ()):
        with pytest.raises(InputError, match=r"P has shape \[2, 3\]: expected \[") as caught:
            require_shape("P", np.zeros((2, 3)), shape)
        assert_one_sentence(caught.value)


def test_eye_like() -> None:
    identity = eye_like(jnp.zeros((2, 5, 3, 3), jnp.float32))
    assert identity.dtype == jnp.float32
    np.testing.assert_array_equal(identity, np.broadcast_to(np.eye(3), (2, 5, 3, 3)))


def test_without_rounding() -> None:
    eigenvalues = jnp.asarray([[-1e-15, 1e-15, 3.0], [1e-9, 1.0, 2.0], [0.0, 0.0, 0.0]])
    expected = [[0, 0, 3.0], [1e-9, 1.0, 2.0], [0, 0, 0]]
    np.testing.assert_array_equal(without_rounding(eigenvalues), expected)


@pytest.mark.parametrize(("dim", "num_context"), [(2, 1), (5, 4), (20, 7)])
def test_sums_over_few_tokens_have_exactly_their_rank(dim: int, num_context: int) -> None:
    """2,000 random sums of n outer products keep n eigenvalues each."""
    X = np.random.default_rng(0).standard_normal((2000, num_context, dim))
    eigenvalues = jnp.asarray(np.linalg.eigvalsh(np.einsum("bni,bnj->bij", X, X)))
    assert ((without_rounding(eigenvalues) > 0).sum(-1) == num_context).all()


def test_the_namespace_is_that_of_the_arrays() -> None:
    here, there = np.ones(2), jnp.ones(2)
    assert namespace(here, 3.0, (here, {"a": here})) is np
    assert namespace(here, (here, {"a": there})) is jnp
    assert jax.jit(lambda x: x * (namespace(x) is jnp))(there).tolist() == [1, 1]


def test_a_function_is_numpy_or_a_program() -> None:
    @numpy_or_xla(static=("times",))
    def grown(x: np.ndarray, times: int) -> np.ndarray:
        return namespace(x).exp(x) ** times

    here = grown(np.array([1.0, 800.0]), times=3)  # overflow is no warning
    there = grown(jnp.array([1.0, 800.0]), times=3)
    assert isinstance(here, np.ndarray)
    assert isinstance(there, jax.Array)
    np.testing.assert_allclose(here, there)
    assert here[1] == np.inf


@pytest.mark.parametrize("inputs", [None, np.arange(4.0)])
def test_scan_is_that_of_xla(inputs: np.ndarray | None) -> None:
    def step(state, now):
        state = state * 2 + (0 if now is None else now)
        return state, (state, None)

    def moved(values):
        return None if values is None else jnp.asarray(values)

    state, (path, none) = scan(step, np.float64(1.0) * np.ones(3), inputs, 4)
    other, (rows, _) = scan(step, jnp.ones(3), moved(inputs), 4)
    assert none is None
    assert isinstance(path, np.ndarray)
    np.testing.assert_array_equal(path, rows)
    np.testing.assert_array_equal(state, other)


def test_decompositions_of_what_is_not_finite_are_nan() -> None:
    matrices = np.array([[[2.0, 1.0], [1.0, 2.0]], [[np.inf, 0.0], [0.0, 1.0]], [[np.nan] * 2] * 2])
    values, vectors = eigh(matrices)
    np.testing.assert_allclose(values[0], [1, 3])
    assert np.isnan(values[1:]).all()
    assert np.isnan(vectors[1:]).all()


def test_a_decomposition_is_made_once_for_an_array_and_forgotten_with_it():
    matrices = np.stack([np.eye(2), np.diag([3.0, 1.0])])
    first = eigh(matrices)
    assert all(a is b for a, b in zip(eigh(matrices), first, strict=True))
    np.testing.assert_array_equal(first[0], [[1, 1], [1, 3]])
    for part, other in zip(eigh(2 * matrices), first, strict=True):
        assert part is not other
    key = id(matrices)
    assert key in arrays._DECOMPOSED._found
    del matrices
    assert key not in arrays._DECOMPOSED._found
    for _ in range(10):  # one after the other in the same place of the memory
        scaled = np.random.default_rng(0).standard_normal() * np.eye(3)[None]
        np.testing.assert_allclose(eigh(scaled)[0], scaled[0, 0, 0])
