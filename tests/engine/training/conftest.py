"""Training chooses its own precision, so it is tested in JAX's default setting, as it is used."""

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def strict_jax() -> Iterator[None]:
    with jax.numpy_rank_promotion("raise"):
        yield
