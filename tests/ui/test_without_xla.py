"""The server's process runs no XLA program: every page works where JAX finds no device at all."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from itertools import islice

import jax.numpy as jnp
import ui.warm
from benchmarks.pages import change, session
from icl_core.lessons.catalog import LESSONS
from icl_core.runtime import without_xla

ui.warm.start_warming = lambda: None
without_xla()
for page, lesson in LESSONS.items():
    app, _ = session(page)
    for preset in lesson.presets.values():
        change(app, page, preset.to_dict())
for call in islice(ui.warm.plan(), 2 * len(LESSONS)):
    call()
try:
    jnp.zeros(1)
except RuntimeError as error:
    print("refused", error)
"""


@pytest.mark.slow
def test_every_preset_of_every_page_is_answered_without_xla() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("refused Unable to initialize backend 'not_in_this_process'")
