"""Products of small matrices: both forms are the plain ones, slopes included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from icl_core.arrays import in_float64
from icl_core.models import products

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((3, 4, 6)), RNG.standard_normal((4, 5, 6))
P, G, Q = RNG.standard_normal((2, 4)), RNG.standard_normal((4, 4, 6)), RNG.standard_normal((4, 3))
ON = jnp.int32(1)


@pytest.mark.parametrize("form", [products._summed, products._dot])
@in_float64
def test_both_forms_multiply(form):
    np.testing.assert_allclose(form(A, B, ON), np.einsum("ikn,kjn->ijn", A, B), rtol=1e-12)


@in_float64
def test_slopes_are_those_of_the_plain_product():
    def total(product):
        return jax.grad(lambda a, b: jnp.sum(jnp.sin(product(a, b))), argnums=(0, 1))(A, B)

    mine = total(lambda a, b: products.multiply(a, b, ON))
    for one, other in zip(mine, total(lambda a, b: products._dot(a, b, ON)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@in_float64
def test_sandwich_and_its_slopes():
    def plain(P, G, Q):
        return jnp.einsum("ab,bcn,cd->adn", P, G, Q)

    np.testing.assert_allclose(products.sandwich(P, G, Q), plain(P, G, Q), rtol=1e-12)
    slopes = [
        jax.grad(lambda *args, f=f: jnp.sum(jnp.sin(f(*args))), argnums=(0, 1, 2))(P, G, Q)
        for f in (products.sandwich, plain)
    ]
    for one, other in zip(*slopes, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_under_vmap_as_in_a_loop():
    many = jnp.asarray(np.stack([A, 2 * A]), jnp.float32)
    once = jnp.asarray(B, jnp.float32)
    mapped = jax.vmap(products.multiply, in_axes=(0, None, None))(many, once, ON)
    for row, single in zip(mapped, many, strict=True):
        np.testing.assert_allclose(row, products.multiply(single, once, ON), rtol=1e-5)
