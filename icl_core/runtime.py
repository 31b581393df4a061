"""Process-wide settings, made by entry points (app, command line, benchmarks), never on import."""

import os
from pathlib import Path

import jax
import platformdirs


def keep_compilations() -> None:
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
