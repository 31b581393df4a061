"""Set-up for every test."""

import os
import shutil
import tempfile

# Before JAX is imported anywhere. Its persistent cache would hide compilations from the tests that
# count them.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)
# As entry points do, see icl_core.runtime.
os.environ["JAX_CPU_ENABLE_ASYNC_DISPATCH"] = "false"
# Models that tests keep are nobody's.
os.environ["ICL_DATA_DIR"] = tempfile.mkdtemp(prefix="icl-tests-")
# A machine that tests may be busy: a page may take as long as a test.
os.environ["ICL_ANSWER_SECONDS"] = "300"

import hypothesis
import pytest

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("repeatable")


def pytest_unconfigure() -> None:
    """What tests have kept goes with them."""
    shutil.rmtree(os.environ["ICL_DATA_DIR"], ignore_errors=True)


@pytest.fixture
def compilations():
    """A list that grows by one with every XLA compilation."""
    import jax

    seen: list[str] = []

    def listen(event: str, duration_secs: float, **details: str | int) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    jax.monitoring.unregister_event_duration_listener(listen)
