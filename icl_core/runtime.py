"""Process-wide settings, made by entry points (app, command line, benchmarks), never on import."""

import os
from pathlib import Path

import jax
import platformdirs

from icl_core.errors import InputError

MAX_DEVICES = 10


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepare_process() -> None:
    """Call once, before JAX computes anything."""
    # Programs then run in the calling thread and leave the pool to the pieces of one decomposition.
    # On two cores a pool thread that waits for such pieces can wait for ever: a program with two
    # independent batched decompositions (eigh and Cholesky) stopped within 50 runs, every time, so
    # there is none in the engine, and no two programs run at once from one thread.
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    _keep_compilations()


def choose_devices(kind: str) -> None:
    """Before JAX computes anything: "cpu" makes one JAX device a core, so that lanes of a training
    run side by side, "gpu" leaves devices as JAX finds them and asks for one."""
    if kind == "gpu":
        try:
            jax.devices("gpu")
        except RuntimeError:
            raise InputError(
                "JAX sees no GPU here: install its build for yours, or leave --devices gpu out."
            ) from None
        return
    try:
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_num_cpu_devices", min(cores(), MAX_DEVICES))
    except RuntimeError:
        pass  # JAX has begun, with the devices it has.


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
