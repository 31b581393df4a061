"""Process-wide settings, made by entry points (app, command line, benchmarks), never on import."""

import atexit
import ctypes
import gc
import logging
import os
import shutil
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

import jax
import platformdirs
from jax.extend.backend import clear_backends

from icl_core.errors import InputError
from icl_core.settings import settings

LOG = logging.getLogger("icl.runtime")
MAX_DEVICES = 10
YOUNG = 60.0
"""Seconds that a stored program may still be written."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Options of mallopt, from glibc's malloc.h."""
NOWHERE = "not_in_this_process"
"""A platform that JAX does not find."""
NEVER = 1e9
"""Seconds that no compilation takes: programs that take less are not stored."""


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ensure_home() -> None:
    """Give a process whose user has no home folder (an arbitrary user id in a container, say) one
    for as long as it runs: platformdirs, choreographer and Streamlit end where there is none."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = home = tempfile.mkdtemp(prefix="icl-home-")
        atexit.register(shutil.rmtree, home, ignore_errors=True)


def prepare_process() -> None:
    """Call once, before JAX computes anything."""
    # Programs then run in the calling thread: one at a time in a process of one thread.
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    _settle_platform()
    _keep_compilations()


def keep_memory() -> None:
    """Let the C library keep what a training gives back and soon asks for again.

    dask has its workers return memory at once (MALLOC_TRIM_THRESHOLD_ of 65,536 bytes): a training
    then takes twice as long, half of it in the kernel.
    """
    mallopt = _of_glibc("mallopt")
    if mallopt is not None:
        for option, size in ((M_TRIM_THRESHOLD, 2**30), (M_MMAP_THRESHOLD, 2**25)):
            mallopt(option, size)


def settle() -> None:
    """Take all that is held now for what lasts: the collector passes it over from here on, and what
    nobody holds goes back to the system.

    What goes round in circles and is held now is never collected.
    """
    gc.collect()
    gc.freeze()
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    """A function of the C library; None where it has none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if os.name == "posix" else None


def without_xla() -> None:
    """For a process that answers many sessions from many threads: whatever would run an XLA program
    in it raises from now on (DESIGN.md, "No XLA in the server").

    jaxlib 0.10.2 cuts batched decompositions into tasks for XLA's pool of threads and waits for
    them, also in a thread of that pool (jax-ml/jax, commit bfd9e1fbd3; without it again, not yet
    released, from commit 859992407d on): programs of several threads can so wait for one another
    for ever.
    """
    ensure_home()
    jax.config.update("jax_platforms", NOWHERE)


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


def _settle_platform() -> None:
    """JAX_PLATFORMS may name what is not here: JAX fails where it first computes."""
    asked = jax.config.jax_platforms  # type: ignore[attr-defined]
    if not asked or asked == "cpu":
        return
    try:
        jax.devices()
        # As if nobody had looked: `choose_devices` may still choose.
        clear_backends()
    except (RuntimeError, AssertionError):
        LOG.warning("JAX_PLATFORMS is %.60r, which JAX does not find here: the CPU is used.", asked)
        jax.config.update("jax_platforms", "cpu")


def _keep_compilations() -> None:
    """Store compiled programs on disk, so that a second run of the same shapes compiles nothing.

    ICL_CACHE_DIR chooses the folder; without a writable one everything works, only slower.
    """
    ensure_home()
    chosen = settings().cache_dir or platformdirs.user_cache_dir("icl-explorer")
    folder = Path(chosen).expanduser() / "jax"
    advice = "ICL_CACHE_DIR can name another folder."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        damaged = [file for file in folder.glob("*-cache") if not _is_whole(file)]
        writable = os.access(folder, os.W_OK | os.X_OK)
        if damaged and writable:
            for file in damaged:
                file.unlink(missing_ok=True)
            LOG.warning("Damaged programs in %s were removed: %d.", folder, len(damaged))
    except OSError as error:
        said = error.strerror or error
        LOG.warning("Compiled programs are not kept in %s (%s): %s", folder, said, advice)
        return
    if not writable:
        LOG.warning("Compiled programs are read from %s, which is read-only: %s", folder, advice)
        if damaged:
            return
    least = 0.0 if writable else NEVER
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", least)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _is_whole(file: Path) -> bool:
    """Whether a stored program can be unpacked; JAX never replaces one that it cannot read.

    One that is gone, or so young that another process may be writing it, is let be.
    """
    try:
        if time.time() - file.stat().st_mtime < YOUNG:
            return True
        data = file.read_bytes()
    except FileNotFoundError:
        return True
    if data.startswith(b"\x28\xb5\x2f\xfd"):  # zstd, where Python or a package has it
        return True
    try:
        return bool(zlib.decompress(data))
    except zlib.error:
        return False
