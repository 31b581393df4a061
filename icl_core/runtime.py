"""Process-wide settings, made by entry points (app, command line, benchmarks), never on import."""

import os
from pathlib import Path

import jax
import platformdirs

ONE_EIGEN_THREAD = "--xla_cpu_multi_thread_eigen=false"


def prepare_process() -> None:
    """Call once, before JAX computes anything."""
    _avoid_wedged_threads()
    _keep_compilations()


def _avoid_wedged_threads() -> None:
    """Let XLA's linear algebra on the CPU run in the calling thread.

    With its pool on, a program with several batched decompositions once never returned on two busy
    cores: all workers were parked in a native stack, as others report. Training takes the same time
    without the pool, and sessions stay out of one another's way.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_cpu_multi_thread_eigen" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {ONE_EIGEN_THREAD}".strip()


def _keep_compilations() -> None:
    """Store compiled programs on disk, so that a second run of the same shapes compiles nothing.

    ICL_CACHE_DIR chooses the folder; without a writable one everything works, only slower.
    """
    folder = Path(os.environ.get("ICL_CACHE_DIR") or platformdirs.user_cache_dir("icl-explorer"))
    try:
        (folder / "jax").mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
