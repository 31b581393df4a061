"""The engine is tested strictly: in float64, and no array changes its rank unasked; some of
it draws images."""

import os
from collections.abc import Iterator

import jax
import pytest

from icl_core.export.images import missing


@pytest.fixture(autouse=True)
def strict_jax() -> Iterator[None]:
    with jax.enable_x64(True), jax.numpy_rank_promotion("raise"):
        yield


@pytest.fixture
def chromium() -> None:
    """Skips where there is none; a continuous-integration run must have one."""
    if problem := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(problem)
        pytest.skip(problem)
